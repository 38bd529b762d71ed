//! The changes of one transaction as bytes: a head, then each row's table, key and value.

use super::BLOCK;
use crate::StoreError;
use crate::store::damaged;

/// Larger transactions make the database durable at once: their bytes would only be written twice.
const MAX_ROWS: usize = 1 << 20;
/// The store, the number of the entry, the length of its rows, and the checksum of all these.
const HEAD: usize = 8 + 8 + 4 + 4;
/// The table, the length of the key, and the length of the value.
const ROW_HEAD: usize = 1 + 4 + 4;
/// In the place of a value's length: the row is removed.
const REMOVED: u32 = u32::MAX;

/// An entry that is being made.
#[derive(Debug, Default)]
pub(in crate::store) struct Entry {
    store: u64,
    number: u64,
    /// Begins with room for the head.
    bytes: Vec<u8>,
    is_complete: bool,
}

/// An entry that was found.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) number: u64,
    pub(super) rows: &'a [u8],
}

/// A row that was put, or removed.
#[derive(Debug, PartialEq)]
pub(in crate::store) struct Row<'a> {
    pub(in crate::store) table: u8,
    pub(in crate::store) key: &'a [u8],
    pub(in crate::store) value: Option<&'a [u8]>,
}

impl Entry {
    pub(super) fn new(store: u64, number: u64) -> Self {
        Self { store, number, bytes: vec![0; HEAD], is_complete: true }
    }

    pub(in crate::store) fn number(&self) -> u64 {
        self.number
    }

    /// Notes a change.
    pub(in crate::store) fn add(&mut self, row: &Row<'_>) {
        let length = ROW_HEAD + row.key.len() + row.value.map_or(0, <[u8]>::len);
        if !self.is_complete || self.bytes.len() - HEAD + length > MAX_ROWS {
            self.is_complete = false;
            self.bytes = Vec::new();
            return;
        }
        self.bytes.push(row.table);
        self.bytes.extend((row.key.len() as u32).to_le_bytes());
        self.bytes.extend(row.value.map_or(REMOVED, |value| value.len() as u32).to_le_bytes());
        self.bytes.extend(row.key);
        self.bytes.extend(row.value.unwrap_or_default());
    }

    /// Whether it holds all changes: those of large transactions are not collected.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The length of the blocks that it occupies.
    pub(super) fn blocks(&self) -> usize {
        self.bytes.len().next_multiple_of(BLOCK)
    }

    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        let rows = (self.bytes.len() - HEAD) as u32;
        self.bytes[..8].copy_from_slice(&self.store.to_le_bytes());
        self.bytes[8..16].copy_from_slice(&self.number.to_le_bytes());
        self.bytes[16..20].copy_from_slice(&rows.to_le_bytes());
        let checksum = checksum(&self.bytes[..20], &self.bytes[HEAD..]);
        self.bytes[20..HEAD].copy_from_slice(&checksum.to_le_bytes());
        let blocks = self.blocks();
        self.bytes.resize(blocks, 0);
        self.bytes
    }
}

/// The entry of this store that begins here, if one does and is whole.
pub(super) fn read(bytes: &[u8], store: u64) -> Option<Found<'_>> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let number_at = |at: usize| u64::from_le_bytes(std::array::from_fn(|place| head[at + place]));
    let length_at = |at: usize| u32::from_le_bytes(std::array::from_fn(|place| head[at + place]));
    if number_at(0) != store {
        return None;
    }
    let rows = rest.get(..length_at(16) as usize)?;
    let is_whole = length_at(20) == checksum(&head[..20], rows);
    is_whole.then(|| Found { number: number_at(8), rows })
}

/// The changes of an entry in the order in which they were made.
pub(in crate::store) fn rows(entry: &[u8]) -> impl Iterator<Item = Result<Row<'_>, StoreError>> {
    let mut rest = entry;
    std::iter::from_fn(move || {
        (!rest.is_empty()).then(|| {
            let row = split_row(rest);
            rest = row.as_ref().map_or(&[], |(_, rest)| rest);
            row.map(|(row, _)| row).ok_or_else(|| damaged("entry of the journal"))
        })
    })
}

fn split_row(bytes: &[u8]) -> Option<(Row<'_>, &[u8])> {
    let (table, rest) = bytes.split_first()?;
    let (key, rest) = rest.split_first_chunk()?;
    let (value, rest) = rest.split_first_chunk()?;
    let (key, rest) = rest.split_at_checked(u32::from_le_bytes(*key) as usize)?;
    let (value, rest) = match u32::from_le_bytes(*value) {
        REMOVED => (None, rest),
        length => rest.split_at_checked(length as usize).map(|(value, rest)| (Some(value), rest))?,
    };
    Some((Row { table: *table, key, value }, rest))
}

fn checksum(head: &[u8], rows: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(rows);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: u64 = 7;

    fn entry() -> Vec<u8> {
        let mut entry = Entry::new(STORE, 3);
        entry.add(&Row { table: 1, key: b"key", value: Some(b"value") });
        entry.add(&Row { table: 2, key: b"gone", value: None });
        entry.add(&Row { table: 3, key: b"", value: Some(b"") });
        entry.into_bytes()
    }

    #[test]
    fn what_is_noted_is_read() {
        let bytes = entry();
        let found = read(&bytes, STORE).expect("an entry");
        assert_eq!((found.number, bytes.len()), (3, BLOCK));
        let rows: Vec<_> = rows(found.rows).map(|row| row.expect("a row")).collect();
        let expected = [
            Row { table: 1, key: b"key", value: Some(b"value") },
            Row { table: 2, key: b"gone", value: None },
            Row { table: 3, key: b"", value: Some(b"") },
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn what_is_torn_is_no_entry() {
        let bytes = entry();
        let length = HEAD + read(&bytes, STORE).expect("an entry").rows.len();
        assert!(read(&bytes, STORE + 1).is_none(), "of another store");
        for at in 0..length {
            let mut torn = bytes.clone();
            torn[at] ^= 1;
            assert!(read(&torn, STORE).is_none(), "byte {at} is another one");
            assert!(read(&bytes[..at], STORE).is_none(), "it ends at {at}");
        }
    }

    #[test]
    fn rows_that_end_early_are_damage() {
        let bytes = entry();
        let found = read(&bytes, STORE).expect("an entry");
        let cut = &found.rows[..found.rows.len() - 1];
        assert!(rows(cut).last().is_some_and(|row| row.is_err()));
        assert_eq!(rows(cut).count(), 3, "it stops there");
    }

    #[test]
    fn what_is_too_large_is_not_collected() {
        let mut entry = Entry::new(STORE, 1);
        entry.add(&Row { table: 1, key: b"", value: Some(&vec![1; MAX_ROWS - ROW_HEAD]) });
        assert!(entry.is_complete());
        entry.add(&Row { table: 1, key: b"", value: None });
        assert!(!entry.is_complete());
        entry.add(&Row { table: 1, key: b"", value: None });
        assert!(!entry.is_complete());
    }
}
