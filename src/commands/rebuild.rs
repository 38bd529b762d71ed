use super::Outcome;
use super::data::{self, ConfigOption, say};
use anyhow::Context;

/// Make the index anew from the store.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    config: ConfigOption,
}

pub(super) fn run(options: &Options) -> anyhow::Result<Outcome> {
    let config = options.config.load()?;
    data::open_dialogs(&config)?.rebuild().context("the index could not be made anew")?;
    say("the index has been made anew")?;
    Ok(Outcome::Done)
}
