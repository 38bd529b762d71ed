//! From lines to the store, as fast as the machine can: one thread reads, the others turn batches of lines into
//! dialogs and load them.

use super::line::{BadLine, read_line};
use crate::auth::Facts;
use crate::auth::register::Register;
use dialog_index::domain::Timestamp;
use dialog_index::{Dialogs, Loaded, StoreError, WriteError};
use std::io::{self, BufRead, Read};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// A longer line is a bad line: no dialog that the service accepts is as long, in bytes.
const MAX_LINE_BYTES: u64 = 20_000_000;
/// Most lines are shorter: no more than a guess that saves growing.
const USUAL_LINE_BYTES: usize = 4096;
/// A batch, which is one transaction of the store, ends with the line that reaches one of these.
const BATCH_LINES: usize = 2000;
const BATCH_BYTES: u64 = 8 << 20;
/// Of one line that cannot be loaded, in characters.
const MAX_REASON: usize = 500;

/// What has been done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Blank ones included.
    pub lines: u64,
    pub bytes: u64,
    pub stored: u64,
    /// Known by their ids, and left as they are.
    pub already_there: u64,
    pub bad: u64,
}

/// What an import tells while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Progress(Progress),
    /// A line that holds no dialog. It harms no other.
    BadLine {
        number: u64,
        reason: String,
    },
}

/// Why an import stopped early. What it had stored stays; it can be begun again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the corpus cannot be read")]
    Corpus(#[source] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Index(WriteError),
}

/// Lines that are loaded together, with their numbers; the first line has the number 1.
#[derive(Default)]
struct Batch {
    lines: Vec<(u64, Line)>,
    bytes: u64,
}

enum Line {
    Text(Vec<u8>),
    TooLong,
}

/// What became of a batch.
struct Done {
    progress: Progress,
    bad: Vec<(u64, String)>,
}

