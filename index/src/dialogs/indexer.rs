//! The thread that lets the index follow the store. What is written is shown at once in the tail, and committed to the
//! index a little later, many groups at a time: no write waits for a commit of the index.

use super::replay;
use crate::search::{DialogIndex, IndexRow, IndexWriter, TailRow};
use crate::store::DialogStore;
use crate::{IndexError, OpenError};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a row is in the tail before the index commits.
const COMMIT_AFTER: Duration = Duration::from_millis(1000);
/// Commits take at most one part in so many of the time: where they take long, they come seldom.
const TIME_FOR_COMMITS: u32 = 4;
/// So many rows in the tail are committed sooner, for every search looks at all of them.
const MAX_SHOWN_ROWS: usize = 20_000;
/// Rows of imports that the index may hold before it commits of its own accord: what a crash makes it index again.
const MAX_LOADED_ROWS: usize = 250_000;
/// What rows may occupy that wait for the index, in bytes. Beyond it, writers wait.
const MAX_WAITING_BYTES: usize = 256 << 20;
/// How often a thread with nothing to do looks whether merges have ended.
const LOOK_FOR_MERGES: Duration = Duration::from_secs(1);
/// When nothing was written for so long, merges are made that can wait for such a time.
const REST_AFTER: Duration = Duration::from_secs(5);

/// The queue of the thread. When it is dropped, what is queued is committed, and the thread has ended.
#[derive(Debug)]
pub(super) struct Indexer {
    index: DialogIndex,
    jobs: Option<Sender<Job>>,
    waiting: Arc<Waiting>,
    thread: Option<JoinHandle<()>>,
}

/// The index failed and could not be brought up to date from the store.
#[derive(Debug, thiserror::Error)]
#[error("the index failed, and could not be brought up to date from the store")]
pub(super) struct IndexerStopped;

/// What a transaction makes of one dialog in the index.
#[derive(Debug)]
pub(super) enum RowChange {
    /// The index has never known its number.
    New(IndexRow),
    Put(IndexRow),
    Gone(u64),
}

/// A change that is in the tail.
#[derive(Debug)]
struct ShownRow {
    row: Arc<TailRow>,
    is_new: bool,
}

enum Job {
    /// Rows that are in the tail.
    Shown(Rows<ShownRow>),
    Loaded(Rows<RowChange>),
    /// Done when all that came before is committed.
    AtRest(Work),
}

/// Says whether it left the index as it should be.
type Work = Box<dyn FnOnce(&mut IndexWriter) -> bool + Send>;

/// The rows of one transaction.
#[derive(Debug)]
struct Rows<R> {
    changes: Vec<R>,
    sequence: u64,
    /// What they occupy.
    bytes: usize,
}

/// The bytes of rows that the index does not hold yet.
#[derive(Debug, Default)]
struct Waiting {
    bytes: Mutex<Room>,
    changed: Condvar,
}

/// See [`Indexer::waiting_bytes`].
#[derive(Debug)]
pub(super) struct WaitingBytes(Arc<Waiting>);

impl WaitingBytes {
    pub(super) fn get(&self) -> usize {
        self.0.lock().bytes
    }
}

#[derive(Debug, Default)]
struct Room {
    bytes: usize,
    /// Nobody makes room any more.
    has_stopped: bool,
}

/// What the thread works on.
struct Core {
    store: DialogStore,
    writer: IndexWriter,
    waiting: Arc<Waiting>,
    /// The last sequence that was given to the index, committed or not.
    sequence: u64,
    shown_rows: usize,
    shown_bytes: usize,
    loaded_rows: usize,
    /// When the rows that are shown must be committed.
    deadline: Option<Instant>,
    last_commit: Instant,
    last_commit_took: Duration,
}

