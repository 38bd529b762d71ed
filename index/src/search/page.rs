//! One page of hits in any order.

use super::snapshot::{Columns, Segment};
use super::values::Values;
use crate::domain::{DialogId, Timestamp};
use crate::query::{Cursor, Direction, Order, PageSize, Position, SortKey};
use std::collections::BinaryHeap;
use tantivy::DocId;
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

/// The least rows offered that come after a place, one more than the page holds.
pub(super) struct Page<'a> {
    order: &'a Order,
    limit: usize,
    after: Option<Rank>,
    kept: BinaryHeap<(Rank, u64)>,
}

/// The page, while one segment is gone through.
pub(super) struct PageOfSegment<'s, 'a> {
    segment: &'s Segment,
    /// The first place in the order that a document can have comes the later, the later the document.
    is_nearly_in_order: bool,
    /// No document before it is of the page.
    first: DocId,
    page: &'s mut Page<'a>,
}

impl<'a> Page<'a> {
    pub(super) fn of(order: &'a Order, position: &Position, limit: PageSize) -> Self {
        let after = match position {
            Position::First => None,
            Position::After(cursor) => Some(rank_of_cursor(order, cursor)),
        };
        Self { order, limit: limit.get(), after, kept: BinaryHeap::with_capacity(limit.get() + 2) }
    }

    /// For a part of the rows, whose page is [added](Self::add) at the end.
    pub(super) fn for_a_part(&self) -> Self {
        Self { order: self.order, limit: self.limit, after: self.after, kept: BinaryHeap::new() }
    }

    /// The page of other rows.
    pub(super) fn add(&mut self, others: Self) {
        for (rank, number) in others.kept {
            self.keep(rank, || number);
        }
    }

    /// How many hits are gone through, in the order of the segments, until all others come too late: at most about so
    /// many, if they are so large a share of the documents, and infinitely many if none can be left out.
    pub(super) fn wanted(&self, segments: &[&Segment], share: f64) -> f64 {
        let (key, direction) = self.order.keys()[0];
        let wanted = (self.limit + 1) as f64;
        match (key, direction) {
            (SortKey::ContentUpdatedAt, Direction::Descending) => return wanted,
            (_, Direction::Ascending) => return f64::INFINITY,
            _ => {}
        }
        // Those whose time is the one by which documents lie: they alone fill the page until then.
        let mut missing = wanted / share;
        let full_at = segments.iter().find_map(|Segment { columns, .. }| {
            let first = self.first_document(columns, SortKey::ContentUpdatedAt) as usize;
            let times = &columns.content_updated_at[first..];
            let in_order = columns.share_in_order(key);
            let found = in_order * times.len() as f64;
            if found > missing {
                return Some(times[(missing / in_order) as usize]);
            }
            missing -= found;
            None
        });
        let Some(full_at) = full_at else { return f64::INFINITY };
        let gone_through = |Segment { columns, .. }: &&Segment| {
            let end = columns.first_document(key, |(_, latest)| latest >= full_at);
            f64::from(end.saturating_sub(self.first_document(columns, key)))
        };
        segments.iter().map(gone_through).sum::<f64>() * share
    }

    pub(super) fn in_segment<'s>(&'s mut self, segment: &'s Segment) -> PageOfSegment<'s, 'a> {
        let (key, direction) = self.order.keys()[0];
        let is_nearly_in_order = segment.columns.is_newest_first && direction == Direction::Descending;
        let first = if is_nearly_in_order { self.first_document(&segment.columns, key) } else { 0 };
        PageOfSegment { segment, is_nearly_in_order, first, page: self }
    }

    /// The first document that can come after the position by this time of it, of a descending order.
    fn first_document(&self, columns: &Columns, key: SortKey) -> DocId {
        let Some(after) = self.after else { return 0 };
        let comes_before = |(earliest, _)| key_of(Some(earliest), Direction::Descending) < after.keys[0];
        columns.first_document(key, comes_before)
    }

    pub(super) fn offer(&mut self, dialog: impl Values) {
        let keys = keys_of(self.order, |_, key| dialog.time(key));
        // Most rows come too late by their keys already, and their ids need not be read.
        if self.last().is_some_and(|last| keys > last.keys) {
            return;
        }
        let rank = Rank { keys, id: id_key(dialog.id(), self.order.id()) };
        if self.after.is_none_or(|after| rank > after) {
            self.keep(rank, || dialog.number());
        }
    }

    fn keep(&mut self, rank: Rank, number: impl FnOnce() -> u64) {
        if self.kept.len() <= self.limit {
            self.kept.push((rank, number()));
        } else if let Some(mut last) = self.kept.peek_mut()
            && rank < last.0
        {
            *last = (rank, number());
        }
    }

    pub(super) fn into_hits(self) -> Hits {
        let mut rows = self.kept.into_sorted_vec();
        let has_next = rows.len() > self.limit;
        rows.truncate(self.limit);
        let last = rows.last().map(|(rank, _)| cursor_of_rank(self.order, *rank));
        Hits { numbers: rows.into_iter().map(|(_, number)| number).collect(), has_next, last }
    }

    /// The rank that a row must beat; none while there is room.
    #[inline]
    fn last(&self) -> Option<Rank> {
        if self.kept.len() > self.limit { self.kept.peek().map(|(rank, _)| *rank) } else { None }
    }
}

impl PageOfSegment<'_, '_> {
    pub(super) fn first(&self) -> DocId {
        self.first
    }

    /// Whether neither this document nor a later one is of the page.
    #[inline]
    pub(super) fn is_past(&self, doc: DocId) -> bool {
        self.is_nearly_in_order && !self.may_be_of_page(doc)
    }

    pub(super) fn offer(&mut self, doc: DocId) {
        if self.may_be_of_page(doc) {
            self.page.offer(&self.segment.document(doc));
        }
    }

    /// By the first place in the order that its first time can have: the time itself lies in a column.
    #[inline]
    fn may_be_of_page(&self, doc: DocId) -> bool {
        let Some(last) = self.page.last() else { return true };
        let (key, direction) = self.page.order.keys()[0];
        self.segment.columns.bounds(key, doc).is_none_or(|(earliest, latest)| {
            let first = if direction == Direction::Ascending { earliest } else { latest };
            key_of(Some(first), direction) <= last.keys[0]
        })
    }
}

fn rank_of_cursor(order: &Order, cursor: &Cursor) -> Rank {
    let time = |place: usize| cursor.values.get(place).copied().flatten().map(Timestamp::as_micros);
    let id = cursor.id.0.as_u128();
    Rank { keys: keys_of(order, |place, _| time(place)), id: id_key(id, order.id()) }
}

fn keys_of(order: &Order, time: impl Fn(usize, SortKey) -> Option<i64>) -> [u64; MAX_KEYS] {
    let mut keys = [0; MAX_KEYS];
    for (place, ((key, direction), slot)) in order.keys().iter().zip(&mut keys).enumerate() {
        *slot = key_of(time(place, *key), *direction);
    }
    keys
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
