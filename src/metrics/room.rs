use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Bounds how many requests of a kind are under way at once. Nobody waits for room.
#[derive(Debug)]
pub struct Room {
    size: usize,
    taken: AtomicUsize,
    pub(super) refused: AtomicU64,
}

/// Held while a request is under way.
#[derive(Debug)]
pub struct Place(Arc<Room>);

impl Room {
    pub fn new(size: usize) -> Self {
        Self { size, taken: AtomicUsize::new(0), refused: AtomicU64::new(0) }
    }

    /// `None` if there is no room.
    pub fn enter(self: &Arc<Self>) -> Option<Place> {
        let more = |taken: usize| (taken < self.size).then_some(taken + 1);
        if self.taken.fetch_update(Ordering::Acquire, Ordering::Relaxed, more).is_ok() {
            return Some(Place(Arc::clone(self)));
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        None
    }

    pub(super) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_again_when_one_has_left() {
        let room = Arc::new(Room::new(2));
        let (first, second) = (room.enter(), room.enter());
        assert!(first.is_some() && second.is_some() && room.enter().is_none());
        drop(first);
        assert_eq!(room.taken(), 1);
        assert!(room.enter().is_some());
        assert_eq!((room.taken(), room.refused.load(Ordering::Relaxed)), (1, 1));
    }
}