impl Indexer {
    pub(super) fn start(store: DialogStore, index: DialogIndex, writer: IndexWriter) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let waiting = Arc::new(Waiting::default());
        let mut core = Core {
            store,
            sequence: writer.committed(),
            writer,
            waiting: waiting.clone(),
            shown_rows: 0,
            shown_bytes: 0,
            loaded_rows: 0,
            deadline: None,
            last_commit: Instant::now(),
            last_commit_took: Duration::ZERO,
        };
        let thread = thread::Builder::new().name("dialogs-indexer".to_owned()).spawn(move || {
            let stop = StopsWaiting(core.waiting.clone());
            if let Err(error) = core.run(&queue) {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "the index cannot follow the store any more; a restart recovers");
            }
            drop(stop);
        })?;
        Ok(Self { index, jobs: Some(jobs), waiting, thread: Some(thread) })
    }

    /// What rows occupy that the index does not hold yet, in bytes, for those who want to know at any time.
    pub(super) fn waiting_bytes(&self) -> WaitingBytes {
        WaitingBytes(self.waiting.clone())
    }

    /// Returns when the rows that wait for the index leave room for more.
    pub(super) fn wait_for_room(&self) -> Result<(), IndexerStopped> {
        let mut room = self.waiting.lock();
        while room.bytes > MAX_WAITING_BYTES && !room.has_stopped {
            room = self.waiting.changed.wait(room).unwrap_or_else(PoisonError::into_inner);
        }
        if room.has_stopped { Err(IndexerStopped) } else { Ok(()) }
    }

    /// Makes the rows of a transaction searchable.
    pub(super) fn show(&self, changes: Vec<RowChange>, sequence: u64) -> Result<(), IndexerStopped> {
        let changes: Vec<ShownRow> = changes.into_iter().map(ShownRow::of).collect();
        let rows: Vec<Arc<TailRow>> = changes.iter().map(|change| change.row.clone()).collect();
        self.index.push(sequence, &rows);
        let bytes = rows.iter().map(|row| row.size()).sum();
        self.enter(bytes);
        self.send(Job::Shown(Rows { changes, sequence, bytes }))
    }

    /// The rows of a transaction are searchable after the next commit of the index.
    pub(super) fn load(&self, changes: Vec<RowChange>, sequence: u64) -> Result<(), IndexerStopped> {
        let bytes = changes.iter().map(RowChange::size).sum();
        self.enter(bytes);
        self.send(Job::Loaded(Rows { changes, sequence, bytes }))
    }

    /// Runs `work` when the index holds all rows that came before. If it fails, the index is brought up to date from
    /// the store.
    pub(super) fn at_rest<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut IndexWriter) -> Result<T, OpenError> + Send + 'static,
    ) -> Result<Result<T, OpenError>, IndexerStopped> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.send(Job::AtRest(Box::new(move |writer| {
            let result = work(writer);
            let is_sound = result.is_ok();
            // Whoever no longer waits for the answer does not need it.
            let _ = reply.send(result);
            is_sound
        })))?;
        answer.recv().map_err(|_| IndexerStopped)
    }

    fn enter(&self, bytes: usize) {
        self.waiting.lock().bytes += bytes;
    }

    fn send(&self, job: Job) -> Result<(), IndexerStopped> {
        self.jobs.as_ref().ok_or(IndexerStopped)?.send(job).map_err(|_| IndexerStopped)
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.jobs = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that indexes had panicked");
        }
    }
}

impl RowChange {
    fn size(&self) -> usize {
        match self {
            Self::New(row) | Self::Put(row) => row.size(),
            Self::Gone(_) => size_of::<Self>(),
        }
    }
}

impl ShownRow {
    fn of(change: RowChange) -> Self {
        let is_new = matches!(change, RowChange::New(_));
        let row = match change {
            RowChange::New(row) | RowChange::Put(row) => TailRow::of(row),
            RowChange::Gone(number) => TailRow::gone(number),
        };
        Self { row: Arc::new(row), is_new }
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Room> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, bytes: usize) {
        self.lock().bytes -= bytes;
        self.changed.notify_all();
    }
}

/// However a thread ends, nobody waits for it afterwards.
struct StopsWaiting(Arc<Waiting>);

impl Drop for StopsWaiting {
    fn drop(&mut self) {
        self.0.lock().has_stopped = true;
        self.0.changed.notify_all();
    }
}

