//! The file of the database, written by a thread of its own.
//!
//! To make the database durable takes all the pages that were touched for thousands of writes, and two syncs: tens of
//! milliseconds in which nobody could write. Here the database hands over what it does, and goes on; a thread does the
//! same to the file, in the same order. So the file goes through the states it would have gone through anyway, only
//! later, and after a crash it is one of them. Until [`WriteBehind::settle`] returns, what was handed over may be lost,
//! and the journal must still have it.

use redb::{BackendError, StorageBackend};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::ops::Bound;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// How many bytes may wait for the thread before the database does.
const MAX_WAITING: usize = 64 << 20;
/// What is kept of waiting writes is looked up by the block.
const BLOCK: u64 = 4096;

/// A handle to the file; a clone is another one.
#[derive(Clone, Debug)]
pub(super) struct WriteBehind(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    file: Box<dyn StorageBackend>,
    state: Mutex<State>,
    /// Told when there is something to do.
    given: Condvar,
    /// Told when something is done, or will never be.
    done: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Action>,
    waiting_bytes: usize,
    /// How many actions the thread was given, and how many it has done.
    given: u64,
    done: u64,
    /// Writes that are not in the file yet, by each block that they touch, oldest first.
    writes: HashMap<u64, Vec<Write>>,
    /// The length that the file is to have, and the one it has.
    length: u64,
    file_length: u64,
    error: Option<io::Error>,
    is_closed: bool,
}

#[derive(Debug)]
enum Action {
    Write(Write),
    SetLength(u64),
    Sync,
}

#[derive(Clone, Debug)]
struct Write {
    /// The how manieth action it is.
    place: u64,
    offset: u64,
    bytes: Arc<[u8]>,
}

impl WriteBehind {
    pub(super) fn start(file: impl StorageBackend) -> io::Result<Self> {
        let length = file.len()?;
        let state = State {
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            given: 0,
            done: 0,
            writes: HashMap::new(),
            length,
            file_length: length,
            error: None,
            is_closed: false,
        };
        let shared = Arc::new(Shared {
            file: Box::new(file),
            state: Mutex::new(state),
            given: Condvar::new(),
            done: Condvar::new(),
            thread: Mutex::new(None),
        });
        let worker = shared.clone();
        let thread = thread::Builder::new().name("dialogs-file".to_owned()).spawn(move || worker.run())?;
        *shared.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(Self(shared))
    }

    /// Waits until all that was handed over so far is in the file, and durable if a sync was the last of it.
    pub(super) fn settle(&self) -> io::Result<()> {
        let state = self.0.state();
        let given = state.given;
        self.0.wait_while(state, |state| state.done < given)
    }

    pub(super) fn has_failed(&self) -> bool {
        self.0.state().error.is_some()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the thread, unless it has failed.
    fn wait_while(&self, state: MutexGuard<'_, State>, is_early: impl Fn(&State) -> bool) -> io::Result<()> {
        let waited = self.done.wait_while(state, |state| state.error.is_none() && is_early(state));
        waited.unwrap_or_else(PoisonError::into_inner).check()
    }

    fn give(&self, action: impl FnOnce(&mut State) -> Action) -> io::Result<()> {
        let mut state = self.state();
        state.check()?;
        state.given += 1;
        let action = action(&mut state);
        state.waiting.push_back(action);
        self.given.notify_one();
        self.wait_while(state, |state| state.waiting_bytes > MAX_WAITING)
    }

    /// Does what was given, in order, until the file is closed or fails.
    fn run(&self) {
        let _ended = Ended(self);
        loop {
            let is_idle = |state: &mut State| state.waiting.is_empty() && !state.is_closed;
            let mut state = self.given.wait_while(self.state(), is_idle).unwrap_or_else(PoisonError::into_inner);
            let actions = std::mem::take(&mut state.waiting);
            drop(state);
            if actions.is_empty() {
                return;
            }
            for action in actions {
                let outcome = self.act(&action);
                let mut state = self.state();
                match outcome {
                    Ok(()) => state.end(&action),
                    Err(error) => {
                        state.error = Some(error);
                        return;
                    }
                }
                drop(state);
                self.done.notify_all();
            }
        }
    }

    fn act(&self, action: &Action) -> io::Result<()> {
        match action {
            Action::Write(write) => self.file.write(write.offset, &write.bytes),
            Action::SetLength(length) => self.file.set_len(*length),
            Action::Sync => self.file.sync_data(),
        }
    }
}

/// However the thread ended, nobody waits for it any more.
struct Ended<'a>(&'a Shared);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.state().error.get_or_insert_with(|| io::Error::other("nothing is written to the file any more"));
        self.0.done.notify_all();
    }
}

