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
        let longest = (documents(plan) / (threads * STRETCHES_OF_A_THREAD)).max(1) as DocId;
        let stretches = |work: &'p Work<'a>| {
            let all = work.segment.documents();
            let count = if plan.is_divisible() { all.div_ceil(longest) } else { 1 };
            let length = all.div_ceil(count.max(1)).max(1);
            (0..all).step_by(length as usize).map(move |start| Self { work, range: start..all.min(start + length) })
        };
        let mut all: Vec<Self> = plan.segments.iter().flat_map(stretches).collect();
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
