//! Sends the events of the store's outbox to a sink: each at least once, those of one dialog in their order.
//!
//! An event is sent until the sink has taken it, for as long as that takes: an outbox that drops events is none. While
//! one is refused, its dialog waits and the others go on; what keeps being refused is logged, and goes through when the
//! sink takes it. An answer that says something of the sink and not of the event (no answer at all, 5xx, 429, a wrong
//! address or token) makes all wait.
//!
//! How far delivery has come is kept in the store, some time after the fact. What comes after the first event that is
//! not delivered is therefore sent again after a restart; ids of events stay the same, so that a sink can tell.

use super::backoff::backoff;
use super::blocking::blocking;
use super::sink::Failure;
use super::{CloudEvent, Sink};
use crate::error_chain::ErrorChain;
use dialog_index::Dialogs;
use dialog_index::domain::{DialogId, Event};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::Instant;

/// Events that are sent at the same time, each of another dialog.
const LANES: usize = 16;
/// How many events are read at once, and of how many that wait no more are read.
const BATCH: usize = 512;
const MAX_WAITING: usize = 4096;
/// Between two notes of how far delivery has come.
const NOTE_INTERVAL: Duration = Duration::from_millis(500);
/// After a failure of the store.
const STORE_PAUSE: Duration = Duration::from_secs(10);
/// How long events under way may take when delivery is to end.
const GRACE: Duration = Duration::from_secs(5);
/// When nothing else is awaited.
const LONG: Duration = Duration::from_secs(3600);

/// Delivery that goes on until it is told to stop.
#[derive(Debug)]
pub struct Delivery {
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Delivery {
    /// `public_url` is what the outside knows the service by.
    pub fn start(dialogs: Dialogs, sink: Sink, public_url: String) -> Self {
        let (stop, stopping) = watch::channel(());
        let courier = Courier {
            dialogs,
            sink: Arc::new(sink),
            public_url: public_url.into(),
            read_to: 0,
            noted: 0,
            may_note_at: Instant::now(),
            undelivered: BTreeMap::new(),
            queues: HashMap::new(),
            waiting: 0,
            ready: VecDeque::new(),
            later: BTreeSet::new(),
            failures: 0,
            paused_until: Instant::now(),
            under_way: JoinSet::new(),
        };
        Self { stop, task: tokio::spawn(courier.run(stopping)) }
    }

    /// Ends it when the events under way are delivered or have been given up, and how far it has come is noted.
    pub async fn stop(self) {
        drop(self.stop);
        if self.task.await.is_err() {
            tracing::error!("the delivery of events had panicked");
        }
    }
}

struct Courier {
    dialogs: Dialogs,
    sink: Arc<Sink>,
    public_url: Arc<str>,
    /// Events of changes up to here have been read.
    read_to: u64,
    /// Delivery has come this far by what the store says.
    noted: u64,
    may_note_at: Instant,
    /// By sequence: how many events of the change are read and not delivered.
    undelivered: BTreeMap<u64, usize>,
    queues: HashMap<DialogId, Queue>,
    /// The events of all queues.
    waiting: usize,
    /// Dialogs whose next event may be sent.
    ready: VecDeque<DialogId>,
    /// Dialogs whose next event has failed, with when it is tried again. Every dialog with a queue is here, in `ready`
    /// or under way.
    later: BTreeSet<(Instant, DialogId)>,
    /// How many times in a row the sink could not be used.
    failures: u32,
    paused_until: Instant,
    under_way: JoinSet<(DialogId, Result<(), Failure>)>,
}

/// The events of one dialog that are not delivered, in their order.
#[derive(Default)]
struct Queue {
    events: VecDeque<Event>,
    /// Of the first of them.
    failures: u32,
    /// How many of these were about the event.
    refusals: u32,
}

impl Courier {
    async fn run(mut self, mut stopping: watch::Receiver<()>) {
        let news = Arc::new(Notify::new());
        let told = Arc::clone(&news);
        self.dialogs.on_events(move || told.notify_one());
        let mut read_again_at = Some(Instant::now());
        if !self.begin(&mut stopping).await {
            return;
        }
        loop {
            if read_again_at.is_some_and(|at| at <= Instant::now()) && self.waiting < MAX_WAITING {
                read_again_at = self.read().await;
            }
            self.send();
            self.note().await;
            let wake = self.next_wake(read_again_at);
            tokio::select! {
                biased;
                // The sender is only ever dropped, so an error is the news.
                _ = stopping.changed() => break,
                Some(done) = self.under_way.join_next() => self.settle(done),
                () = news.notified() => read_again_at = Some(Instant::now()),
                () = tokio::time::sleep_until(wake) => {}
            }
        }
        self.end().await;
    }

