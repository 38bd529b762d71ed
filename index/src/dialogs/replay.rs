//! How the index is brought up to date from the store.

use super::index_row::index_row;
use crate::search::{IndexRow, IndexWriter};
use crate::store::{DialogStore, Reading};
use crate::text::DialogText;
use crate::{OpenError, StoreError};
use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

/// How many dialogs a thread makes rows of at a time.
const CHUNK: usize = 256;
/// Rows that may wait for the index.
const MAX_WAITING_CHUNKS: usize = 8;

/// A row to be put, or the number of a row to be removed since its dialog is gone.
type Row = Result<IndexRow, u64>;

/// Brings the index from the sequence that it holds to the end of the change log. An index that holds nothing, or
/// more than the store ever had, is filled anew.
pub(super) fn replay(store: &DialogStore, index: &mut IndexWriter) -> Result<(), OpenError> {
    let reading = store.read()?;
    let last = reading.last_sequence()?;
    let committed = index.committed();
    if committed == last {
        return Ok(());
    }
    if committed == 0 || committed > last {
        return fill(store, &reading, index);
    }
    let mut numbers = BTreeSet::new();
    for change in reading.changes_after(committed)? {
        numbers.insert(change?.number);
    }
    tracing::info!(dialogs = numbers.len(), "the index is brought up to date");
    for_each_row(store, numbers, |row| {
        match row {
            Ok(row) => index.put(&row)?,
            Err(number) => index.remove(number)?,
        }
        Ok(())
    })?;
    Ok(index.commit(last)?)
}

/// Makes the index anew; what it held is visible until the new rows are.
pub(super) fn rebuild(store: &DialogStore, index: &mut IndexWriter) -> Result<(), OpenError> {
    fill(store, &store.read()?, index)
}

fn fill(store: &DialogStore, reading: &Reading, index: &mut IndexWriter) -> Result<(), OpenError> {
    index.rollback()?;
    index.clear()?;
    tracing::info!(dialogs = reading.dialogs()?, "the index is made anew");
    // Numbers without a record are passed over: to list those that have one would be to read all records once more.
    for_each_row(store, 0..reading.next_number()?, |row| {
        if let Ok(row) = row {
            index.add(&row)?;
        }
        Ok(())
    })?;
    Ok(index.commit(reading.last_sequence()?)?)
}

/// Makes the rows of these dialogs on all cores, in no order.
fn for_each_row(
    store: &DialogStore,
    numbers: impl IntoIterator<Item = u64, IntoIter: Send>,
    mut use_row: impl FnMut(Row) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    // Held only to take some of them.
    let numbers = Mutex::new(numbers.into_iter());
    let next_chunk =
        || -> Vec<u64> { numbers.lock().unwrap_or_else(PoisonError::into_inner).by_ref().take(CHUNK).collect() };
    thread::scope(|scope| {
        let (rows, made) = mpsc::sync_channel::<Result<Vec<Row>, StoreError>>(MAX_WAITING_CHUNKS);
        for _ in 0..cores {
            let (rows, next_chunk) = (rows.clone(), &next_chunk);
            scope.spawn(move || {
                loop {
                    let chunk = next_chunk();
                    // The other side is gone when it has failed.
                    if chunk.is_empty() || rows.send(rows_of(store, &chunk)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(rows);
        made.iter().try_for_each(|chunk| chunk?.into_iter().try_for_each(&mut use_row))
    })
}

fn rows_of(store: &DialogStore, numbers: &[u64]) -> Result<Vec<Row>, StoreError> {
    let reading = store.read()?;
    let row = |number: &u64| match reading.dialog(*number)? {
        Some(dialog) => stored_row(store, *number, &dialog).map(Ok),
        None => Ok(Err(*number)),
    };
    numbers.iter().map(row).collect()
}

/// The row that the index should hold of a stored dialog.
pub(super) fn stored_row(
    store: &DialogStore,
    number: u64,
    dialog: &crate::domain::Dialog,
) -> Result<IndexRow, StoreError> {
    index_row(number, dialog, DialogText::of(dialog), |kind, name| {
        let number = store.dictionaries().number_of(kind, name);
        number.ok_or(StoreError::Damaged { what: "dictionary: a name without a number", source: None })
    })
}

#[cfg(test)]
mod tests {
    use crate::dialogs::fixture::{TestDialogs, new_dialog};
    use crate::domain::Timestamp;
    use std::fs;
    use std::path::Path;

    const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);

    fn hundred() -> TestDialogs {
        let stored = TestDialogs::new();
        for id in 1..=100 {
            stored.dialogs.create(new_dialog(id), NOW).expect("the dialog is created");
        }
        stored
    }

    /// Does this to the folder of a hundred dialogs while it is closed.
    #[track_caller]
    fn check(meanwhile: impl FnOnce(&Path)) {
        hundred().reopened(meanwhile).assert_consistent(100);
    }

    #[test]
    fn an_index_that_is_gone_or_broken_is_made_anew() {
        check(|_| {});
        check(|folder| while fs::remove_dir_all(folder.join("index")).is_err() {});
        check(|folder| fs::write(folder.join("index/meta.json"), "{}").expect("the file is written"));
        check(|folder| {
            for file in fs::read_dir(folder.join("index")).expect("the folder is listed") {
                let path = file.expect("the file is listed").path();
                if path.extension().is_some_and(|extension| extension == "term" || extension == "fast") {
                    fs::write(path, "nothing").expect("the file is written");
                }
            }
        });
    }

    #[test]
    fn an_index_that_knows_more_than_the_store_is_made_anew() {
        let (more, fewer) = (hundred(), TestDialogs::new());
        fewer.dialogs.create(new_dialog(7), NOW).expect("the dialog is created");
        let mut taken = None;
        let more = more.reopened(|folder| taken = Some(folder.join("index")));
        let taken = taken.expect("the folder was closed");
        fewer
            .reopened(|folder| {
                while fs::remove_dir_all(folder.join("index")).is_err() {}
                fs::create_dir(folder.join("index")).expect("the folder is made");
                for file in fs::read_dir(taken).expect("the folder is listed") {
                    let path = file.expect("the file is listed").path();
                    let name = path.file_name().expect("a file has a name");
                    fs::copy(&path, folder.join("index").join(name)).expect("the file is copied");
                }
            })
            .assert_consistent(1);
        more.assert_consistent(100);
    }

    #[test]
    fn a_rebuild_changes_nothing() {
        let stored = hundred();
        stored.dialogs.rebuild().expect("the index is made anew");
        stored.assert_consistent(100);
        stored.dialogs.create(new_dialog(101), NOW).expect("the dialog is created");
        stored.reopened(|_| {}).assert_consistent(101);
    }
}
