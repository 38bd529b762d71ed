//! Bounds how many threads go through very much at once. They share the cores, so more of them at a time would only
//! make all searches slow, short ones among them. A long search has one thread for sure, and further ones while nobody
//! waits for them.

use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Searches that are thought to take less, in nanoseconds, are not held up. Tests have few documents.
const LONG: f64 = if cfg!(test) { 1_000.0 } else { 1_000_000.0 };

/// Long searches pass it in the order in which they came.
#[derive(Debug)]
pub(super) struct Gate {
    room: usize,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    running: usize,
    next_ticket: u64,
    now_serving: u64,
}

/// Held while a long search runs.
#[derive(Debug)]
pub(super) struct Pass<'a>(&'a Gate);

impl Gate {
    /// For as many long searches as there are cores.
    pub(super) fn new() -> Self {
        let room = thread::available_parallelism().map_or(1, NonZero::get);
        Self { room, queue: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits for its turn, if what is to come is thought to take long.
    pub(super) fn enter(&self, nanoseconds: f64) -> Option<Pass<'_>> {
        if nanoseconds < LONG {
            return None;
        }
        let mut queue = self.lock();
        let ticket = queue.next_ticket;
        queue.next_ticket += 1;
        while queue.now_serving != ticket || queue.running == self.room {
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.now_serving += 1;
        queue.running += 1;
        drop(queue);
        self.changed.notify_all();
        Some(Pass(self))
    }

    /// Room for further threads of a search that has passed, at most so many and only what nobody waits for.
    pub(super) fn spare(&self, most: usize) -> Vec<Pass<'_>> {
        let mut queue = self.lock();
        let spare = if queue.is_anybody_waiting() { 0 } else { most.min(self.room - queue.running) };
        queue.running += spare;
        drop(queue);
        (0..spare).map(|_| Pass(self)).collect()
    }

    /// Whether a thread that was spare should make room.
    pub(super) fn is_anybody_waiting(&self) -> bool {
        self.lock().is_anybody_waiting()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn is_anybody_waiting(&self) -> bool {
        self.now_serving != self.next_ticket
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn no_more_long_searches_run_than_there_is_room_for() {
        let gate = Gate { room: 2, ..Gate::new() };
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    let pass = gate.enter(LONG);
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    assert!(gate.enter(LONG / 2.0).is_none(), "short ones are not held up");
                    thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                    drop(pass);
                });
            }
        });
        assert!((1..=2).contains(&most.into_inner()));
        assert_eq!(gate.lock().running, 0);
    }

    #[test]
    fn only_what_nobody_waits_for_is_spare() {
        let gate = Gate { room: 3, ..Gate::new() };
        let first = gate.enter(LONG);
        assert_eq!(gate.spare(1).len(), 1);
        let spare = gate.spare(5);
        assert_eq!(spare.len(), 2);
        assert_eq!(gate.spare(1).len(), 0, "there is no room");
        thread::scope(|scope| {
            let waiting = scope.spawn(|| drop(gate.enter(LONG)));
            while !gate.is_anybody_waiting() {
                thread::yield_now();
            }
            assert_eq!(gate.spare(1).len(), 0, "somebody waits");
            drop(spare);
            waiting.join().expect("it has its turn");
        });
        assert!(!gate.is_anybody_waiting());
        drop(first);
        assert_eq!(gate.lock().running, 0);
    }
}