    /// Learns how far delivery had come. Returns whether to go on.
    async fn begin(&mut self, stopping: &mut watch::Receiver<()>) -> bool {
        loop {
            match blocking(&self.dialogs, Dialogs::delivered_events).await {
                Ok(delivered) => {
                    (self.read_to, self.noted) = (delivered, delivered);
                    return true;
                }
                Err(error) => tracing::error!(error = %ErrorChain(&error), "events could not be read"),
            }
            tokio::select! {
                _ = stopping.changed() => return false,
                () = tokio::time::sleep(STORE_PAUSE) => {}
            }
        }
    }

    /// Reads what comes next. Returns when to read again, if not upon news alone.
    async fn read(&mut self) -> Option<Instant> {
        let after = self.read_to;
        let events = match blocking(&self.dialogs, move |dialogs| dialogs.events_after(after, BATCH)).await {
            Ok(events) => events,
            Err(error) => {
                tracing::error!(error = %ErrorChain(&error), "events could not be read");
                return Some(Instant::now() + STORE_PAUSE);
            }
        };
        let may_be_more = events.len() >= BATCH;
        for event in events {
            self.read_to = event.sequence;
            *self.undelivered.entry(event.sequence).or_default() += 1;
            self.waiting += 1;
            let dialog = event.dialog;
            let queue = self.queues.entry(dialog).or_insert_with(|| {
                self.ready.push_back(dialog);
                Queue::default()
            });
            queue.events.push_back(event);
        }
        may_be_more.then(Instant::now)
    }

    /// Sends as many events as there are lanes; one at a time while it is not known whether the sink can be used.
    fn send(&mut self) {
        let now = Instant::now();
        while let Some((_, dialog)) = self.later.first().filter(|(at, _)| *at <= now).copied() {
            self.later.pop_first();
            self.ready.push_back(dialog);
        }
        let lanes = if self.failures > 0 { 1 } else { LANES };
        while self.under_way.len() < lanes && self.paused_until <= now {
            let Some(dialog) = self.ready.pop_front() else { return };
            let Some(event) = self.queues.get(&dialog).and_then(|queue| queue.events.front()) else { continue };
            let event = CloudEvent::of(event, &self.public_url);
            let sink = Arc::clone(&self.sink);
            self.under_way.spawn(async move { (dialog, sink.send(&event).await) });
        }
    }

    fn settle(&mut self, done: Result<(DialogId, Result<(), Failure>), JoinError>) {
        match done {
            Ok((dialog, Ok(()))) => self.delivered(dialog),
            Ok((dialog, Err(failure))) => self.failed(dialog, &failure),
            // A defect, and which event it befell is not known: all is sent again from where delivery has come to.
            Err(_) => {
                tracing::error!("an event could not be sent for a defect");
                self.under_way.abort_all();
                self.under_way = JoinSet::new();
                self.read_to = self.delivered_to();
                self.undelivered.clear();
                self.queues.clear();
                self.ready.clear();
                self.later.clear();
                self.waiting = 0;
                self.paused_until = Instant::now() + STORE_PAUSE;
            }
        }
    }

