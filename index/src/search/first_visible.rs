//! Where the documents of one segment begin that may be visible.
//!
//! A dialog that is not visible yet counts as updated when it will be, so dialogs dated ahead lie at the head of every
//! segment, and every search of what is visible would look at them first.

use super::schema::Packed;
use super::snapshot::Row;
use tantivy::DocId;

/// Holds whatever the documents are and in whatever order they lie: only such are passed over that are all invisible.
pub(super) struct FirstVisible {
    /// For each of the first documents, as long as all have a time from which they are visible: the least of these times
    /// up to there.
    least: Vec<i64>,
}

impl FirstVisible {
    /// From the rows of all documents and the times from which those are visible that have one.
    pub(super) fn of(rows: &[Row], visible_from: impl Fn(DocId) -> Option<i64>) -> Self {
        let times = (0..)
            .zip(rows)
            .map_while(|(doc, row)| if row.packed.has(Packed::HAS_VISIBLE_FROM) { visible_from(doc) } else { None });
        let least = times.scan(i64::MAX, |least, time| {
            *least = time.min(*least);
            Some(*least)
        });
        Self { least: least.collect() }
    }

    /// No document before it is visible at this time.
    pub(super) fn at(&self, time: i64) -> DocId {
        self.least.partition_point(|least| *least > time) as DocId
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_invisible_is_passed_over() {
        let cases: [&[Option<i64>]; 7] = [
            &[],
            &[None, Some(9)],
            &[Some(9), Some(7), Some(8), None, Some(9)],
            &[Some(9), Some(3), Some(9), Some(2)],
            &[Some(5), Some(5), Some(5)],
            &[Some(i64::MAX), Some(i64::MIN)],
            &[Some(4), None, None],
        ];
        for times in cases {
            let packed = |time: &Option<i64>| Packed(if time.is_some() { Packed::HAS_VISIBLE_FROM } else { 0 });
            let rows: Vec<Row> = times.iter().map(|time| Row { packed: packed(time), ..Row::EMPTY }).collect();
            let first_visible = FirstVisible::of(&rows, |doc| times[doc as usize]);
            for now in (0..11).chain([i64::MIN, i64::MAX]) {
                let is_visible = |time: &Option<i64>| time.is_none_or(|time| time <= now);
                let expected = times.iter().position(is_visible).unwrap_or(times.len());
                assert_eq!(first_visible.at(now), expected as DocId, "{times:?} at {now}");
            }
        }
    }
}
