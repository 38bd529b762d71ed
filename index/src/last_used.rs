//! What was used last, as much of it as there is room for.

use rustc_hash::FxHashMap;
use std::hash::Hash;

/// Values within a number of bytes. When they are more, those go that were used longest ago, and those that are stale.
#[derive(Debug)]
pub(crate) struct LastUsed<K, V> {
    by_key: FxHashMap<K, Used<V>>,
    room: usize,
    bytes: usize,
    /// Counts uses, so that the oldest can be told.
    uses: u64,
}

pub(crate) trait Value {
    /// What it occupies, in bytes.
    fn size(&self) -> usize;

    /// Nobody will ask for it again.
    fn is_stale(&self) -> bool;
}

#[derive(Debug)]
struct Used<V> {
    value: V,
    last_use: u64,
}

impl<K: Eq + Hash, V: Value> LastUsed<K, V> {
    /// With room for so many bytes.
    pub(crate) fn new(room: usize) -> Self {
        Self { by_key: FxHashMap::default(), room, bytes: 0, uses: 0 }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<&V> {
        let used = self.by_key.get_mut(key)?;
        self.uses += 1;
        used.last_use = self.uses;
        Some(&used.value)
    }

    pub(crate) fn keep(&mut self, key: K, value: V) {
        self.uses += 1;
        self.bytes += value.size();
        if let Some(replaced) = self.by_key.insert(key, Used { value, last_use: self.uses }) {
            self.bytes -= replaced.value.size();
        }
        if self.bytes > self.room {
            self.drop_the_older_half();
        }
    }

    fn drop_the_older_half(&mut self) {
        let mut uses: Vec<u64> = self.by_key.values().map(|used| used.last_use).collect();
        let middle = uses.len() / 2;
        let (_, middle, _) = uses.select_nth_unstable(middle);
        let middle = *middle;
        self.by_key.retain(|_, used| used.last_use >= middle && !used.value.is_stale());
        self.bytes = self.size_of_all();
    }

    fn size_of_all(&self) -> usize {
        self.by_key.values().map(|used| used.value.size()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With its size, and whether it is stale.
    struct Sized(usize, bool);

    impl Value for Sized {
        fn size(&self) -> usize {
            self.0
        }

        fn is_stale(&self) -> bool {
            self.1
        }
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        const ROOM: usize = 1000;
        let mut kept = LastUsed::new(ROOM);
        for key in 0..8 {
            kept.keep(key, Sized(ROOM / 5 + 1, false));
            assert!(kept.bytes <= ROOM);
            assert_eq!(kept.bytes, kept.size_of_all());
            assert!(kept.get(&key).is_some(), "the last one is kept");
        }
        assert!(kept.get(&0).is_none(), "the first one is dropped");
        kept.keep(7, Sized(10, false));
        assert_eq!(kept.bytes, kept.size_of_all(), "one that is replaced is not counted");
    }

    #[test]
    fn what_is_used_stays_and_what_is_stale_goes() {
        let mut kept = LastUsed::new(100);
        for key in 0..4 {
            kept.keep(key, Sized(20, key == 3));
        }
        assert!(kept.get(&0).is_some());
        kept.keep(4, Sized(21, false));
        assert_eq!([0, 1, 2, 3, 4].map(|key| kept.get(&key).is_some()), [true, false, false, false, true]);
    }
}