    fn delivered(&mut self, dialog: DialogId) {
        self.sink_answers();
        let Some(queue) = self.queues.get_mut(&dialog) else { return };
        (queue.failures, queue.refusals) = (0, 0);
        if let Some(event) = queue.events.pop_front() {
            self.waiting -= 1;
            if let Some(rest) = self.undelivered.get_mut(&event.sequence) {
                *rest -= 1;
                if *rest == 0 {
                    self.undelivered.remove(&event.sequence);
                }
            }
        }
        if queue.events.is_empty() {
            self.queues.remove(&dialog);
        } else {
            self.ready.push_back(dialog);
        }
    }

    fn sink_answers(&mut self) {
        if self.failures > 0 {
            tracing::info!(failures = self.failures, "the sink can be used again");
        }
        self.failures = 0;
        self.paused_until = Instant::now();
    }

    fn failed(&mut self, dialog: DialogId, failure: &Failure) {
        let now = Instant::now();
        let pace = self.sink.pace;
        let pause = |failures| backoff(pace.first_pause, pace.longest_pause, failures);
        let Some(queue) = self.queues.get_mut(&dialog) else { return };
        queue.failures = queue.failures.saturating_add(1);
        self.later.insert((now + pause(queue.failures), dialog));
        match failure {
            Failure::Refused(_) => {
                queue.refusals = queue.refusals.saturating_add(1);
                // Each time that the number doubles: what is never taken would fill the log.
                if queue.refusals.is_power_of_two() {
                    let event = queue.events.front().map(|event| event.id);
                    tracing::warn!(
                        dialog.id = %dialog, event.id = event.map(tracing::field::display), refusals = queue.refusals, reason = %failure,
                        "an event is refused and sent again; those of its dialog wait"
                    );
                }
                self.sink_answers();
            }
            Failure::Unavailable(_) | Failure::Unreachable(_) => {
                self.failures = self.failures.saturating_add(1);
                self.paused_until = now + pause(self.failures);
                if self.failures.is_power_of_two() {
                    tracing::warn!(
                        failures = self.failures, reason = %ErrorChain(failure),
                        "the sink takes no events; they wait"
                    );
                }
            }
        }
    }

    /// All events of changes up to here have been delivered.
    fn delivered_to(&self) -> u64 {
        self.undelivered.first_key_value().map_or(self.read_to, |(sequence, _)| sequence - 1)
    }

    /// Has the store know how far delivery has come, if that is due.
    async fn note(&mut self) {
        let delivered = self.delivered_to();
        if delivered <= self.noted || Instant::now() < self.may_note_at {
            return;
        }
        self.may_note_at = match blocking(&self.dialogs, move |dialogs| dialogs.set_delivered_events(delivered)).await {
            Ok(()) => {
                self.noted = delivered;
                Instant::now() + NOTE_INTERVAL
            }
            Err(error) => {
                tracing::error!(error = %ErrorChain(&error), "the delivery of events could not be noted");
                Instant::now() + STORE_PAUSE
            }
        };
    }

    /// When there is something to do though nothing has happened.
    fn next_wake(&self, read_again_at: Option<Instant>) -> Instant {
        let read = read_again_at.filter(|_| self.waiting < MAX_WAITING);
        let retry = self.later.first().map(|(at, _)| *at);
        let resume = (!self.ready.is_empty() && self.under_way.is_empty()).then_some(self.paused_until);
        let note = (self.delivered_to() > self.noted).then_some(self.may_note_at);
        [read, retry, resume, note].into_iter().flatten().min().unwrap_or_else(|| Instant::now() + LONG)
    }

    async fn end(&mut self) {
        let ended = async {
            while let Some(done) = self.under_way.join_next().await {
                self.settle(done);
            }
        };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::warn!("events under way have been given up; they are sent again after the next start");
        }
        self.may_note_at = Instant::now();
        self.note().await;
    }
}
