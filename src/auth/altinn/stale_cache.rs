//! Answers of others, kept for as long as they count.
//!
//! - Whoever asks for the same thing at the same time waits for the same answer. One who goes away does not end the
//!   asking.
//! - An answer near the end of its freshness is asked for anew while the old one still serves.
//! - When a new answer is late or cannot be had, an old one serves within its limit; the asking goes on.

#[cfg(test)]
mod tests;

use super::pace::Limits;
use super::upstream::Failure;
use crate::auth::authority::Unavailable;
use crate::metrics::Uses;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

/// What an entry weighs beyond its value.
const ENTRY_WEIGHT: usize = 10;

/// The part of the fresh time after which an answer that is used is asked for anew.
const EAGER: f64 = 0.8;

/// What can be kept. A weight of one is about 50 bytes.
pub(super) trait Kept: Send + Sync + 'static {
    fn weight(&self) -> usize;

    /// Whether the next who asks may be told the same.
    fn is_kept(&self) -> bool {
        true
    }
}

/// There are two generations: what has not been asked for since the younger one began is dropped when that is full.
pub(super) struct StaleCache<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    limits: Limits,
    after_failure: Duration,
    /// Of one generation.
    max_weight: usize,
    generations: Mutex<Generations<K, V>>,
    uses: Arc<Uses>,
}

struct Generations<K, V> {
    young: HashMap<K, Arc<Slot<V>>>,
    old: HashMap<K, Arc<Slot<V>>>,
    young_weight: usize,
}

struct Slot<V>(Mutex<State<V>>);

struct State<V> {
    answer: Option<Answer<V>>,
    /// Whether one is on its way.
    asked: Option<Asked<V>>,
    /// After a failure.
    not_before: Option<Instant>,
}

struct Answer<V> {
    value: Arc<V>,
    /// The answer is asked for anew if somebody wants it.
    eager_at: Instant,
    stale_at: Instant,
    useless_at: Instant,
}

type Outcome<V> = Result<Arc<V>, Unavailable>;
type Asked<V> = watch::Receiver<Option<Outcome<V>>>;

impl<K: Eq + Hash + Send + 'static, V: Kept> StaleCache<K, V> {
    pub(super) fn new(limits: Limits, after_failure: Duration, max_weight: usize) -> Self {
        let generations = Generations { young: HashMap::new(), old: HashMap::new(), young_weight: 0 };
        let generations = Mutex::new(generations);
        Self(Arc::new(Inner { limits, after_failure, max_weight, generations, uses: Arc::default() }))
    }

    pub(super) fn uses(&self) -> Arc<Uses> {
        Arc::clone(&self.0.uses)
    }

    /// The answer that is kept, or the one that `ask` brings.
    pub(super) async fn get<F>(&self, key: K, ask: impl FnOnce() -> F) -> Outcome<V>
    where
        F: Future<Output = Result<V, Failure>> + Send + 'static,
    {
        let slot = self.0.slot(key);
        let (old, asked) = {
            let mut state = slot.lock();
            let now = Instant::now();
            let old = match state.answer.as_ref().filter(|answer| now < answer.useless_at) {
                Some(answer) if now < answer.eager_at => {
                    self.0.uses.hit();
                    return Ok(Arc::clone(&answer.value));
                }
                Some(answer) if now < answer.stale_at => {
                    self.0.uses.hit();
                    let value = Arc::clone(&answer.value);
                    if state.may_ask(now) && state.on_its_way().is_none() {
                        self.begin(&slot, &mut state, ask());
                    }
                    return Ok(value);
                }
                answer => answer.map(|answer| Arc::clone(&answer.value)),
            };
            let asked = match (state.on_its_way(), old) {
                (Some(asked), _) => asked,
                (None, Some(old)) if !state.may_ask(now) => {
                    self.0.uses.hit();
                    return Ok(old);
                }
                (None, _) => self.begin(&slot, &mut state, ask()),
            };
            let old = state.answer.as_ref().filter(|answer| now < answer.useless_at);
            (old.map(|answer| Arc::clone(&answer.value)), asked)
        };
        self.0.uses.miss();
        match old {
            None => outcome(asked).await,
            Some(old) => match timeout(self.0.limits.soft, outcome(asked)).await {
                Ok(Ok(new)) => Ok(new),
                Ok(Err(_)) | Err(_) => Ok(old),
            },
        }
    }

    /// Keeps an answer that came by another way.
    pub(super) fn put(&self, key: K, value: V) {
        let slot = self.0.slot(key);
        let weight = value.weight();
        let answer = self.0.answer(Arc::new(value));
        slot.lock().answer = Some(answer);
        self.0.generations().young_weight += weight;
    }

    /// Asks in a task of its own, so that it goes on whoever waits.
    fn begin<F>(&self, slot: &Arc<Slot<V>>, state: &mut State<V>, ask: F) -> Asked<V>
    where
        F: Future<Output = Result<V, Failure>> + Send + 'static,
    {
        let (sender, asked) = watch::channel(None);
        state.asked = Some(asked.clone());
        let (inner, slot) = (Arc::clone(&self.0), Arc::clone(slot));
        tokio::spawn(async move {
            let hard = inner.limits.hard;
            let answered = match timeout(hard, ask).await {
                Ok(answered) => answered,
                Err(_) => Err(Failure::TookTooLong(hard)),
            };
            let outcome = answered.map(Arc::new).map_err(Unavailable::because);
            inner.keep(&slot, &outcome);
            // Whoever no longer waits does not need it.
            drop(sender.send(Some(outcome)));
        });
        asked
    }
}

