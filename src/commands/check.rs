use super::Outcome;
use super::data::{self, ConfigOption, say};
use anyhow::Context;

/// Compare store, change log and index, and name every difference.
///
/// Nothing is changed. The exit code is 1 if there is a difference; `rebuild` mends those of the index.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    config: ConfigOption,
}

pub(super) fn run(options: &Options) -> anyhow::Result<Outcome> {
    let config = options.config.load()?;
    let report = data::open_dialogs(&config)?.check().context("the data could not be checked")?;
    for difference in &report.differences {
        say(&difference.to_string())?;
    }
    let (dialogs, changes, count) = (report.dialogs, report.changes, report.differences.len());
    say(&format!("{dialogs} dialogs and {changes} changes checked, {count} differences found"))?;
    Ok(if report.differences.is_empty() { Outcome::Done } else { Outcome::FoundProblem })
}
