//! The data folder that benches work on: a generated corpus, imported once and found again by every later run.
//!
//! `DIALOGDEX_BENCH_DIALOGS` says how many dialogs it holds. Without it, that is the million which measurements speak
//! of if it has been prepared, by any bench that was once given the number, and else a hundred thousand, so that a
//! first `cargo bench` is done in minutes. Every bench has the number in its names.

#![allow(dead_code, reason = "no bench uses all of it")]

use dialog_index::domain::{ListItem, Org, Timestamp};
use dialog_index::query::{Filter, Order, PageSize, Position, SearchQuery};
use dialog_index::{AuthorizedScope, Dialogs, OpenOptions};
use dialogdex::auth::register::Register;
use dialogdex::corpus::generate::{Generator, Users};
use dialogdex::corpus::import;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{fs, thread};
use tempfile::TempDir;

const DIALOGS_VARIABLE: &str = "DIALOGDEX_BENCH_DIALOGS";
const DIALOGS_IF_PREPARED: u64 = 1_000_000;
const DIALOGS: u64 = 100_000;
const SEED: u64 = 1;
/// Goes up when the generator makes something else of the same seed, or the store keeps it in another way.
const VERSION: u32 = 3;
/// The service's own defaults.
const CACHE_BYTES: usize = 1 << 30;
const ITEMS_CACHE_BYTES: usize = 256 << 20;
const BUFFER_BYTES: usize = 1 << 20;

/// A data folder that is complete, with the register of its corpus in it.
pub(crate) struct Corpus {
    pub(crate) dialogs: u64,
    folder: PathBuf,
}

impl Corpus {
    /// Found, or made.
    pub(crate) fn prepared() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a bench has no settings of its own")]
        let wanted = std::env::var(DIALOGS_VARIABLE).ok();
        let wanted = wanted.map(|text| text.parse().expect("a number of dialogs in the environment"));
        let large = Self::of(DIALOGS_IF_PREPARED);
        let corpus = match wanted {
            None if large.is_complete() => large,
            wanted => Self::of(wanted.unwrap_or(DIALOGS)),
        };
        if !corpus.is_complete() {
            corpus.prepare();
        }
        corpus
    }

    pub(crate) fn open(&self) -> Dialogs {
        open(&self.data())
    }

    pub(crate) fn users(&self) -> Users {
        self.generator().users()
    }

    /// What the corpus was made by, to make the same dialogs again.
    pub(crate) fn generator(&self) -> Generator {
        Generator::new(self.dialogs, SEED)
    }

    /// The folder of a copy of the same dialogs that something else keeps. It is beside the corpus, since that is
    /// closed to other users of the machine.
    pub(crate) fn folder_of(&self, keeper: &str) -> PathBuf {
        corpora().join(format!("{}-{SEED}-{VERSION}-{keeper}", self.dialogs))
    }

    /// A data folder with the same content, removed when it is dropped; a run that is killed leaves it behind. Nobody may
    /// have the corpus open meanwhile.
    pub(crate) fn copy(&self) -> TempDir {
        let copy = tempfile::Builder::new().prefix("copy-").tempdir_in(corpora()).expect("a folder for the copy");
        copy_folder(&self.data(), copy.path());
        copy
    }

    fn of(dialogs: u64) -> Self {
        Self { dialogs, folder: corpora().join(format!("{dialogs}-{SEED}-{VERSION}")) }
    }

    fn is_complete(&self) -> bool {
        self.marker().exists()
    }

    /// What was cut off is gone on with: an import leaves alone what is there.
    fn prepare(&self) {
        let begun = Instant::now();
        eprintln!("preparing {} dialogs in {}", self.dialogs, self.folder.display());
        let generator = self.generator();
        let dialogs = self.open();
        let register = Register::open(&dialogs).expect("a register, be it empty");
        register.replace(&dialogs, generator.register().to_string().as_bytes()).expect("the register is stored");
        import_all(&generator, &dialogs, &register);
        drop(dialogs);
        fs::write(self.marker(), "").expect("the marker is written");
        eprintln!("prepared in {:.0} s", begun.elapsed().as_secs_f64());
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Written last.
    fn marker(&self) -> PathBuf {
        self.folder.join("complete")
    }
}

pub(crate) fn open(folder: &Path) -> Dialogs {
    Dialogs::open(folder, &OpenOptions { cache_bytes: CACHE_BYTES, items_cache_bytes: ITEMS_CACHE_BYTES })
        .expect("the data folder opens")
}

/// Dialogs that are in no corpus, for parties and of services that are. Another number gives others.
pub(crate) fn more_dialogs(dialogs: u64, number: u64) -> Generator {
    Generator::new(dialogs, SEED + 1 + number)
}

/// The owner of the most frequent service.
pub(crate) fn an_owner() -> AuthorizedScope {
    AuthorizedScope::owned_by(Org::new("skd"))
}

/// The first page in the order of lists, without counts.
pub(crate) fn newest(filter: Filter, limit: PageSize) -> SearchQuery {
    SearchQuery { filter, order: Order::default(), position: Position::First, limit, counts: None }
}

/// A full page of that owner's dialogs.
pub(crate) fn newest_of_owner(dialogs: &Dialogs) -> Vec<ListItem> {
    let filter = Filter { visible_at: Some(Timestamp::now()), ..Filter::default() };
    let query = newest(filter, PageSize::new(PageSize::MAX.into()).expect("a page size"));
    let page = dialogs.search(&an_owner(), &query).expect("the search succeeds");
    page.items.iter().map(|item| ListItem::clone(item)).collect()
}

/// Imports a corpus while it is generated, so that it is never in memory as a whole.
pub(crate) fn import_all(generator: &Generator, dialogs: &Dialogs, register: &Register) {
    let (reader, writer) = io::pipe().expect("a pipe");
    let progress = thread::scope(|scope| {
        scope.spawn(move || {
            let mut lines = BufWriter::with_capacity(BUFFER_BYTES, writer);
            for dialog in generator.dialogs() {
                serde_json::to_writer(&mut lines, &dialog).expect("the import reads");
                lines.write_all(b"\n").expect("the import reads");
            }
            lines.flush().expect("the import reads");
        });
        let lines = BufReader::with_capacity(BUFFER_BYTES, reader);
        import::import(lines, dialogs, register, Timestamp::now(), |_| {}).expect("the import ends")
    });
    assert_eq!(progress.bad, 0, "lines are bad");
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder is made");
    for entry in fs::read_dir(from).expect("the folder is listed") {
        let entry = entry.expect("the folder is listed");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(&from, &to).expect("the file is copied");
        }
    }
}

fn corpora() -> PathBuf {
    let corpora = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench-corpus");
    fs::create_dir_all(&corpora).expect("the folder of the corpora is made");
    corpora
}
