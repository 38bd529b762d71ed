//! How fast dialogs are written: upserts of new and of stored dialogs, in process, by one client and by groups of
//! clients who each wait for their answer, which comes when the dialog is durable and searchable. `elem/s` is dialogs
//! a second over all clients. `raw_4k_fdatasync` is what the same disk takes to keep four kilobytes, at that hour.

mod corpus;
mod given;

use corpus::Corpus;
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput};
use dialog_index::domain::Timestamp;
use dialog_index::{Dialogs, NewDialog};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

const CLIENTS: [usize; 3] = [1, 8, 64];
/// What each client writes in one iteration, one after the other.
const DIALOGS_PER_CLIENT: usize = 8;

fn main() {
    let corpus = Corpus::prepared();
    let folder = corpus.copy();
    let dialogs = corpus::open(folder.path());
    let stored = given::stored(&dialogs);
    let mut next = stored.iter().cycle();

    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(10))
        .without_plots()
        .configure_from_args();
    let mut group = criterion.benchmark_group(format!("write-{}", corpus.dialogs));
    bench_raw_write(&mut group, folder.path());
    for clients in CLIENTS {
        let new = || given::new(next.next().expect("some dialogs"));
        bench_upserts(&mut group, "new", clients, &dialogs, new);
    }
    for clients in CLIENTS {
        let changed = || given::changed(next.next().expect("some dialogs"));
        bench_upserts(&mut group, "stored", clients, &dialogs, changed);
    }
    group.finish();
    criterion.final_summary();
}

fn bench_raw_write(group: &mut BenchmarkGroup<'_, WallTime>, folder: &Path) {
    const PAGE: [u8; 4096] = [7; 4096];
    const PAGES: u64 = 1024;
    let file = File::create(folder.join("raw")).expect("a file");
    // The pages are there before, as most of a store's are.
    file.write_all_at(&PAGE.repeat(PAGES as usize), 0).expect("the file is written");
    file.sync_all().expect("the file is kept");
    let mut pages = (0..PAGES).cycle();
    group.throughput(Throughput::Elements(1));
    group.bench_function("raw_4k_fdatasync", |bencher| {
        bencher.iter(|| {
            let at = pages.next().unwrap_or_default() * PAGE.len() as u64;
            file.write_all_at(&PAGE, at).expect("the page is written");
            file.sync_data().expect("the page is kept");
        });
    });
}

fn bench_upserts(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    clients: usize,
    dialogs: &Dialogs,
    mut make: impl FnMut() -> NewDialog,
) {
    group.throughput(Throughput::Elements((clients * DIALOGS_PER_CLIENT) as u64));
    group.bench_function(format!("upsert_{name}/clients={clients}"), |bencher| {
        let mut work_of_one = || (0..DIALOGS_PER_CLIENT).map(|_| make()).collect::<Vec<_>>();
        bencher.iter_batched(
            || (0..clients).map(|_| work_of_one()).collect::<Vec<_>>(),
            |work| upsert_all(dialogs, work),
            BatchSize::PerIteration,
        );
    });
}

fn upsert_all(dialogs: &Dialogs, work: Vec<Vec<NewDialog>>) {
    thread::scope(|scope| {
        for work_of_one in work {
            scope.spawn(|| {
                for dialog in work_of_one {
                    dialogs.upsert(dialog, None, Timestamp::now()).expect("the dialog is written");
                }
            });
        }
    });
}
