//! How long a data folder takes to open, with its files in the page cache.
//!
//! - `first_search`: with an index that is up to date, until the first search for a word is answered.
//! - `replay`: with an index that lacks the last changes, as after a crash.
//! - `rebuild`: the whole index from the store; once, for it is long and varies little.

mod corpus;

use corpus::{Corpus, copy_folder, import_all, more_dialogs, newest, open};
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, SamplingMode, Throughput};
use dialog_index::query::{Filter, PageSize, TextQuery, TextSearch};
use dialog_index::{AuthorizedScope, Dialogs};
use dialogdex::auth::register::Register;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const CHANGES: [u64; 2] = [1_000, 20_000];
const AUTHENTICATION_LEVEL: u8 = 4;

fn main() {
    let corpus = Corpus::prepared();
    let folder = corpus.copy();
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_secs(10))
        .without_plots()
        .configure_from_args();
    let name = format!("open-{}", corpus.dialogs);
    let mut group = criterion.benchmark_group(&name);
    group.sampling_mode(SamplingMode::Flat);
    bench_first_search(&mut group, &corpus, folder.path());
    for changes in CHANGES {
        bench_replay(&mut group, folder.path(), changes);
    }
    group.finish();
    criterion.final_summary();
    let count = corpus.dialogs + CHANGES.iter().sum::<u64>();
    print_rebuild(&name, &open(folder.path()), count).expect("the rate is written");
}

fn bench_first_search(group: &mut BenchmarkGroup<'_, WallTime>, corpus: &Corpus, folder: &Path) {
    let register = Register::open(&open(folder)).expect("the register of the corpus");
    let scope = AuthorizedScope::of_end_user(register.rights_of(&corpus.users().whale, AUTHENTICATION_LEVEL));
    let text = TextSearch { query: TextQuery::parse("vedtak"), language: None };
    let query = newest(Filter { text: Some(text), ..Filter::default() }, PageSize::DEFAULT);
    let open_and_search = || {
        let dialogs = open(folder);
        let page = dialogs.search(&scope, &query).expect("the search succeeds");
        assert!(!page.items.is_empty(), "something is found");
        dialogs
    };
    // The folder is closed between two iterations, and that is not measured.
    group.bench_function("first_search", |bencher| {
        bencher.iter_batched(|| (), |()| open_and_search(), BatchSize::PerIteration);
    });
}

/// The changes are new dialogs. Before each iteration the index is put back to what it was before them.
fn bench_replay(group: &mut BenchmarkGroup<'_, WallTime>, folder: &Path, changes: u64) {
    let (index, before) = (folder.join("index"), folder.join("index-before"));
    copy_folder(&index, &before);
    {
        let dialogs = open(folder);
        let register = Register::open(&dialogs).expect("the register of the corpus");
        import_all(&more_dialogs(changes, changes), &dialogs, &register);
    }
    let go_back = || {
        // A merge that was under way when the folder was closed may still add files.
        while fs::remove_dir_all(&index).is_err() {
            thread::sleep(Duration::from_millis(10));
        }
        copy_folder(&before, &index);
    };
    group.throughput(Throughput::Elements(changes));
    group.bench_function(format!("replay/changes={changes}"), |bencher| {
        bencher.iter_batched(go_back, |()| open(folder), BatchSize::PerIteration);
    });
    fs::remove_dir_all(&before).expect("the copy is removed");
}

fn print_rebuild(name: &str, dialogs: &Dialogs, count: u64) -> io::Result<()> {
    let begun = Instant::now();
    dialogs.rebuild().expect("the index is made anew");
    let seconds = begun.elapsed().as_secs_f64();
    writeln!(io::stdout(), "{name}/rebuild: {count} dialogs in {seconds:.1} s, {:.0} a second", count as f64 / seconds)
}
