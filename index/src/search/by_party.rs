//! The documents of one segment by party: what a search of few parties looks at.
//!
//! The engine's own postings answer the same question, at a look-up in a dictionary of terms for each party.

use super::ranked_set::RankedSet;
use super::snapshot::Row;
use std::ops::Range;
use tantivy::DocId;

pub(super) struct DocumentsByParty {
    /// Those that the segment has.
    parties: RankedSet,
    /// Where the documents of each begin; one more than there are parties.
    starts: Vec<u32>,
    /// Ascending within a party.
    documents: Vec<DocId>,
    /// Theirs. The rows of the segment lie apart for one party, and most of a pass would be waiting for memory.
    rows: Vec<Row>,
}

/// The documents of one party, ascending, with their rows.
#[derive(Clone, Copy)]
pub(super) struct OfParty<'a> {
    pub(super) documents: &'a [DocId],
    pub(super) rows: &'a [Row],
}

impl DocumentsByParty {
    /// From the rows of all documents.
    pub(super) fn of(rows: &[Row]) -> Self {
        let numbers = rows.iter().map(|row| row.party).max().map_or(0, |last| last as usize + 1);
        let mut next = vec![0u32; numbers];
        for row in rows {
            next[row.party as usize] += 1;
        }
        let (mut parties, mut starts, mut start) = (Vec::new(), Vec::new(), 0);
        for (party, next) in (0..).zip(&mut next) {
            if *next > 0 {
                parties.push(party);
                starts.push(start);
                start += std::mem::replace(next, start);
            }
        }
        starts.push(start);
        let mut documents = vec![0; rows.len()];
        for (doc, row) in (0..).zip(rows) {
            let place = &mut next[row.party as usize];
            documents[*place as usize] = doc;
            *place += 1;
        }
        let rows = documents.iter().map(|doc| rows[*doc as usize]).collect();
        Self { parties: RankedSet::of(&parties), starts, documents, rows }
    }

    /// The documents of each of these parties that has any.
    pub(super) fn lists(&self, parties: &[u32]) -> impl Iterator<Item = OfParty<'_>> {
        parties.iter().filter_map(|party| {
            let place = self.parties.place_of(*party)?;
            let range = self.starts[place] as usize..self.starts[place + 1] as usize;
            Some(OfParty { documents: &self.documents[range.clone()], rows: &self.rows[range] })
        })
    }
}

impl<'a> OfParty<'a> {
    /// Of documents of several parties, those of one party that come after each other.
    pub(super) fn by_party(self) -> impl Iterator<Item = Self> {
        let mut before = 0;
        self.rows.chunk_by(|one, next| one.party == next.party).map(move |rows| {
            let documents = &self.documents[before..][..rows.len()];
            before += rows.len();
            Self { documents, rows }
        })
    }

    pub(super) fn within(self, range: &Range<DocId>) -> Self {
        let start = self.documents.partition_point(|doc| *doc < range.start);
        let end = self.documents.partition_point(|doc| *doc < range.end);
        Self { documents: &self.documents[start..end], rows: &self.rows[start..end] }
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::Packed;
    use super::*;

    #[test]
    fn every_party_has_its_documents() {
        let row = |(resource, party): (u32, u32)| Row { party, resource, org: 0, packed: Packed(0) };
        let rows: Vec<Row> = (0..).zip([7, 0, 7, 3, 900, 3, 7]).map(row).collect();
        let by_party = DocumentsByParty::of(&rows);
        let list = |list: OfParty<'_>| {
            // In these rows the resource is the document.
            assert!(list.rows.iter().map(|row| row.resource).eq(list.documents.iter().copied()));
            list.documents.to_vec()
        };
        let lists = |parties: &[u32]| by_party.lists(parties).map(list).collect::<Vec<_>>();
        assert_eq!(lists(&[0, 1, 3, 7, 8, 900, 901]), [vec![1], vec![3, 5], vec![0, 2, 6], vec![4]]);
        assert_eq!(lists(&[1, 2, 8]), Vec::<Vec<DocId>>::new());
        assert_eq!(lists(&[901, u32::MAX]), Vec::<Vec<DocId>>::new());
        assert!(DocumentsByParty::of(&[]).lists(&[0, 1]).next().is_none());
    }
}
