//! The journal: what was written since the database file was last made durable.
//!
//! To make a transaction durable in the database costs two syncs and all the pages it touched, some forty for a single
//! dialog. Here it costs one sync of a few kilobytes: the rows that it changed are written behind each other, and the
//! database keeps the same changes in memory. The journal has two halves. When one is full the database begins to make
//! all of it durable, and meanwhile the other half is written.
//!
//! What recovery rests on:
//! - Entries have numbers without gaps. The database knows the number of the last entry that it holds, so an entry that
//!   it has is never applied again, and what is left of an earlier round is told by its number.
//! - An entry begins on a block of its own, and a half is begun again only when the database has on disk what it holds,
//!   so nothing that was acknowledged is written over.
//! - An entry that was torn by a power failure was not acknowledged: its checksum is wrong and nothing comes after it.
//! - Each entry bears the random number of its store, which no caller knows. So no text of a dialog, found where an
//!   entry is looked for, can pass for one.

mod entry;

pub(super) use entry::{Entry, Row, rows};

use super::{damaged, failed_to};
use crate::StoreError;
use redb::{StorageBackend, StorageError};
use std::collections::BTreeMap;
use std::io;

/// Room for entries in each half. More of it means that pages which change often are written less often, but that more of
/// them are handed over at once, while writers wait. A journal with other halves is read all the same.
const HALF: u64 = if cfg!(test) { 32 << 10 } else { 2 << 20 };
/// No sync but that of an entry is needed while the file does not grow, so it grows by as much.
const GROWTH: u64 = if cfg!(test) { 16 << 10 } else { 1 << 20 };
/// What disks write at once, or a multiple of it.
const BLOCK: usize = 4096;

#[derive(Debug)]
pub(super) struct Journal {
    file: Box<dyn StorageBackend>,
    store: u64,
    next_number: u64,
    /// Where the half begins that is written now.
    begin: u64,
    /// Where the next entry begins.
    end: u64,
    length: u64,
    /// What is on the disk is not known any more; only opening the store again tells.
    has_failed: bool,
}

impl Journal {
    /// A journal without entries. Whatever the file holds is forgotten.
    pub(super) fn begin(file: Box<dyn StorageBackend>, store: u64) -> Result<Self, StoreError> {
        let begun = file.set_len(0).and_then(|()| file.sync_data());
        begun.map_err(failed("begin the journal"))?;
        Ok(Self { file, store, next_number: 1, begin: 0, end: 0, length: 0, has_failed: false })
    }

