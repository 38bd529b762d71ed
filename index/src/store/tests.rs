//! Transactions, formats and locks; and disks that forget.

mod forgetful_disk;

use super::*;
use crate::dialogs::fixture::{attachment, new_dialog};
use crate::domain::{EventKind, Timestamp};
use crate::{Part, WriteError};
use forgetful_disk::ForgetfulDisk;
use redb::backends::InMemoryBackend;
use redb::{ReadableDatabase, ReadableTableMetadata, TableDefinition};
use tables::RECORDS;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);
const CACHE_BYTES: usize = 1 << 20;

fn in_memory() -> DialogStore {
    DialogStore::open_backends(InMemoryBackend::new(), InMemoryBackend::new()).expect("a new store opens")
}

fn open(disk: &ForgetfulDisk) -> Result<DialogStore, OpenError> {
    DialogStore::open_backends(disk.database(), disk.journal())
}

fn encoded(id: u128) -> EncodedDialog {
    let (dialog, label_log) = new_dialog(id).complete(NOW);
    EncodedDialog::of(&dialog, &[], &label_log).expect("the dialog is encoded")
}

fn insert(store: &DialogStore, id: u128) -> Result<u64, StoreError> {
    store.write(|writing| {
        writing.name(Kind::Process, &format!("process {id}"))?;
        let number = match writing.insert(&encoded(id)) {
            Err(WriteError::Store(error)) => return Err(error),
            stored => stored.expect("nothing of it is taken"),
        };
        let (dialog, _) = new_dialog(id).complete(NOW);
        writing.add_events(NOW, &dialog, vec![EventKind::Created])?;
        Ok(number)
    })
}

fn number_of(store: &DialogStore, id: u128) -> Option<u64> {
    store.number_of_dialog(DialogId(Uuid::from_u128(id))).expect("the store reads")
}

#[test]
fn what_fails_leaves_nothing() {
    let store = in_memory();
    assert_eq!(insert(&store, 1).expect("the dialog is written"), 1);
    let failed = store.write(|writing| {
        writing.name(Kind::Party, "somebody")?;
        writing.insert(&encoded(2)).expect("nothing of it is taken");
        Err::<(), _>(StoreError::Stopped)
    });
    assert!(matches!(failed, Err(StoreError::Stopped)));
    assert_eq!((number_of(&store, 1), number_of(&store, 2)), (Some(1), None));
    assert_eq!(store.dictionaries().number_of(Kind::Party, "somebody"), None);
    assert_eq!(insert(&store, 3).expect("the next dialog is written"), 2);
    let log: Vec<_> = store.read().and_then(|reading| reading.changes_after(1)?.collect()).expect("the log reads");
    assert_eq!(log, [Change { sequence: 2, number: 2, kind: ChangeKind::Created }]);
}

#[test]
fn a_dialog_that_is_refused_takes_nothing() {
    let store = in_memory();
    let with_parts = |id: u128, parts: &[u128], key: Option<&str>| {
        let mut new = new_dialog(id);
        new.idempotent_key = key.map(str::to_owned);
        new.attachments = parts.iter().map(|part| attachment(*part)).collect();
        let (dialog, label_log) = new.complete(NOW);
        EncodedDialog::of(&dialog, &[], &label_log).expect("the dialog is encoded")
    };
    let written = store.write(|writing| {
        assert!(matches!(writing.insert(&with_parts(1, &[12, 14], Some("key"))), Ok(1)));
        let refusals = [
            writing.insert(&with_parts(1, &[11], None)),
            writing.insert(&with_parts(2, &[11, 11], None)),
            writing.insert(&with_parts(2, &[11, 12, 13], None)),
            writing.insert(&with_parts(2, &[11, 13], Some("key"))),
        ];
        assert!(matches!(
            refusals,
            [
                Err(WriteError::IdInUse { part: Part::Dialog, .. }),
                Err(WriteError::IdInUse { part: Part::Attachment, .. }),
                Err(WriteError::IdInUse { part: Part::Attachment, .. }),
                Err(WriteError::IdempotentKeyInUse { .. }),
            ]
        ));
        assert_eq!(writing.mutations(), 1, "they count as having done no harm");
        let still_taken = writing.insert(&with_parts(2, &[12], None));
        assert!(matches!(still_taken, Err(WriteError::IdInUse { part: Part::Attachment, .. })));
        assert!(matches!(writing.insert(&with_parts(2, &[11, 13], None)), Ok(2)));
        Ok(())
    });
    written.expect("the store writes");
}

