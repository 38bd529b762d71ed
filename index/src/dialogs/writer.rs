//! The one thread that writes: it drains a queue into one transaction (group commit), and answers when what was
//! written is durable and searchable. The index follows on a thread of its own (`indexer`).

use super::events::EventListener;
use super::indexer::{Indexer, IndexerStopped, RowChange, WaitingBytes};
use super::kept_items::KeptItems;
use super::large_dialogs::LargeDialogs;
use crate::search::{DialogIndex, IndexRow, IndexWriter};
use crate::store::{DialogStore, Writing};
use crate::{OpenError, StoreError, WriteError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The most operations in one transaction. Larger ones make single operations wait long.
const MAX_GROUP: usize = 64;
/// How many operations may wait before callers do.
const MAX_QUEUE: usize = 1024;

/// The queue of the thread. When it is dropped, what is queued is still written, and the thread has ended.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Option<SyncSender<Request>>,
    thread: Option<JoinHandle<()>>,
    waiting_bytes: WaitingBytes,
    tally: Arc<Tally>,
}

/// What the thread that writes has done since the folder was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteGauges {
    /// Operations that are done, refused ones among them.
    pub operations: u64,
    /// Operations that were asked for and are not done.
    pub under_way: u64,
    /// Transactions that operations shared.
    pub groups: u64,
    /// How long these took, from the first operation to when all are durable and found.
    pub writing: Duration,
    /// What rows occupy that are stored and wait for the index, in bytes. Beyond 256 megabytes, writers wait.
    pub waiting_bytes: usize,
    /// The store or the index has failed: nothing is written until the folder is opened anew.
    pub has_stopped: bool,
}

/// Counts for [`WriteGauges`].
#[derive(Debug, Default)]
struct Tally {
    asked: AtomicU64,
    operations: AtomicU64,
    groups: AtomicU64,
    nanoseconds: AtomicU64,
}

/// The transaction of a group and the rows that it changes in the index.
#[derive(Debug)]
pub(super) struct Group<'a, 'txn> {
    pub(super) writing: &'a mut Writing<'txn>,
    pub(super) large_dialogs: &'a mut LargeDialogs,
    rows: Vec<RowChange>,
}

/// What the thread works on.
#[derive(Debug)]
struct Core {
    store: DialogStore,
    indexer: Indexer,
    kept_items: Arc<KeptItems>,
    event_listener: EventListener,
    large_dialogs: LargeDialogs,
    tally: Arc<Tally>,
}

enum Request {
    Operation(Operation),
    /// A transaction of its own whose rows may wait for the next commit of the index.
    Load(Operation),
    /// Done between two groups.
    Between(Work),
}

type Work = Box<dyn FnOnce(&mut Core) -> Result<(), Stop> + Send>;
type Operation = Box<dyn FnOnce(&mut Group<'_, '_>) -> Done + Send>;

type Answer = Box<dyn FnOnce()>;

/// What one operation came to, kept until it may be told.
struct Done {
    /// It failed and left changes behind.
    did_harm: bool,
    /// Tells the caller, if what was done is kept and known.
    answer: Answer,
}

/// A group that is durable.
struct Written {
    answers: Vec<Answer>,
    rows: Vec<RowChange>,
    /// The last of the change log.
    sequence: u64,
    has_events: bool,
}