    /// Reads a journal, and returns with it the entries that come after `applied`, oldest first. They are written over
    /// by the next ones, so the database must have them before.
    pub(super) fn open(
        file: Box<dyn StorageBackend>,
        store: u64,
        applied: u64,
    ) -> Result<(Self, Vec<Vec<u8>>), StoreError> {
        let action = "read the journal";
        let length = file.len().map_err(failed(action))?;
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| damaged("journal"))?];
        file.read(0, &mut bytes).map_err(failed(action))?;
        let read = |at: usize| entry::read(&bytes[at..], store).map(|entry| (entry.number, entry.rows));
        let mut found: BTreeMap<u64, &[u8]> = (0..bytes.len()).step_by(BLOCK).filter_map(read).collect();
        let mut entries = Vec::new();
        let mut next_number = applied + 1;
        while let Some(rows) = found.remove(&next_number) {
            entries.push(rows.to_vec());
            next_number += 1;
        }
        // A torn entry is the last one. If there are later ones, the disk has lost what it had kept.
        if found.keys().any(|number| *number > next_number) {
            return Err(damaged("journal"));
        }
        Ok((Self { file, store, next_number, begin: 0, end: 0, length, has_failed: false }, entries))
    }

    /// Where the changes of the next transaction are noted.
    pub(super) fn next_entry(&self) -> Entry {
        Entry::new(self.store, self.next_number)
    }

    /// Whether the database has on disk what was appended.
    pub(super) fn is_empty(&self) -> bool {
        self.end == self.begin
    }

    /// Whether an entry can be kept here, if need be in the other half.
    pub(super) fn can_keep(&self, entry: &Entry) -> bool {
        entry.is_complete() && entry.blocks() as u64 <= HALF
    }

    pub(super) fn has_room_for(&self, entry: &Entry) -> bool {
        self.end + entry.blocks() as u64 <= self.begin + HALF
    }

    /// Goes on in the other half. The database has on disk what that one holds.
    pub(super) fn turn(&mut self) {
        self.begin = HALF - self.begin;
        self.end = self.begin;
    }

    /// Makes an entry durable.
    pub(super) fn append(&mut self, entry: Entry) -> Result<(), StoreError> {
        let bytes = entry.into_bytes();
        let end = self.end + bytes.len() as u64;
        let appended =
            self.grow(end).and_then(|()| self.file.write(self.end, &bytes)).and_then(|()| self.file.sync_data());
        // Whether the entry is on the disk is not known.
        self.has_failed |= appended.is_err();
        appended.map_err(failed("write the journal"))?;
        self.end = end;
        self.next_number += 1;
        Ok(())
    }

    /// After a transaction that made the database durable, and with it all entries.
    pub(super) fn begin_again(&mut self, last_number: u64) {
        self.end = self.begin;
        self.next_number = last_number + 1;
    }

    pub(super) fn has_failed(&self) -> bool {
        self.has_failed
    }

    pub(super) fn fail(&mut self) {
        self.has_failed = true;
    }

    fn grow(&mut self, end: u64) -> io::Result<()> {
        if end > self.length {
            let length = end.next_multiple_of(GROWTH);
            self.file.set_len(length)?;
            // Written, so that the disk has nothing left to find out when entries come.
            self.file.write(self.length, &vec![0; (length - self.length) as usize])?;
            self.length = length;
        }
        Ok(())
    }
}