/// Loads the dialogs of a corpus, one JSON object a line. Dialogs whose id is stored already are left alone, so that
/// an import that was cut off is continued by running it again.
///
/// Everything stored is durable as it is reported, and can be searched for when this returns.
pub fn import(
    corpus: impl BufRead + Send,
    dialogs: &Dialogs,
    register: &Register,
    now: Timestamp,
    mut tell: impl FnMut(Event),
) -> Result<Progress, ImportError> {
    // One more than can run, since some always wait for the store.
    let workers = thread::available_parallelism().map_or(1, NonZero::get) + 1;
    let (batches, waiting) = sync_channel(workers);
    let (results, done) = sync_channel(workers);
    let waiting = Mutex::new(waiting);
    let facts = register.facts();
    let mut total = Progress::default();
    thread::scope(|scope| {
        // Owned here, so that the others end when this one gives up.
        let done: Receiver<Result<Done, ImportError>> = done;
        let of_reader = results.clone();
        scope.spawn(move || {
            if let Err(error) = read_batches(corpus, &batches) {
                // A closed channel means that nobody wants to know any more.
                let _ = of_reader.send(Err(ImportError::Corpus(error)));
            }
        });
        for _ in 0..workers {
            let (results, waiting, facts) = (results.clone(), &waiting, &facts);
            scope.spawn(move || {
                while let Some(batch) = next(waiting) {
                    if results.send(load(batch, dialogs, facts, now)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(results);
        for result in &done {
            let Done { progress, bad } = result?;
            for (number, reason) in bad {
                tell(Event::BadLine { number, reason });
            }
            total.add(progress);
            tell(Event::Progress(total));
        }
        Ok::<_, ImportError>(())
    })?;
    dialogs.flush().map_err(ImportError::Index)?;
    Ok(total)
}

impl Progress {
    fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.bytes += other.bytes;
        self.stored += other.stored;
        self.already_there += other.already_there;
        self.bad += other.bad;
    }
}

fn next(waiting: &Mutex<Receiver<Batch>>) -> Option<Batch> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Sends batches until the corpus ends or nobody takes them.
fn read_batches(mut corpus: impl BufRead, batches: &SyncSender<Batch>) -> io::Result<()> {
    let mut number = 0;
    loop {
        let mut batch = Batch::default();
        let mut is_at_end = false;
        while batch.lines.len() < BATCH_LINES && batch.bytes < BATCH_BYTES {
            let Some((line, bytes)) = read_bounded(&mut corpus)? else {
                is_at_end = true;
                break;
            };
            number += 1;
            batch.bytes += bytes;
            batch.lines.push((number, line));
        }
        let is_wanted = batch.lines.is_empty() || batches.send(batch).is_ok();
        if is_at_end || !is_wanted {
            return Ok(());
        }
    }
}

/// The next line and its length in bytes, with no more of it in memory than a line may have.
fn read_bounded(corpus: &mut impl BufRead) -> io::Result<Option<(Line, u64)>> {
    let mut text = Vec::with_capacity(USUAL_LINE_BYTES);
    let mut bytes = corpus.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut text)? as u64;
    if bytes == 0 {
        return Ok(None);
    }
    if bytes < MAX_LINE_BYTES || text.ends_with(b"\n") {
        return Ok(Some((Line::Text(text), bytes)));
    }
    bytes += corpus.skip_until(b'\n')? as u64;
    Ok(Some((Line::TooLong, bytes)))
}

fn load(batch: Batch, dialogs: &Dialogs, facts: &Facts, now: Timestamp) -> Result<Done, ImportError> {
    let mut done = Done {
        progress: Progress { lines: batch.lines.len() as u64, bytes: batch.bytes, ..Progress::default() },
        bad: Vec::new(),
    };
    let mut numbers = Vec::with_capacity(batch.lines.len());
    let readable = batch.lines.into_iter().filter_map(|(number, line)| {
        let read = match &line {
            Line::Text(text) if text.trim_ascii().is_empty() => return None,
            Line::Text(text) => read_line(text, facts, now).map_err(|bad: BadLine| bad.to_string()),
            Line::TooLong => Err(format!("the line is longer than {MAX_LINE_BYTES} bytes")),
        };
        match read {
            Ok(dialog) => {
                numbers.push(number);
                Some(dialog)
            }
            Err(reason) => {
                done.refuse(number, &reason);
                None
            }
        }
    });
    let results = dialogs.load(readable)?;
    for (number, result) in numbers.into_iter().zip(results) {
        match result {
            Ok(Loaded::Stored) => done.progress.stored += 1,
            Ok(Loaded::AlreadyThere) => done.progress.already_there += 1,
            Err(WriteError::Store(error)) => return Err(error.into()),
            Err(refused) => done.refuse(number, &refused.to_string()),
        }
    }
    Ok(done)
}

impl Done {
    fn refuse(&mut self, number: u64, reason: &str) {
        self.progress.bad += 1;
        self.bad.push((number, reason.chars().take(MAX_REASON).collect()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::generate::Generator;
    use dialog_index::OpenOptions;

    const LINES: u64 = 2_500;

    #[test]
    fn an_import_can_be_repeated_and_names_its_bad_lines() {
        let folder = tempfile::tempdir().expect("a folder");
        let dialogs = Dialogs::open(folder.path(), &OpenOptions { cache_bytes: 16 << 20, items_cache_bytes: 1 << 20 })
            .expect("a data folder");
        let generator = Generator::new(LINES, 5);
        let register = Register::from_document(generator.register().to_string().as_bytes()).expect("a register");
        let mut corpus: Vec<String> = generator.dialogs().map(|line| line.to_string()).collect();
        let repeated = corpus[7].clone();
        corpus.insert(100, "{\"id\":".to_owned());
        corpus.insert(1_700, " ".to_owned());
        corpus.push(repeated);
        corpus.push("{}".to_owned());
        let corpus = corpus.join("\n");
        let run = |corpus: &str| {
            let mut bad = Vec::new();
            let tell = |event| {
                if let Event::BadLine { number, reason } = event {
                    bad.push((number, reason));
                }
            };
            let progress = import(corpus.as_bytes(), &dialogs, &register, Timestamp::now(), tell).expect("an import");
            bad.sort();
            (progress, bad)
        };

        let cut = &corpus[..corpus.len() / 3];
        let (first, bad) = run(cut);
        assert_eq!(first.bad, 2, "the line that was cut off is bad as well: {bad:?}");

        let (second, bad) = run(&corpus);
        let lines: Vec<_> = bad.iter().map(|(number, _)| *number).collect();
        assert_eq!(lines, [101, LINES + 4], "{bad:?}");
        assert_eq!((second.lines, second.bytes), (LINES + 4, corpus.len() as u64));
        assert_eq!((first.stored + second.stored, second.already_there), (LINES, first.stored + 1));

        let report = dialogs.check().expect("a check");
        assert_eq!((report.dialogs, report.differences.len()), (LINES, 0));
    }

    #[test]
    fn long_lines_are_bad_and_take_no_memory() {
        let long = "x".repeat(MAX_LINE_BYTES as usize + 5);
        let corpus = format!("a\n{long}\nb\n");
        let mut rest = corpus.as_bytes();
        let mut read = Vec::new();
        while let Some((line, bytes)) = read_bounded(&mut rest).expect("memory does not fail") {
            read.push((matches!(line, Line::TooLong), bytes));
        }
        assert_eq!(read, [(false, 2), (true, MAX_LINE_BYTES + 6), (false, 2)]);
    }

    #[test]
    fn a_corpus_that_cannot_be_read_is_an_error() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("a broken disk"))
            }
        }
        let folder = tempfile::tempdir().expect("a folder");
        let dialogs = Dialogs::open(folder.path(), &OpenOptions { cache_bytes: 16 << 20, items_cache_bytes: 1 << 20 })
            .expect("a data folder");
        let register = Register::open(&dialogs).expect("an empty register");
        let read = import(io::BufReader::new(Broken), &dialogs, &register, Timestamp::now(), |_| {});
        assert!(matches!(read, Err(ImportError::Corpus(_))));
    }
}
