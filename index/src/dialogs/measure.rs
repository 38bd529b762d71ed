//! How much the store and the index occupy.

use super::{Dialogs, ItemGauges, WriteGauges};
use crate::OpenError;
use crate::sizes::Sizes;

impl Dialogs {
    /// What has been written since the folder was opened, and what waits.
    pub fn write_gauges(&self) -> WriteGauges {
        self.inner.writer.gauges()
    }

    /// How often list items were at hand.
    pub fn item_gauges(&self) -> ItemGauges {
        self.inner.kept_items.gauges()
    }

    /// What everything that is stored occupies on disk. Goes through the whole store; writes wait only until the index
    /// holds what the store does.
    pub fn sizes(&self) -> Result<Sizes, OpenError> {
        self.inner.writer.flush()?;
        let reading = self.inner.store.read()?;
        Ok(Sizes { dialogs: reading.dialogs()?, store: reading.sizes()?, index: self.inner.index.sizes()? })
    }
}

#[cfg(test)]
mod tests {
    use crate::dialogs::fixture::{TestDialogs, new_dialog};
    use crate::domain::Timestamp;
    use crate::sizes::PartSize;
    use std::fs;

    const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);

    fn bytes(parts: &[PartSize], name: &str) -> u64 {
        parts.iter().find(|part| part.name == name).map_or(0, |part| part.bytes)
    }

    #[test]
    fn what_waits_for_the_index_is_known() {
        let stored = TestDialogs::new();
        stored.dialogs.create(new_dialog(1), NOW).expect("the dialog is created");
        // The index commits a second later; on a slow machine it has.
        assert!(stored.dialogs.write_gauges().waiting_bytes > 0 || stored.dialogs.index_gauges().documents == 1);
        stored.assert_consistent(1);
        assert_eq!(stored.dialogs.write_gauges().waiting_bytes, 0);
    }

    #[test]
    fn every_part_grows_with_what_it_holds() {
        let stored = TestDialogs::new();
        let empty = stored.dialogs.sizes().expect("an empty folder is measured");
        assert_eq!((empty.dialogs, empty.index.len(), bytes(&empty.store, "records")), (0, 0, 0));
        for id in 1..=100 {
            stored.dialogs.create(new_dialog(id), NOW).expect("the dialog is created");
        }
        let sizes = stored.dialogs.sizes().expect("the folder is measured");
        assert_eq!(sizes.dialogs, 100);
        // 16 bytes of a key and 8 of a number.
        assert!(bytes(&sizes.store, "ids") >= 100 * 24, "{sizes:?}");
        assert!(bytes(&sizes.store, "records") > bytes(&sizes.store, "ids"), "{sizes:?}");
        // That a dialog is created is told in about 50 bytes; of so few, pages are far from full.
        assert!((100 * 40..100 * 130).contains(&bytes(&sizes.store, "events")), "{sizes:?}");
        for part in ["terms text", "postings text", "positions text", "column id_low"] {
            assert!(bytes(&sizes.index, part) > 0, "{part}: {sizes:?}");
        }
        let of_all = |parts: &[PartSize]| parts.iter().map(|part| part.bytes).sum::<u64>();
        let file = fs::metadata(stored.folder.path().join("dialogs.redb")).expect("the file is there").len();
        assert!(of_all(&sizes.store) <= file, "{sizes:?}");
        let files = fs::read_dir(stored.folder.path().join("index")).expect("the folder is there");
        let files: u64 = files.map(|file| file.and_then(|file| file.metadata()).expect("a file").len()).sum();
        assert!(of_all(&sizes.index) <= files, "{sizes:?}");
    }
}