/// The thread cannot go on.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error("the store failed")]
    Store(#[source] StoreError),
    #[error(transparent)]
    Index(#[from] IndexerStopped),
    #[error("an operation failed halfway")]
    Operation,
}

impl Writer {
    pub(super) fn start(
        store: DialogStore,
        index: DialogIndex,
        index_writer: IndexWriter,
        kept_items: Arc<KeptItems>,
        event_listener: EventListener,
    ) -> std::io::Result<Self> {
        let (queue, requests) = mpsc::sync_channel(MAX_QUEUE);
        let indexer = Indexer::start(store.clone(), index, index_writer)?;
        let waiting_bytes = indexer.waiting_bytes();
        let large_dialogs = LargeDialogs::default();
        let tally = Arc::new(Tally::default());
        let mut core = Core { store, indexer, kept_items, event_listener, large_dialogs, tally: tally.clone() };
        let thread = thread::Builder::new().name("dialogs-writer".to_owned()).spawn(move || {
            if let Err(stop) = core.run(&requests) {
                let source = std::error::Error::source(&stop).map(ToString::to_string);
                tracing::error!(error = %stop, source, "writing has stopped; a restart recovers");
            }
        })?;
        Ok(Self { queue: Some(queue), thread: Some(thread), waiting_bytes, tally })
    }

    /// Runs an operation in the transaction of its group; later operations see what it wrote. An operation checks
    /// everything before it writes anything, so that its refusal harms no other.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut Group<'_, '_>) -> Result<T, WriteError> + Send + 'static,
    ) -> Result<T, WriteError> {
        self.tally.ask();
        self.ask(|reply| Request::Operation(answering(operation, replying(reply))))?
    }

    /// As [`Writer::submit`], without waiting for what comes of it: `tell` learns it on the thread that writes. If
    /// writing stops, `tell` is dropped. Waits only while the queue is full.
    pub(super) fn begin<T: 'static>(
        &self,
        operation: impl FnOnce(&mut Group<'_, '_>) -> Result<T, WriteError> + Send + 'static,
        tell: impl FnOnce(Result<T, WriteError>) + Send + 'static,
    ) {
        self.tally.ask();
        if let Some(queue) = &self.queue {
            // A queue that nobody reads gives back what it was sent, with `tell` in it.
            drop(queue.send(Request::Operation(answering(operation, tell))));
        }
    }

    /// As [`Writer::submit`], in a transaction of its own, and searchable only after [`Writer::flush`].
    pub(super) fn load<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut Group<'_, '_>) -> Result<T, WriteError> + Send + 'static,
    ) -> Result<T, WriteError> {
        self.tally.ask();
        self.ask(|reply| Request::Load(answering(operation, replying(reply))))?
    }

    pub(super) fn gauges(&self) -> WriteGauges {
        let Tally { asked, operations, groups, nanoseconds } = &*self.tally;
        // Read before what was asked for, of which they are a part.
        let operations = operations.load(Ordering::Acquire);
        WriteGauges {
            operations,
            under_way: asked.load(Ordering::Relaxed).saturating_sub(operations),
            groups: groups.load(Ordering::Relaxed),
            writing: Duration::from_nanos(nanoseconds.load(Ordering::Relaxed)),
            waiting_bytes: self.waiting_bytes.get(),
            has_stopped: self.thread.as_ref().is_none_or(JoinHandle::is_finished),
        }
    }

    /// Makes all that is stored searchable.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.at_rest(|_| Ok(()))?.map_err(|_| StoreError::Stopped)
    }

    /// Runs `work` while nothing is written and the index holds all that is stored.
    pub(super) fn at_rest<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut IndexWriter) -> Result<T, OpenError> + Send + 'static,
    ) -> Result<Result<T, OpenError>, StoreError> {
        self.between(|core| Ok(core.indexer.at_rest(work)?))
    }

    fn between<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Core) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.ask(|reply| {
            Request::Between(Box::new(move |core| {
                // Whoever no longer waits for the answer does not need it.
                let _ = reply.send(work(core)?);
                Ok(())
            }))
        })
    }

    /// A thread that ends drops the replies it owes, so nobody waits in vain.
    fn ask<T>(&self, request: impl FnOnce(SyncSender<T>) -> Request) -> Result<T, StoreError> {
        let (reply, answer) = mpsc::sync_channel(1);
        let queue = self.queue.as_ref().ok_or(StoreError::Stopped)?;
        queue.send(request(reply)).map_err(|_| StoreError::Stopped)?;
        answer.recv().map_err(|_| StoreError::Stopped)
    }
}

impl Tally {
    fn ask(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    /// A group of so many operations is done.
    fn add(&self, operations: usize, begun: Instant) {
        let nanoseconds = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.operations.fetch_add(operations as u64, Ordering::Release);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes had panicked");
        }
    }
}

impl Group<'_, '_> {
    /// Adds a row whose number is new.
    pub(super) fn add_row(&mut self, row: IndexRow) {
        self.rows.push(RowChange::New(row));
    }