impl Core {
    fn run(&mut self, jobs: &Receiver<Job>) -> Result<(), OpenError> {
        loop {
            let patience = match self.deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => LOOK_FOR_MERGES,
            };
            match jobs.recv_timeout(patience) {
                Ok(Job::Shown(rows)) => self.take_shown(&rows)?,
                Ok(Job::Loaded(rows)) => self.take_loaded(&rows)?,
                Ok(Job::AtRest(work)) => {
                    self.commit()?;
                    if !work(&mut self.writer) {
                        self.recover()?;
                    }
                    self.sequence = self.writer.committed();
                }
                Err(RecvTimeoutError::Timeout) if self.deadline.is_some() => self.commit()?,
                Err(RecvTimeoutError::Timeout) => self.rest()?,
                Err(RecvTimeoutError::Disconnected) => return self.commit(),
            }
            let is_due = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
            let is_room_needed = self.waiting.lock().bytes > MAX_WAITING_BYTES / 2 && self.shown_rows > 0;
            if is_due || is_room_needed || self.shown_rows >= MAX_SHOWN_ROWS || self.loaded_rows >= MAX_LOADED_ROWS {
                self.commit()?;
            }
        }
    }

    fn take_shown(&mut self, rows: &Rows<ShownRow>) -> Result<(), OpenError> {
        self.put(
            rows,
            |writer, ShownRow { row, is_new }| {
                if *is_new { writer.apply_new(row) } else { writer.apply(row) }
            },
        )?;
        self.shown_rows += rows.changes.len();
        self.shown_bytes += rows.bytes;
        let patience = COMMIT_AFTER.max(self.last_commit_took * TIME_FOR_COMMITS);
        self.deadline.get_or_insert_with(|| Instant::now() + patience);
        Ok(())
    }

    fn take_loaded(&mut self, rows: &Rows<RowChange>) -> Result<(), OpenError> {
        self.put(rows, |writer, change| match change {
            RowChange::New(row) => writer.add(row),
            RowChange::Put(row) => writer.put(row),
            RowChange::Gone(number) => writer.remove(*number),
        })?;
        self.loaded_rows += rows.changes.len();
        self.waiting.leave(rows.bytes);
        Ok(())
    }

    fn put<R>(
        &mut self,
        rows: &Rows<R>,
        put: impl Fn(&mut IndexWriter, &R) -> Result<(), IndexError>,
    ) -> Result<(), OpenError> {
        // What was read from the store after a failure is there already.
        if rows.sequence <= self.sequence {
            return Ok(());
        }
        self.keep(|core| rows.changes.iter().try_for_each(|change| put(&mut core.writer, change)))?;
        self.sequence = self.sequence.max(rows.sequence);
        Ok(())
    }

    /// Brings the index up to the last sequence that it was given.
    fn commit(&mut self) -> Result<(), OpenError> {
        let begun = Instant::now();
        if self.writer.committed() < self.sequence {
            let sequence = self.sequence;
            self.keep(|core| core.writer.commit(sequence))?;
        } else if self.shown_rows > 0 {
            self.keep(|core| core.writer.publish())?;
        }
        self.last_commit = Instant::now();
        self.last_commit_took = begun.elapsed();
        if self.shown_rows > 0 {
            let rows = self.shown_rows;
            tracing::trace!(rows, took = ?self.last_commit_took, "the index has committed");
        }
        self.waiting.leave(std::mem::take(&mut self.shown_bytes));
        (self.shown_rows, self.loaded_rows, self.deadline) = (0, 0, None);
        Ok(())
    }

    /// There is nothing to do.
    fn rest(&mut self) -> Result<(), OpenError> {
        let is_all_committed = self.writer.committed() == self.sequence;
        let is_at_rest = is_all_committed && self.last_commit.elapsed() >= REST_AFTER;
        self.keep(|core| if is_at_rest { core.writer.rest().map(drop) } else { core.writer.refresh() })
    }

    /// Does what the index must do. If it fails, all that it lacks is read from the store again, which has accepted it.
    fn keep(&mut self, work: impl FnOnce(&mut Self) -> Result<(), IndexError>) -> Result<(), OpenError> {
        let Err(error) = work(self) else { return Ok(()) };
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, "the index failed and is brought up to date from the store");
        self.recover()
    }

    fn recover(&mut self) -> Result<(), OpenError> {
        self.writer.rollback()?;
        replay::replay(&self.store, &mut self.writer)?;
        self.sequence = self.writer.committed();
        Ok(())
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Shown(_) => "Shown",
            Self::Loaded(_) => "Loaded",
            Self::AtRest(_) => "AtRest",
        })
    }
}
