//! What is shared out among the threads of one search.

use super::plan::{Plan, Work};
use std::cmp::Reverse;
use std::ops::Range;
use tantivy::DocId;

/// So many documents at least are worth a thread. Tests have few.
const OF_A_THREAD: usize = if cfg!(test) { 20 } else { 1 << 16 };
/// Hits lie closer together in some stretches than in others, so each thread takes several.
const STRETCHES_OF_A_THREAD: usize = 4;

/// Neighbouring documents of a segment, which one thread goes through.
pub(super) struct Stretch<'p, 'a> {
    pub(super) work: &'p Work<'a>,
    pub(super) range: Range<DocId>,
}

impl<'p, 'a> Stretch<'p, 'a> {
    /// All of a segment.
    pub(super) fn whole(work: &'p Work<'a>) -> Self {
        Self { work, range: work.all() }
    }

    /// All segments, cut for as many threads: the longest stretches first, so that the threads are done at about the same
    /// time, and newest first among these.
    pub(super) fn all(plan: &'p Plan<'a>, threads: usize) -> Vec<Self> {
        let length = (documents(plan) / (threads * STRETCHES_OF_A_THREAD)).max(1);
        let cut = |work: &'p Work<'a>| {
            let end = work.segment.documents();
            (0..end).step_by(length).map(move |start| Self { work, range: start..end.min(start + length as DocId) })
        };
        let segments = plan.segments.iter();
        let mut all: Vec<Self> =
            if plan.is_divisible() { segments.flat_map(cut).collect() } else { segments.map(Self::whole).collect() };
        all.sort_by_key(|stretch| Reverse(stretch.range.len()));
        all
    }
}

/// How many threads a search is worth.
pub(super) fn most_threads(plan: &Plan<'_>) -> usize {
    if plan.is_divisible() { documents(plan) / OF_A_THREAD } else { plan.segments.len() }
}

fn documents(plan: &Plan<'_>) -> usize {
    plan.segments.iter().map(|work| work.segment.documents() as usize).sum()
}