#[test]
fn names_keep_their_numbers() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let name = |store: &DialogStore, kind, name| store.write(|writing| writing.name(kind, name)).expect("it is named");
    {
        let store = DialogStore::open(folder.path(), CACHE_BYTES).expect("a new store opens");
        assert_eq!(name(&store, Kind::Org, "skd"), 0);
        assert_eq!(name(&store, Kind::Org, "nav"), 1);
        assert_eq!(name(&store, Kind::Process, "skd"), 0);
        assert_eq!(name(&store, Kind::Org, "skd"), 0);
    }
    let store = DialogStore::open(folder.path(), CACHE_BYTES).expect("the store opens again");
    assert_eq!(store.dictionaries().number_of(Kind::Org, "nav"), Some(1));
    assert_eq!(store.dictionaries().name_of(Kind::Org, 1).as_deref(), Some("nav"));
    assert_eq!(store.dictionaries().numbers_with_prefix(Kind::Org, "s"), [0]);
    assert_eq!(store.dictionaries().number_of(Kind::Party, "skd"), None);
    assert_eq!(name(&store, Kind::Org, "hmrc"), 2);
}

#[test]
fn one_process_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let first = DialogStore::open(folder.path(), CACHE_BYTES).expect("a new store opens");
    let second = DialogStore::open(folder.path(), CACHE_BYTES);
    assert!(matches!(second, Err(OpenError::InUse(path)) if path == folder.path()));
    drop(first);
    DialogStore::open(folder.path(), CACHE_BYTES).expect("the folder is free again");
}

#[test]
fn other_formats_are_refused() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("dialogs.redb");
    let set_format = |format: u64| {
        let database = Database::create(&path).expect("the file opens");
        let transaction = database.begin_write().expect("a transaction begins");
        let counters = TableDefinition::<&str, u64>::new("counters");
        transaction.open_table(counters).expect("the table opens").insert("format", format).expect("it is written");
        transaction.commit().expect("it commits");
    };
    drop(DialogStore::open(folder.path(), CACHE_BYTES).expect("a new store opens"));
    set_format(FORMAT + 1);
    let newer = DialogStore::open(folder.path(), CACHE_BYTES);
    assert!(matches!(newer, Err(OpenError::Format { found, .. }) if found == (FORMAT + 1).to_string()));
    set_format(FORMAT);
    DialogStore::open(folder.path(), CACHE_BYTES).expect("the right format opens");

    let foreign = tempfile::tempdir().expect("a folder for the test");
    let database = Database::create(foreign.path().join("dialogs.redb")).expect("a new file opens");
    let transaction = database.begin_write().expect("a transaction begins");
    transaction.open_table(TableDefinition::<u64, u64>::new("other")).expect("the table opens");
    transaction.commit().expect("it commits");
    drop(database);
    assert!(matches!(DialogStore::open(foreign.path(), CACHE_BYTES), Err(OpenError::Format { .. })));

    let text = tempfile::tempdir().expect("a folder for the test");
    std::fs::write(text.path().join("dialogs.redb"), "no database at all").expect("the file is written");
    assert!(matches!(DialogStore::open(text.path(), CACHE_BYTES), Err(OpenError::Store(_))));
}

#[test]
fn a_register_is_replaced_whole_or_by_the_row() {
    let store = in_memory();
    let row = |key: &str, value: &[u8]| (key.to_owned(), value.to_owned());
    let rows = || store.read().and_then(|reading| reading.register_rows()).expect("the register reads");
    store.write(|writing| writing.replace_register(&[row("b", b"2"), row("a", b"1")])).expect("it is written");
    assert_eq!(rows(), [row("a", b"1"), row("b", b"2")]);
    store.write(|writing| writing.set_register_row("a", None)).expect("it is written");
    store.write(|writing| writing.set_register_row("c", Some(b"3"))).expect("it is written");
    assert_eq!(rows(), [row("b", b"2"), row("c", b"3")]);
    store.write(|writing| writing.replace_register(&[row("d", b"4")])).expect("it is written");
    assert_eq!(rows(), [row("d", b"4")]);
}

/// The files as they were before there was a journal.
#[test]
fn a_store_without_a_journal_gets_one() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let store = DialogStore::open(folder.path(), CACHE_BYTES).expect("a new store opens");
    insert(&store, 1).expect("the dialog is written");
    drop(store);
    fs::remove_file(folder.path().join("dialogs.journal")).expect("the journal is removed");
    let database = Database::open(folder.path().join("dialogs.redb")).expect("the file opens");
    let transaction = database.begin_write().expect("a transaction begins");
    {
        let mut counters = transaction.open_table(TableDefinition::<&str, u64>::new("counters")).expect("it opens");
        counters.insert("format", FORMAT_WITHOUT_JOURNAL).expect("it is written");
        counters.remove("store").expect("it is removed");
        counters.remove("journaled").expect("it is removed");
    }
    transaction.commit().expect("it commits");
    drop(database);
    for id in 2..=3 {
        let store = DialogStore::open(folder.path(), CACHE_BYTES).expect("the store opens again");
        assert_eq!(insert(&store, id).expect("the dialog is written"), id as u64);
        assert!((1..=id).all(|id| number_of(&store, id).is_some()));
    }
}

