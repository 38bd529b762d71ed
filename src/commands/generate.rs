use super::Outcome;
use anyhow::{Context, bail};
use dialogdex::corpus::generate::Generator;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes a corpus of invented dialogs as NDJSON, one dialog a line, oldest first.
///
/// The same number and seed give the same bytes on every machine. `dialogdex import` reads what this writes, once
/// the register of rights that belongs to it is in use.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many dialogs; instead of a profile.
    #[arg(long, value_name = "N", required_unless_present = "profile", conflicts_with = "profile")]
    dialogs: Option<u64>,
    /// A size that measurements speak of.
    #[arg(long)]
    profile: Option<Profile>,
    /// Another seed gives another corpus of the same shape.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the dialogs go; `-` is standard output.
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    /// Where the register of rights that belongs to the dialogs goes, as the setting `authorization.register` reads
    /// it.
    #[arg(long, value_name = "FILE")]
    register: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Profile {
    /// 10 thousand dialogs.
    Small,
    /// 1 million dialogs.
    Medium,
    /// 10 million dialogs.
    Large,
}

impl Profile {
    fn dialogs(self) -> u64 {
        match self {
            Self::Small => 10_000,
            Self::Medium => 1_000_000,
            Self::Large => 10_000_000,
        }
    }
}

pub(super) fn run(options: &Options) -> anyhow::Result<Outcome> {
    let Some(dialogs) = options.dialogs.or(options.profile.map(Profile::dialogs)) else {
        bail!("either --dialogs or --profile says how many dialogs to write");
    };
    let generator = Generator::new(dialogs, options.seed);
    if let Some(path) = &options.register {
        write_lines(create(path)?, [generator.register()]).with_context(|| cannot_write(path))?;
    }
    if options.out == Path::new("-") {
        write_lines(io::stdout().lock(), generator.dialogs()).context("cannot write to standard output")?;
    } else {
        write_lines(create(&options.out)?, generator.dialogs()).with_context(|| cannot_write(&options.out))?;
    }
    Ok(Outcome::Done)
}

/// A reader that has seen enough, such as `head`, is no failure.
fn write_lines<T: Serialize>(out: impl Write, lines: impl IntoIterator<Item = T>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, out);
    let write = || {
        for line in lines {
            serde_json::to_writer(&mut out, &line)?;
            out.write_all(b"\n")?;
        }
        out.flush()
    };
    match write() {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn create(path: &Path) -> anyhow::Result<File> {
    File::create(path).with_context(|| cannot_write(path))
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write to {}", path.display())
}
