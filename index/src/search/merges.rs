//! Which segments are merged. A search looks its terms up in each of them, so they are to be few; a merge reads and
//! writes all rows anew, so it must be worth that.

use std::ops::Range;
use tantivy::merge_policy::LogMergePolicy;

/// A segment is merged once this share of its documents is deleted; by default deletes do not count.
const DELETED_SHARE_BEFORE_MERGE: f32 = 0.2;

/// While rows are written: eight segments of about the same size, whenever there are so many.
pub(super) fn while_written() -> LogMergePolicy {
    let mut policy = LogMergePolicy::default();
    policy.set_del_docs_ratio_before_merge(DELETED_SHARE_BEFORE_MERGE);
    policy
}

/// While nothing is written: the most segments that follow each other in time, so that a page of new rows is still
/// found in one of them. Together they are at most half of all rows, so that there is work left for several threads,
/// and half as large again as the largest of them, so that a row is in few merges.
///
/// `sizes` are in the order of time. Returns the places of those to merge.
pub(super) fn at_rest(sizes: &[u32]) -> Option<Range<usize>> {
    let sum = |sizes: &[u32]| sizes.iter().copied().map(u64::from).sum::<u64>();
    let all = sum(sizes);
    let is_worth_it = |places: &Range<usize>| {
        let sizes = &sizes[places.clone()];
        let largest = sizes.iter().copied().max().map_or(0, u64::from);
        sum(sizes) * 2 <= all && sum(sizes) * 2 >= largest * 3
    };
    let runs = (0..sizes.len()).flat_map(|start| (start + 2..=sizes.len()).map(move |end| start..end));
    runs.filter(is_worth_it).max_by_key(ExactSizeIterator::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Until nothing is left to merge.
    fn merged(sizes: &[u32]) -> Vec<u32> {
        let mut sizes = sizes.to_vec();
        while let Some(places) = at_rest(&sizes) {
            let together = sizes[places.clone()].iter().sum();
            sizes.splice(places, [together]);
        }
        sizes
    }

    #[test]
    fn few_segments_are_left() {
        assert!(merged(&[]).is_empty());
        assert_eq!(merged(&[7]), [7]);
        assert_eq!(merged(&[76, 132, 132, 132, 132, 132, 132, 132]), [472, 132, 396]);
        assert_eq!(merged(&[6, 52, 96, 96, 750]), [250, 750]);
        assert_eq!(merged(&[1000, 1000]), [1000, 1000]);
    }

    #[test]
    fn a_few_rows_do_not_move_many() {
        assert_eq!(at_rest(&[1, 400, 500]), None);
        assert_eq!(at_rest(&[1, 1, 400, 500]), Some(0..2));
    }

    #[test]
    fn those_between_are_not_passed_over() {
        assert_eq!(at_rest(&[100, 900, 100]), None);
        assert_eq!(at_rest(&[100, 100, 900, 100]), Some(0..2));
    }
}