impl<K: Eq + Hash, V: Kept> Inner<K, V> {
    fn generations(&self) -> MutexGuard<'_, Generations<K, V>> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, key: K) -> Arc<Slot<V>> {
        let mut generations = self.generations();
        if let Some(slot) = generations.young.get(&key) {
            return Arc::clone(slot);
        }
        if generations.young_weight > self.max_weight {
            generations.old = std::mem::take(&mut generations.young);
            generations.young_weight = 0;
        }
        let slot = generations.old.remove(&key).unwrap_or_default();
        generations.young_weight += ENTRY_WEIGHT + slot.lock().answer.as_ref().map_or(0, |it| it.value.weight());
        generations.young.insert(key, Arc::clone(&slot));
        slot
    }

    /// Nothing is asked any more; a failure leaves the old answer as it is.
    fn keep(&self, slot: &Slot<V>, outcome: &Outcome<V>) {
        let mut weight = 0;
        {
            let mut state = slot.lock();
            state.asked = None;
            match outcome {
                Ok(value) if value.is_kept() => {
                    weight = value.weight();
                    state.answer = Some(self.answer(Arc::clone(value)));
                    state.not_before = None;
                }
                Ok(_) => state.answer = None,
                Err(_) => state.not_before = Some(Instant::now() + self.after_failure),
            }
        }
        self.generations().young_weight += weight;
    }

    fn answer(&self, value: Arc<V>) -> Answer<V> {
        let now = Instant::now();
        // By chance a little less, so that what was asked for together is not asked for together again.
        let (random, _) = Uuid::new_v4().as_u64_pair();
        let fresh = self.limits.fresh.mul_f64(1.0 - (random % 1000) as f64 / 50_000.0);
        Answer {
            value,
            eager_at: now + fresh.mul_f64(EAGER),
            stale_at: now + fresh,
            useless_at: now + self.limits.usable,
        }
    }
}

impl<V> Default for Slot<V> {
    fn default() -> Self {
        Self(Mutex::new(State { answer: None, asked: None, not_before: None }))
    }
}

impl<V> Slot<V> {
    fn lock(&self) -> MutexGuard<'_, State<V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> State<V> {
    fn may_ask(&self, now: Instant) -> bool {
        self.not_before.is_none_or(|not_before| not_before <= now)
    }

    /// The answer that is on its way. One whose task has died is not.
    fn on_its_way(&self) -> Option<Asked<V>> {
        self.asked.clone().filter(|asked| asked.has_changed().is_ok())
    }
}

async fn outcome<V>(mut asked: Asked<V>) -> Outcome<V> {
    match asked.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(Unavailable::because(Failure::Died))),
        Err(_) => Err(Unavailable::because(Failure::Died)),
    }
}