impl State {
    fn check(&self) -> io::Result<()> {
        match &self.error {
            Some(error) => Err(io::Error::new(error.kind(), error.to_string())),
            None => Ok(()),
        }
    }

    /// The action was done to the file.
    fn end(&mut self, action: &Action) {
        self.done += 1;
        match action {
            Action::Write(write) => {
                self.waiting_bytes -= write.bytes.len();
                for block in write.blocks() {
                    if let Some(writes) = self.writes.get_mut(&block) {
                        writes.retain(|other| other.place > write.place);
                        if writes.is_empty() {
                            self.writes.remove(&block);
                        }
                    }
                }
            }
            Action::SetLength(length) => self.file_length = *length,
            Action::Sync => {}
        }
    }

    /// Writes that are not in the file yet and touch this range, oldest first.
    fn writes_in(&self, offset: u64, length: usize) -> Vec<Write> {
        let of_block = |block| self.writes.get(&block).map_or(&[][..], Vec::as_slice);
        let mut found: Vec<Write> = blocks(offset, length).flat_map(of_block).cloned().collect();
        found.sort_unstable_by_key(|write| write.place);
        found.dedup_by_key(|write| write.place);
        found
    }
}

impl Write {
    fn blocks(&self) -> impl Iterator<Item = u64> + use<> {
        blocks(self.offset, self.bytes.len())
    }

    fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    fn covers(&self, other: &Self) -> bool {
        self.offset <= other.offset && other.end() <= self.end()
    }

    /// Copies the part of it that lies in what begins at `offset`.
    fn copy_to(&self, offset: u64, out: &mut [u8]) {
        let (start, end) = (self.offset.max(offset), self.end().min(offset + out.len() as u64));
        if start < end {
            let (from, to, length) = (start - self.offset, start - offset, (end - start) as usize);
            out[to as usize..][..length].copy_from_slice(&self.bytes[from as usize..][..length]);
        }
    }
}

fn blocks(offset: u64, length: usize) -> impl Iterator<Item = u64> + use<> {
    offset / BLOCK..(offset + length as u64).div_ceil(BLOCK)
}

impl StorageBackend for WriteBehind {
    fn len(&self) -> io::Result<u64> {
        let state = self.0.state();
        state.check()?;
        Ok(state.length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.0.state();
        state.check()?;
        let end = offset + out.len() as u64;
        if end > state.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let writes = state.writes_in(offset, out.len());
        let in_file = state.file_length.clamp(offset, end) - offset;
        drop(state);
        let is_whole = writes.last().is_some_and(|last| last.offset <= offset && end <= last.end());
        if !is_whole {
            // The database does not write what it reads at the same time, so what came to the file since is what is
            // copied over it.
            let (in_file, behind) = out.split_at_mut(in_file as usize);
            behind.fill(0);
            if !in_file.is_empty() {
                self.0.file.read(offset, in_file)?;
            }
        }
        for write in &writes {
            write.copy_to(offset, out);
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.give(|state| {
            state.length = length;
            Action::SetLength(length)
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.give(|_| Action::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let bytes: Arc<[u8]> = data.into();
        self.0.give(|state| {
            let write = Write { place: state.given, offset, bytes };
            state.waiting_bytes += write.bytes.len();
            for block in write.blocks() {
                let writes = state.writes.entry(block).or_default();
                writes.retain(|older| !write.covers(older));
                writes.push(write.clone());
            }
            Action::Write(write)
        })
    }

    /// Waits until all is done.
    fn close(&self) -> io::Result<()> {
        self.0.state().is_closed = true;
        self.0.given.notify_one();
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes the database's file had panicked");
        }
        let state = self.0.state();
        let written = if state.done < state.given { state.check() } else { Ok(()) };
        drop(state);
        self.0.file.close().and(written)
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.file.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that does what it is told when the test lets it, and knows what that was.
    #[derive(Clone, Debug, Default)]
    struct SlowFile(Arc<(Mutex<Slow>, Condvar)>);

    #[derive(Debug, Default)]
    struct Slow {
        bytes: Vec<u8>,
        may_do: usize,
        done: usize,
        fails: bool,
    }

    impl SlowFile {
        fn slow(&self) -> MutexGuard<'_, Slow> {
            self.0.0.lock().expect("no test panics with the lock")
        }

        fn let_go(&self, actions: usize) {
            self.slow().may_do += actions;
            self.0.1.notify_all();
        }

        fn act(&self, act: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
            let held = self.0.1.wait_while(self.slow(), |slow| slow.done == slow.may_do);
            let mut slow = held.expect("no test panics with the lock");
            if slow.fails {
                return Err(io::ErrorKind::StorageFull.into());
            }
            slow.done += 1;
            act(&mut slow.bytes);
            Ok(())
        }
    }

    impl StorageBackend for SlowFile {
        fn len(&self) -> io::Result<u64> {
            Ok(self.slow().bytes.len() as u64)
        }

        fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            out.copy_from_slice(&self.slow().bytes[offset as usize..][..out.len()]);
            Ok(())
        }

        fn set_len(&self, length: u64) -> io::Result<()> {
            self.act(|bytes| bytes.resize(length as usize, 0))
        }

        fn sync_data(&self) -> io::Result<()> {
            self.act(|_| {})
        }

        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            self.act(|bytes| bytes[offset as usize..][..data.len()].copy_from_slice(data))
        }
    }

    /// Small numbers that look random.
    fn draw(state: &mut u64, below: u64) -> u64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) % below
    }