    /// Puts a row in the place of the one with its number.
    pub(super) fn put_row(&mut self, row: IndexRow) {
        self.rows.push(RowChange::Put(row));
    }

    /// Removes the row with this number.
    pub(super) fn remove_row(&mut self, number: u64) {
        self.rows.push(RowChange::Gone(number));
    }
}

impl Core {
    fn run(&mut self, requests: &Receiver<Request>) -> Result<(), Stop> {
        let mut next = requests.recv().ok();
        while let Some(request) = next.take() {
            match request {
                Request::Between(work) => work(self)?,
                Request::Load(operation) => self.load(operation)?,
                Request::Operation(first) => {
                    let mut group = vec![first];
                    while group.len() < MAX_GROUP {
                        match requests.try_recv() {
                            Ok(Request::Operation(operation)) => group.push(operation),
                            Ok(other) => {
                                next = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.write(group)?;
                }
            }
            next = next.or_else(|| requests.recv().ok());
        }
        Ok(())
    }

    fn write(&mut self, operations: Vec<Operation>) -> Result<(), Stop> {
        self.indexer.wait_for_room()?;
        let begun = Instant::now();
        let Written { answers, rows, sequence, has_events } = self.transact(operations)?;
        self.indexer.show(rows, sequence)?;
        self.tally.add(answers.len(), begun);
        // The last one first: whoever waits for several, one after the other, is woken when all of them are known.
        answers.into_iter().rev().for_each(|answer| answer());
        if has_events {
            self.event_listener.tell();
        }
        Ok(())
    }

    fn load(&mut self, operation: Operation) -> Result<(), Stop> {
        self.indexer.wait_for_room()?;
        let begun = Instant::now();
        let Written { answers, rows, sequence, .. } = self.transact(vec![operation])?;
        self.indexer.load(rows, sequence)?;
        self.tally.add(answers.len(), begun);
        answers.into_iter().for_each(|answer| answer());
        Ok(())
    }

    /// Writes one group. When this returns it is durable.
    fn transact(&mut self, operations: Vec<Operation>) -> Result<Written, Stop> {
        let mut did_harm = false;
        let (kept_items, large_dialogs) = (&self.kept_items, &mut self.large_dialogs);
        let written = self.store.write(|writing| {
            let mut group = Group { writing, large_dialogs, rows: Vec::new() };
            let mut answers = Vec::with_capacity(operations.len());
            for operation in operations {
                let done = operation(&mut group);
                if done.did_harm {
                    did_harm = true;
                    return Err(StoreError::Stopped);
                }
                answers.push(done.answer);
            }
            let sequence = group.writing.last_sequence();
            // Before the commit: whoever sees what was written must not be shown what was kept before.
            kept_items.note(&group.writing.take_written_items(), sequence);
            Ok(Written { answers, rows: group.rows, sequence, has_events: group.writing.has_events() })
        });
        written.map_err(|error| if did_harm { Stop::Operation } else { Stop::Store(error) })
    }
}

/// The operation with its answer, which is given once the group is durable and searchable. If that fails the
/// answer is dropped, and whoever waits learns that writing has stopped.
fn answering<T: 'static>(
    operation: impl FnOnce(&mut Group<'_, '_>) -> Result<T, WriteError> + Send + 'static,
    tell: impl FnOnce(Result<T, WriteError>) + Send + 'static,
) -> Operation {
    Box::new(move |group| {
        let (mutations, rows) = (group.writing.mutations(), group.rows.len());
        let result = operation(group);
        let is_touched = group.writing.mutations() != mutations || group.rows.len() != rows;
        Done { did_harm: result.is_err() && is_touched, answer: Box::new(move || tell(result)) }
    })
}

/// Tells somebody who waits, if he still does.
fn replying<T>(reply: SyncSender<T>) -> impl FnOnce(T) {
    move |result| drop(reply.send(result))
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Operation(_) => "Operation",
            Self::Load(_) => "Load",
            Self::Between(_) => "Between",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogs::fixture::{TestDialogs, new_dialog};
    use crate::domain::{Revision, Timestamp};

    const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);

    /// Stops the thread by this operation, and holds that nobody waits in vain and that nothing was lost or added.
    #[track_caller]
    fn check_stop(operation: impl FnOnce(&mut Group<'_, '_>) -> Result<(), WriteError> + Send + 'static) {
        let stored = TestDialogs::new();
        stored.dialogs.create(new_dialog(1), NOW).expect("the dialog is created");
        let stopped = stored.dialogs.inner.writer.submit(operation);
        assert!(matches!(stopped, Err(WriteError::Store(StoreError::Stopped))), "{stopped:?}");
        let later = stored.dialogs.create(new_dialog(2), NOW);
        assert!(matches!(later, Err(WriteError::Store(StoreError::Stopped))), "{later:?}");
        let (tell, told) = mpsc::channel();
        stored.dialogs.begin_create(new_dialog(3), NOW, replying_to(tell));
        assert!(told.recv().is_err(), "nobody waits for what is never told");
        // Whoever waited may know a moment before the thread has ended.
        let begun = Instant::now();
        while !stored.dialogs.write_gauges().has_stopped {
            assert!(begun.elapsed() < Duration::from_secs(10), "the thread goes on");
            thread::yield_now();
        }
        assert_eq!(stored.get(1).id.0.as_u128(), 1, "what is stored can still be read");
        stored.reopened(|_| {}).assert_consistent(1);
    }

    fn replying_to<T>(reply: mpsc::Sender<T>) -> impl FnOnce(T) {
        move |result| drop(reply.send(result))
    }

    #[test]
    fn a_write_is_told_of_when_it_is_found() {
        let stored = TestDialogs::new();
        let (tell, told) = mpsc::channel();
        for id in 1..=20 {
            let tell = tell.clone();
            stored.dialogs.begin_create(new_dialog(id), NOW, move |created| drop(tell.send((id, created))));
        }
        drop(tell);
        let mut known: Vec<u128> = Vec::new();
        for (id, created) in told {
            let revision = created.expect("the dialog is created");
            assert_eq!(stored.get(id).revision, revision);
            known.push(id);
        }
        known.sort_unstable();
        assert_eq!(known, Vec::from_iter(1..=20));
        let (tell, told) = mpsc::channel();
        stored.dialogs.begin_upsert(new_dialog(1), None, NOW, replying_to(tell.clone()));
        assert!(matches!(told.recv(), Ok(Ok(upserted)) if !upserted.created));
        stored.dialogs.begin_upsert(new_dialog(21), Some(Revision::new()), NOW, replying_to(tell));
        assert!(matches!(told.recv(), Ok(Err(WriteError::NotFound))));
        let gauges = stored.dialogs.write_gauges();
        assert_eq!((gauges.operations, gauges.under_way, gauges.has_stopped), (22, 0, false));
        assert!((3..=22).contains(&gauges.groups) && gauges.writing > Duration::ZERO, "{gauges:?}");
        stored.assert_consistent(20);
    }

    #[test]
    fn a_panic_reaches_everybody_who_waits() {
        check_stop(|_| panic!("this test panics on purpose"));
    }

    #[test]
    fn an_operation_that_fails_halfway_is_not_kept() {
        check_stop(|group| {
            group.writing.set_register_row("key", Some(b"value"))?;
            Err(WriteError::NotFound)
        });
    }

    #[test]
    fn a_refused_operation_harms_no_other() {
        let stored = TestDialogs::new();
        let dialogs = &stored.dialogs;
        thread::scope(|scope| {
            for id in 1..=40 {
                scope.spawn(move || {
                    let refused = dialogs.inner.writer.submit::<()>(|_| Err(WriteError::NotFound));
                    assert!(matches!(refused, Err(WriteError::NotFound)));
                    dialogs.create(new_dialog(id), NOW).expect("the dialog is created");
                });
            }
        });
        stored.assert_consistent(40);
    }

    #[test]
    fn what_is_queued_is_written_when_the_last_handle_goes() {
        let stored = TestDialogs::new();
        thread::scope(|scope| {
            for id in 1..=20 {
                let dialogs = stored.dialogs.clone();
                scope.spawn(move || dialogs.create(new_dialog(id), NOW).expect("the dialog is created"));
            }
        });
        stored.reopened(|_| {}).assert_consistent(20);
    }
}
