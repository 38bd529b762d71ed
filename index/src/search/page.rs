//! One page of hits in any order.

use super::IndexView;
use super::filters::Filters;
use super::plan::{Plan, Required};
use super::selection::Selection;
use super::snapshot::{Columns, Segment};
use super::tail::Contents;
use super::values::{Subject, Values};
use super::walk::{Collector, walk};
use crate::IndexError;
use crate::domain::{DialogId, Timestamp};
use crate::explanation::{Driver, Explanation};
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

pub(super) fn search(
    IndexView { view, gate }: &IndexView,
    selection: &Selection,
    order: &Order,
    position: &Position,
    limit: PageSize,
    only: Option<Driver>,
) -> Result<(Hits, Explanation), IndexError> {
    let snapshot = view.snapshot.as_ref();
    let tail = view.tail.contents();
    let filters = Filters::of(&selection.requested);
    let required = Required::of(selection, snapshot)?;
    let is_newest_first = order.keys().first() == Some(&(SortKey::ContentUpdatedAt, Direction::Descending));
    let wanted = is_newest_first.then_some(limit.get() + 1);
    let mut plan = Plan::of(selection, &filters, &required, snapshot, &[], wanted, only)?;
    let _pass = gate.enter(plan.cost());
    let after = match position {
        Position::First => None,
        Position::After(cursor) => Some(rank_of_cursor(order, cursor)),
    };
    let mut page = Page::of(limit, after);
    for dialog in tail.matching(selection).filter(|dialog| selection.admits(&filters, *dialog)) {
        page.offer(rank_of(order, dialog), || dialog.number());
    }
    for work in std::mem::take(&mut plan.segments) {
        let columns = work.segment.columns.as_ref();
        let is_in_order = is_newest_first && columns.is_newest_first;
        let first = match after {
            Some(after) if is_in_order => first_document(order, columns, after),
            _ => 0,
        };
        let mut collector = Collecting {
            segment: work.segment,
            tail,
            selection,
            filters: &filters,
            order,
            is_in_order,
            page: &mut page,
        };
        walk(&plan, work, first, &mut collector)?;
    }
    let explanation = Explanation {
        driver: plan.driver,
        estimates: plan.estimates,
        segments: snapshot.segments.len(),
        tail: view.tail.len(),
        matched: page.offered,
    };
    Ok((page.into_hits(order), explanation))
}

/// The page, while one segment is gone through.
struct Collecting<'a> {
    segment: &'a Segment,
    tail: &'a Contents,
    selection: &'a Selection,
    filters: &'a Filters<'a>,
    order: &'a Order,
    /// The documents of the segment lie in the order of the page, but for those of one time.
    is_in_order: bool,
    page: &'a mut Page,
}

impl Collector for Collecting<'_> {
    #[inline]
    fn is_past(&self, doc: DocId) -> bool {
        if !self.is_in_order {
            return false;
        }
        let Some(last) = self.page.last() else { return false };
        key_of(Some(self.segment.columns.content_updated_at[doc as usize]), Direction::Descending) > last.keys[0]
    }

    #[inline]
    fn passes(&mut self, doc: DocId) -> bool {
        let dialog = self.segment.document(doc);
        self.selection.admits(self.filters, dialog)
            && self.segment.is_alive(doc)
            && !self.tail.hides(|| dialog.number())
    }

    fn keep(&mut self, doc: DocId) {
        let dialog = self.segment.document(doc);
        self.page.offer(rank_of(self.order, dialog), || dialog.number());
    }
}

/// The least rows offered that come after a place, one more than the page holds.
struct Page {
    limit: usize,
    after: Option<Rank>,
    kept: BinaryHeap<(Rank, u64)>,
    offered: u64,
}

impl Page {
    fn of(limit: PageSize, after: Option<Rank>) -> Self {
        Self { limit: limit.get(), after, kept: BinaryHeap::with_capacity(limit.get() + 2), offered: 0 }
    }

    /// The rank that a row must beat; none while there is room.
    #[inline]
    fn last(&self) -> Option<Rank> {
        if self.kept.len() > self.limit { self.kept.peek().map(|(rank, _)| *rank) } else { None }
    }

    fn offer(&mut self, rank: Rank, number: impl FnOnce() -> u64) {
        self.offered += 1;
        if self.after.is_some_and(|after| rank <= after) {
            return;
        }
        if self.kept.len() <= self.limit {
            self.kept.push((rank, number()));
        } else if let Some(mut last) = self.kept.peek_mut()
            && rank < last.0
        {
            *last = (rank, number());
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

fn rank_of(order: &Order, dialog: impl Values) -> Rank {
    rank(order, |_, key| dialog.time(key), dialog.id())
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