fn failed(action: &'static str) -> impl Fn(io::Error) -> StoreError {
    move |error| failed_to(action)(StorageError::from(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use redb::backends::InMemoryBackend;
    use std::sync::Arc;

    const STORE: u64 = 7;

    /// One file for several journals, one after the other.
    #[derive(Clone, Debug)]
    struct File(Arc<InMemoryBackend>);

    impl StorageBackend for File {
        fn len(&self) -> io::Result<u64> {
            self.0.len()
        }

        fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            self.0.read(offset, out)
        }

        fn set_len(&self, len: u64) -> io::Result<()> {
            self.0.set_len(len)
        }

        fn sync_data(&self) -> io::Result<()> {
            self.0.sync_data()
        }

        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            self.0.write(offset, data)
        }
    }

    impl File {
        fn new() -> Self {
            Self(Arc::new(InMemoryBackend::new()))
        }

        fn begin(&self) -> Journal {
            Journal::begin(Box::new(self.clone()), STORE).expect("a journal begins")
        }

        /// The keys of the entries after `applied`.
        fn read_after(&self, applied: u64) -> Result<Vec<String>, StoreError> {
            let (_, entries) = Journal::open(Box::new(self.clone()), STORE, applied)?;
            let key_of = |entry: &Vec<u8>| {
                let row = rows(entry).next().expect("a row").expect("a whole row");
                String::from_utf8(row.key.to_vec()).expect("a text")
            };
            Ok(entries.iter().map(key_of).collect())
        }

        fn turn_bit(&self, at: u64) {
            let mut byte = [0];
            self.0.read(at, &mut byte).expect("it is read");
            self.0.write(at, &[byte[0] ^ 1]).expect("it is written");
        }
    }

    #[track_caller]
    fn append(journal: &mut Journal, key: &str) {
        let mut entry = journal.next_entry();
        entry.add(&Row { table: 1, key: key.as_bytes(), value: Some(&[7; 5000]) });
        journal.append(entry).expect("it is written");
    }

    #[test]
    fn what_the_database_has_is_not_read_again() {
        let file = File::new();
        let mut journal = file.begin();
        for key in ["a", "b", "c"] {
            append(&mut journal, key);
        }
        assert_eq!(file.read_after(0).expect("it opens"), ["a", "b", "c"]);
        assert_eq!(file.read_after(3).expect("it opens"), [""; 0]);
        journal.begin_again(3);
        assert_eq!(file.read_after(3).expect("it opens"), [""; 0]);
        append(&mut journal, "d");
        assert_eq!(file.read_after(3).expect("it opens"), ["d"]);
        assert_eq!(file.read_after(4).expect("it opens"), [""; 0]);
    }

    #[test]
    fn a_torn_entry_is_the_last_one() {
        let file = File::new();
        let mut journal = file.begin();
        append(&mut journal, "a");
        let second = journal.end;
        append(&mut journal, "b");
        file.turn_bit(second + 100);
        assert_eq!(file.read_after(0).expect("it opens"), ["a"]);
        file.turn_bit(second + 100);
        file.turn_bit(100);
        let opened = file.read_after(0);
        assert!(matches!(opened, Err(StoreError::Damaged { what: "journal", .. })), "{opened:?}");
    }

    /// Appends as long as there is room, and returns how many there are now.
    fn fill(journal: &mut Journal, appended: &mut Vec<String>) -> u64 {
        let mut entry = journal.next_entry();
        entry.add(&Row { table: 1, key: b"0", value: Some(&[7; 5000]) });
        while journal.has_room_for(&entry) {
            let key = (appended.len() + 1).to_string();
            append(journal, &key);
            appended.push(key);
        }
        appended.len() as u64
    }

    #[test]
    fn one_half_is_kept_while_the_other_is_written() {
        let file = File::new();
        let (mut journal, mut appended) = (file.begin(), Vec::new());
        let (mut on_disk, mut last) = (0, fill(&mut journal, &mut appended));
        for _ in 0..5 {
            journal.turn();
            let after_turn = fill(&mut journal, &mut appended);
            assert!(after_turn > last + 1 && journal.length <= 2 * HALF);
            // The database has what it had at the turn before, or what it was given at this one.
            for applied in [on_disk, last, last + 1, after_turn] {
                assert_eq!(file.read_after(applied).expect("it opens"), appended[applied as usize..], "{applied}");
            }
            (on_disk, last) = (last + 1, after_turn);
        }
        journal.begin_again(last + 1);
        append(&mut journal, "after a large one");
        assert_eq!(file.read_after(last + 1).expect("it opens"), ["after a large one"]);
    }

    #[test]
    fn halves_may_have_begun_elsewhere() {
        let (file, other) = (File::new(), File::new());
        let (mut journal, mut appended) = (file.begin(), Vec::new());
        fill(&mut journal, &mut appended);
        journal.turn();
        fill(&mut journal, &mut appended);
        let mut bytes = vec![0; journal.length as usize];
        file.read(0, &mut bytes).expect("it is read");
        for before in [1, 3, 8] {
            let begin = (before * BLOCK) as u64;
            other.set_len(begin + journal.length).expect("it grows");
            other.write(begin, &bytes).expect("it is written");
            assert_eq!(other.read_after(0).expect("it opens"), appended);
            // What lies there would be met beside what comes next.
            other.set_len(0).expect("it is emptied");
        }
    }

    #[test]
    fn what_was_read_may_be_written_over_when_the_database_has_it() {
        let file = File::new();
        append(&mut file.begin(), "a");
        let (mut journal, entries) = Journal::open(Box::new(file.clone()), STORE, 0).expect("it opens");
        assert!(journal.is_empty() && entries.len() == 1);
        append(&mut journal, "b");
        assert_eq!(file.read_after(1).expect("it opens"), ["b"]);
    }

    #[test]
    fn a_large_entry_is_not_kept() {
        let journal = File::new().begin();
        let mut entry = journal.next_entry();
        assert!(journal.can_keep(&entry));
        entry.add(&Row { table: 1, key: b"", value: Some(&vec![7; HALF as usize]) });
        assert!(!journal.can_keep(&entry));
    }
}