    #[test]
    fn what_waits_is_read_and_comes_to_the_file_in_order() {
        let (file, mut random) = (SlowFile::default(), 1);
        let behind = WriteBehind::start(file.clone()).expect("it starts");
        // What the file is after each action.
        let mut states: Vec<Vec<u8>> = vec![Vec::new()];
        for step in 0..2_000_u64 {
            let mut next = states.last().expect("a state").clone();
            let length = next.len() as u64;
            match draw(&mut random, 20) {
                0 => behind.sync_data().expect("it is taken"),
                1 if length < 20 * BLOCK => {
                    let length = length + BLOCK * (1 + draw(&mut random, 3));
                    behind.set_len(length).expect("it is taken");
                    next.resize(length as usize, 0);
                }
                _ if length == 0 => continue,
                _ => {
                    let offset = BLOCK / 4 * draw(&mut random, length / (BLOCK / 4));
                    let bytes = vec![step as u8; (1 + draw(&mut random, 3 * BLOCK)).min(length - offset) as usize];
                    behind.write(offset, &bytes).expect("it is taken");
                    next[offset as usize..][..bytes.len()].copy_from_slice(&bytes);
                }
            }
            assert_eq!(behind.len().expect("a length"), next.len() as u64);
            let offset = draw(&mut random, next.len() as u64 + 1) as usize;
            let mut read = vec![7; draw(&mut random, (next.len() - offset) as u64 + 1) as usize];
            behind.read(offset as u64, &mut read).expect("it is read");
            assert!(read == next[offset..][..read.len()], "step {step}");
            states.push(next);
            file.let_go(draw(&mut random, 3) as usize);
            let slow = file.slow();
            assert!(
                slow.bytes == states[slow.done],
                "step {step}: the file is what it was after {} actions",
                slow.done
            );
        }
        file.let_go(states.len());
        behind.settle().expect("all is done");
        assert!(Some(&file.slow().bytes) == states.last());
        behind.close().expect("it ends");
        assert!(behind.sync_data().is_err(), "it has ended");
    }

    #[test]
    fn all_is_in_the_file_when_it_is_closed() {
        let file = SlowFile::default();
        let behind = WriteBehind::start(file.clone()).expect("it starts");
        behind.set_len(BLOCK).expect("it is taken");
        behind.write(5, b"late").expect("it is taken");
        file.let_go(2);
        behind.close().expect("it ends");
        assert_eq!(&file.slow().bytes[5..9], b"late");
    }

    #[test]
    fn whoever_waits_learns_of_a_failure() {
        let file = SlowFile::default();
        file.slow().fails = true;
        let behind = WriteBehind::start(file.clone()).expect("it starts");
        behind.set_len(BLOCK).expect("it is taken");
        file.let_go(1);
        assert_eq!(behind.settle().expect_err("it fails").kind(), io::ErrorKind::StorageFull);
        assert!(behind.has_failed() && behind.sync_data().is_err() && behind.read(0, &mut [0]).is_err());
        assert_eq!(behind.close().expect_err("not all is done").kind(), io::ErrorKind::StorageFull);
    }
}
