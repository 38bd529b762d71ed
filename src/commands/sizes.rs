use super::Outcome;
use super::data::{self, ConfigOption, say};
use anyhow::Context;
use dialog_index::PartSize;
use std::cmp::Reverse;

/// Show how much of the disk each table of the store and each field of the index occupies.
///
/// In bytes, and in bytes a dialog, the largest first.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    config: ConfigOption,
}

pub(super) fn run(options: &Options) -> anyhow::Result<Outcome> {
    let config = options.config.load()?;
    let sizes = data::open_dialogs(&config)?.sizes().context("the data could not be measured")?;
    say(&format!("{} dialogs", sizes.dialogs))?;
    for (whole, mut parts) in [("store", sizes.store), ("index", sizes.index)] {
        let bytes = parts.iter().map(|part| part.bytes).sum();
        say(&line(whole, bytes, sizes.dialogs))?;
        parts.sort_by_key(|part| Reverse(part.bytes));
        for PartSize { name, bytes } in &parts {
            say(&line(&format!("  {name}"), *bytes, sizes.dialogs))?;
        }
    }
    Ok(Outcome::Done)
}

fn line(name: &str, bytes: u64, dialogs: u64) -> String {
    let per_dialog = if dialogs == 0 { 0.0 } else { bytes as f64 / dialogs as f64 };
    format!("{name:<32}{bytes:>16}{per_dialog:>10.1}")
}