/// The files as they were before there were events, with changes that only the journal has.
#[test]
fn a_store_without_events_gets_room_for_them() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let old = tempfile::tempdir().expect("a folder for the test");
    let store = DialogStore::open(folder.path(), CACHE_BYTES).expect("a new store opens");
    let written = store.write(|writing| Ok(writing.insert(&encoded(1)).expect("nothing of it is taken")));
    assert_eq!(written.expect("the dialog is written"), 1);
    for file in ["dialogs.redb", "dialogs.journal"] {
        fs::copy(folder.path().join(file), old.path().join(file)).expect("the file is copied");
    }
    drop(store);
    let database = Database::open(old.path().join("dialogs.redb")).expect("the file opens");
    let transaction = database.begin_write().expect("a transaction begins");
    let counters = TableDefinition::<&str, u64>::new("counters");
    let set = |name, value| {
        let mut counters = transaction.open_table(counters).expect("the table opens");
        counters.insert(name, value).map(drop).expect("it is written");
    };
    set("format", FORMAT_WITHOUT_EVENTS);
    let events = TableDefinition::<u64, &[u8]>::new("events");
    assert!(transaction.delete_table(events).expect("the table is removed"));
    transaction.commit().expect("it commits");
    assert!(
        database.begin_read().expect("it reads").open_table(RECORDS).expect("it opens").is_empty().expect("it reads")
    );
    drop(database);
    for id in 2..=3 {
        let store = DialogStore::open(old.path(), CACHE_BYTES).expect("the store opens again");
        assert_eq!(insert(&store, id).expect("the dialog is written"), id as u64);
        assert!((1..=id).all(|id| number_of(&store, id).is_some()));
        let told = store.read().and_then(|reading| Ok(reading.change_events_after(0)?.count())).expect("events read");
        assert_eq!(told, id as usize - 1, "dialogs from before are not told of");
    }
}

#[test]
fn a_store_is_not_opened_without_its_journal() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let journal = folder.path().join("dialogs.journal");
    drop(DialogStore::open(folder.path(), CACHE_BYTES).expect("a new store opens"));
    fs::rename(&journal, folder.path().join("elsewhere")).expect("the journal is taken away");
    let opened = DialogStore::open(folder.path(), CACHE_BYTES);
    assert!(matches!(opened, Err(OpenError::Journal { path, .. }) if path == journal));
    fs::rename(folder.path().join("elsewhere"), &journal).expect("the journal is put back");
    DialogStore::open(folder.path(), CACHE_BYTES).expect("the store opens again");
}

#[test]
fn a_large_transaction_is_durable_without_the_journal() {
    let disk = ForgetfulDisk::new(0);
    let store = open(&disk).expect("a new store opens");
    insert(&store, 1).expect("the dialog is written");
    let large = vec![7; 2 << 20];
    store.write(|writing| writing.set_register_row("large", Some(&large))).expect("it is written");
    insert(&store, 2).expect("the dialog is written");
    disk.fail_after(0);
    drop(store);
    let store = open(&disk.after_power_failure()).expect("the store opens again");
    assert_eq!((number_of(&store, 1), number_of(&store, 2)), (Some(1), Some(2)));
    let rows = store.read().and_then(|reading| reading.register_rows()).expect("the register reads");
    assert_eq!(rows, [("large".to_owned(), large)]);
}

/// Power fails at every point of a short life, in which the journal fills up more than once: of what the disk was
/// given since the last sync, any part may be gone.
#[test]
fn what_was_committed_outlives_a_power_failure() {
    for seed in 0..300 {
        let disk = ForgetfulDisk::new(seed);
        let store = open(&disk).expect("a new store opens");
        disk.fail_after(seed);
        let mut committed = 0;
        while insert(&store, u128::from(committed) + 1).is_ok() {
            committed += 1;
        }
        drop(store);
        let survivor = disk.after_power_failure();
        let store = open(&survivor).expect("the store opens again");
        let found = (1..).take_while(|id| number_of(&store, *id).is_some()).count() as u64;
        // The last one may have been on the disk when its commit failed.
        assert!(found == committed || found == committed + 1, "seed {seed}: {found} of {committed}");
        let reading = store.read().expect("the store reads");
        assert_eq!(reading.last_sequence().expect("the log reads"), found);
        let told = reading.change_events_after(0).expect("the events read").map(|row| {
            let (sequence, change) = row.expect("the events read");
            let events = change.and_then(|change| reading.events_of(sequence, change)).expect("the events are whole");
            events[0].dialog.0.as_u128()
        });
        assert_eq!(told.collect::<Vec<_>>(), (1..=found).map(u128::from).collect::<Vec<_>>(), "seed {seed}");
        for number in 1..=found {
            let dialog = reading.dialog(number).expect("the dialog reads").expect("the dialog is there");
            assert_eq!(dialog.id.0.as_u128(), u128::from(number));
            assert!(store.dictionaries().number_of(Kind::Process, &format!("process {number}")).is_some());
        }
        insert(&store, u128::from(found) + 1).expect("the store goes on");
    }
}
