//! The command line: reads what is asked for, does it, and says how it ended.

mod commands;

use clap::Parser;
use commands::{Command, Outcome};
use std::io::Write;
use std::process::ExitCode;

/// Stores, finds and shows digital dialogs between public bodies and the people and companies they serve.
#[derive(Parser)]
#[command(
    version,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 done, 1 found a problem, 2 used wrongly."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    match Arguments::parse().command.run() {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::FoundProblem) => ExitCode::from(1),
        Err(error) => {
            // Where even standard error is closed there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "dialogdex: {error:#}");
            ExitCode::from(if commands::is_wrong_use(&error) { 2 } else { 1 })
        }
    }
}
