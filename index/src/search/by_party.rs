//! The documents of one segment by party: what a search of few parties looks at.
//!
//! The engine's own postings answer the same question, at a look-up in a dictionary of terms for each party.

use super::ranked_set::RankedSet;
use tantivy::DocId;

pub(super) struct DocumentsByParty {
    /// Those that the segment has.
    parties: RankedSet,
    /// Where the documents of each begin; one more than there are parties.
    starts: Vec<u32>,
    /// Ascending within a party.
    documents: Vec<DocId>,
}

impl DocumentsByParty {
    /// From the parties of the documents.
    pub(super) fn of(party: &[u32]) -> Self {
        let numbers = party.iter().max().map_or(0, |last| *last as usize + 1);
        let mut next = vec![0u32; numbers];
        for party in party {
            next[*party as usize] += 1;
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
        let mut documents = vec![0; party.len()];
        for (doc, party) in (0..).zip(party) {
            let place = &mut next[*party as usize];
            documents[*place as usize] = doc;
            *place += 1;
        }
        Self { parties: RankedSet::of(&parties), starts, documents }
    }

    /// The documents of each of these parties that has any.
    pub(super) fn lists(&self, parties: &[u32]) -> impl Iterator<Item = &[DocId]> {
        parties.iter().filter_map(|party| {
            let place = self.parties.place_of(*party)?;
            Some(&self.documents[self.starts[place] as usize..self.starts[place + 1] as usize])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_party_has_its_documents() {
        let party = [7, 0, 7, 3, 900, 3, 7];
        let by_party = DocumentsByParty::of(&party);
        let lists = |parties: &[u32]| by_party.lists(parties).map(<[DocId]>::to_vec).collect::<Vec<_>>();
        assert_eq!(lists(&[0, 1, 3, 7, 8, 900, 901]), [vec![1], vec![3, 5], vec![0, 2, 6], vec![4]]);
        assert_eq!(lists(&[1, 2, 8]), Vec::<Vec<DocId>>::new());
        assert_eq!(lists(&[901, u32::MAX]), Vec::<Vec<DocId>>::new());
        assert!(DocumentsByParty::of(&[]).lists(&[0, 1]).next().is_none());
    }
}
