//! One page of hits in any order.

use super::candidates::Plan;
use super::selection::{Filters, Selection};
use super::snapshot::{Columns, Snapshot};
use crate::IndexError;
use crate::domain::{DialogId, Timestamp};
use crate::query::{Cursor, Direction, Order, PageSize, Position, SortKey};
use std::collections::BinaryHeap;
use tantivy::{DocId, TERMINATED};
use uuid::Uuid;

/// The hits of one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hits {
    /// The dialogs' numbers, in order.
    pub(crate) numbers: Vec<u64>,
    pub(crate) has_next: bool,
    /// The place of the last hit.
    pub(crate) last: Option<Cursor>,
}

/// The most keys that an order has.
const MAX_KEYS: usize = 4;

/// The place of a row in an order; what comes first is less. Keys that the order does not have are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    keys: [u64; MAX_KEYS],
    id: u128,
}

pub(super) fn search(
    snapshot: &Snapshot,
    selection: &Selection,
    order: &Order,
    position: &Position,
    limit: PageSize,
) -> Result<Hits, IndexError> {
    let plan = Plan::of(selection, snapshot, &[])?;
    let filters = Filters::of(&selection.requested);
    let is_newest_first = order.keys().first() == Some(&(SortKey::ContentUpdatedAt, Direction::Descending));
    let after = match position {
        Position::First => None,
        Position::After(cursor) => Some(rank_of_cursor(order, cursor)),
    };
    let mut page = Page::of(limit);
    for segment in &snapshot.segments {
        let columns = segment.columns.as_ref();
        let in_order = is_newest_first && columns.is_newest_first;
        let mut candidates = plan.candidates(segment)?;
        let first = match after {
            Some(after) if in_order => first_document(order, columns, after),
            _ => 0,
        };
        let mut doc = candidates.at_or_after(first);
        while doc != TERMINATED {
            let is_beaten = page.last().is_some_and(|last| first_key(order, columns, doc) > last.keys[0]);
            if is_beaten && in_order {
                break;
            }
            if !is_beaten && segment.is_alive(doc) && selection.admits(&filters, columns, doc) {
                let rank = rank_of(order, columns, doc);
                if after.is_none_or(|after| rank > after) {
                    page.offer(rank, columns.number(doc));
                }
            }
            doc = candidates.at_or_after(doc + 1);
        }
    }
    Ok(page.into_hits(order))
}

/// The least rows offered, one more than the page holds.
struct Page {
    limit: usize,
    kept: BinaryHeap<(Rank, u64)>,
}

impl Page {
    fn of(limit: PageSize) -> Self {
        Self { limit: limit.get(), kept: BinaryHeap::with_capacity(limit.get() + 2) }
    }

    /// The rank that a row must beat; none while there is room.
    fn last(&self) -> Option<Rank> {
        if self.kept.len() > self.limit { self.kept.peek().map(|(rank, _)| *rank) } else { None }
    }

    fn offer(&mut self, rank: Rank, number: u64) {
        self.kept.push((rank, number));
        if self.kept.len() > self.limit + 1 {
            self.kept.pop();
        }
    }

    fn into_hits(self, order: &Order) -> Hits {
        let mut rows = self.kept.into_sorted_vec();
        let has_next = rows.len() > self.limit;
        rows.truncate(self.limit);
        let last = rows.last().map(|(rank, _)| cursor_of_rank(order, *rank));
        Hits { numbers: rows.into_iter().map(|(_, number)| number).collect(), has_next, last }
    }
}

/// The first document of a segment in time order that can come after `rank`.
fn first_document(order: &Order, columns: &Columns, rank: Rank) -> DocId {
    let times = &columns.content_updated_at;
    let (_, direction) = order.keys()[0];
    times.partition_point(|time| key_of(Some(*time), direction) < rank.keys[0]) as DocId
}

fn first_key(order: &Order, columns: &Columns, doc: DocId) -> u64 {
    let (key, direction) = order.keys()[0];
    key_of(columns.time(key, doc), direction)
}

fn rank_of(order: &Order, columns: &Columns, doc: DocId) -> Rank {
    rank(order, |_, key| columns.time(key, doc), columns.id(doc))
}

fn rank_of_cursor(order: &Order, cursor: &Cursor) -> Rank {
    let time = |place: usize| cursor.values.get(place).copied().flatten().map(Timestamp::as_micros);
    rank(order, |place, _| time(place), cursor.id.0.as_u128())
}

fn rank(order: &Order, time: impl Fn(usize, SortKey) -> Option<i64>, id: u128) -> Rank {
    let mut keys = [0; MAX_KEYS];
    for (place, ((key, direction), slot)) in order.keys().iter().zip(&mut keys).enumerate() {
        *slot = key_of(time(place, *key), *direction);
    }
    Rank { keys, id: id_key(id, order.id()) }
}

fn cursor_of_rank(order: &Order, rank: Rank) -> Cursor {
    let time = |(key, (_, direction)): (&u64, &(SortKey, Direction))| time_of(*key, *direction);
    Cursor {
        values: rank.keys.iter().zip(order.keys()).map(time).map(|micros| micros.map(Timestamp::from_micros)).collect(),
        id: DialogId(Uuid::from_u128(id_key(rank.id, order.id()))),
    }
}

/// What no time comes after: the place of a missing time, ascending. No timestamp is that late.
const NO_TIME: u64 = u64::MAX;
/// Moves signed numbers to unsigned ones in the same order.
const SIGN: u64 = 1 << 63;

/// Descending is the exact reverse of ascending, so that missing times come last ascending and first descending.
fn key_of(time: Option<i64>, direction: Direction) -> u64 {
    let ascending = time.map_or(NO_TIME, |time| time.cast_unsigned() ^ SIGN);
    match direction {
        Direction::Ascending => ascending,
        Direction::Descending => !ascending,
    }
}

/// The time of a key.
fn time_of(key: u64, direction: Direction) -> Option<i64> {
    let ascending = match direction {
        Direction::Ascending => key,
        Direction::Descending => !key,
    };
    (ascending != NO_TIME).then(|| (ascending ^ SIGN).cast_signed())
}

/// Its own inverse.
fn id_key(id: u128, direction: Direction) -> u128 {
    match direction {
        Direction::Ascending => id,
        Direction::Descending => !id,
    }
}
