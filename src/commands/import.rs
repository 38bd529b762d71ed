use super::Outcome;
use super::data::{self, ConfigOption, say};
use anyhow::Context;
use dialog_index::domain::Timestamp;
use dialogdex::corpus::import::{self, Event, Progress};
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Load dialogs from NDJSON into the data folder, without HTTP.
///
/// One JSON object a line: the body that creates a dialog, with its id, and, where they are known, `deletedAt`,
/// `systemLabels` and `isContentSeen`. Dialogs that are stored already are left alone, so an import that was cut off
/// is continued by running it again. Lines that hold no dialog are named on standard error by their numbers; with
/// one of them, the exit code is 1.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    /// The dialogs; `-` is standard input.
    #[arg(value_name = "CORPUS", default_value = "-")]
    corpus: PathBuf,
}

/// How often a terminal is told how far the import is.
const TELL_EVERY: Duration = Duration::from_millis(500);
const BUFFER_BYTES: usize = 1 << 20;

pub(super) fn run(options: &Options) -> anyhow::Result<Outcome> {
    let config = options.config.load()?;
    let (corpus, size) = open(&options.corpus)?;
    let dialogs = data::open_dialogs(&config)?;
    let register = data::open_register(&config, &dialogs)?;
    let begun = Instant::now();
    let mut terminal = Terminal { begun, told: begun, size, is_there: io::stderr().is_terminal() };
    let mut broken_pipe = None;
    let progress = import::import(corpus, &dialogs, &register, Timestamp::now(), |event| {
        if let Err(error) = terminal.tell(&event) {
            broken_pipe.get_or_insert(error);
        }
    })?;
    terminal.clear()?;
    let Progress { lines, stored, already_there, bad, .. } = progress;
    let seconds = begun.elapsed().as_secs_f64();
    say(&format!(
        "{lines} lines read: {stored} dialogs stored, {already_there} already there, {bad} bad lines; {seconds:.1} s, \
         {:.0} lines a second",
        lines as f64 / seconds.max(f64::EPSILON)
    ))?;
    match broken_pipe {
        Some(error) => Err(error).context("bad lines could not be told"),
        None if bad > 0 => Ok(Outcome::FoundProblem),
        None => Ok(Outcome::Done),
    }
}

/// The corpus, and how many bytes it has if that is known.
fn open(path: &Path) -> anyhow::Result<(Box<dyn BufRead + Send>, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(BufReader::with_capacity(BUFFER_BYTES, io::stdin())), None));
    }
    let open = || {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        Ok::<_, io::Error>((file, metadata.is_file().then_some(metadata.len())))
    };
    let (file, size) = open().with_context(|| format!("the corpus {} cannot be read", path.display()))?;
    Ok((Box::new(BufReader::with_capacity(BUFFER_BYTES, file)), size))
}

/// Standard error, with one line at its end that is written over and over where a person looks on.
struct Terminal {
    begun: Instant,
    told: Instant,
    size: Option<u64>,
    is_there: bool,
}

impl Terminal {
    fn tell(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::BadLine { number, reason } => {
                self.clear()?;
                writeln!(io::stderr(), "line {number}: {reason}")
            }
            Event::Progress(progress) if self.is_there && self.told.elapsed() >= TELL_EVERY => {
                self.told = Instant::now();
                self.clear()?;
                write!(io::stderr(), "{}", self.describe(progress))
            }
            Event::Progress(_) => Ok(()),
        }
    }

    fn clear(&self) -> io::Result<()> {
        if self.is_there { write!(io::stderr(), "\r\x1b[K") } else { Ok(()) }
    }

    fn describe(&self, progress: &Progress) -> String {
        let seconds = self.begun.elapsed().as_secs_f64();
        let rate = progress.lines as f64 / seconds;
        let mut line = format!("{} lines, {rate:.0} a second, {} bad", progress.lines, progress.bad);
        if let Some(size) = self.size.filter(|_| progress.bytes > 0) {
            let left = seconds * size.saturating_sub(progress.bytes) as f64 / progress.bytes as f64;
            let left = left.round() as u64;
            line.push_str(&format!(", {}:{:02} left", left / 60, left % 60));
        }
        line
    }
}
