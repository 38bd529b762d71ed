//! The commands, one file each: its options with the words of its `--help`, and what it does.

mod check;
mod data;
mod demo;
mod generate;
mod import;
mod rebuild;
mod serve;
mod server;
mod sizes;
mod token;

use dialogdex::config::ConfigError;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Demo(demo::Options),
    Serve(serve::Options),
    Token(token::Options),
    Generate(generate::Options),
    Import(import::Options),
    Check(check::Options),
    Rebuild(rebuild::Options),
    Sizes(sizes::Options),
}

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// What was looked at is not as it should be; the command has said how.
    FoundProblem,
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        match self {
            Self::Demo(options) => demo::run(options),
            Self::Serve(options) => serve::run(options),
            Self::Token(options) => token::run(&options),
            Self::Generate(options) => generate::run(&options),
            Self::Import(options) => import::run(&options),
            Self::Check(options) => check::run(&options),
            Self::Rebuild(options) => rebuild::run(&options),
            Self::Sizes(options) => sizes::run(&options),
        }
    }
}

/// Whether the caller, rather than the data or the machine, must change something.
pub(crate) fn is_wrong_use(error: &anyhow::Error) -> bool {
    error.is::<ConfigError>()
}
