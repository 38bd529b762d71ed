//! The documents of one segment by party: what a search of few parties looks at.
//!
//! The engine's own postings answer the same question, at a look-up in a dictionary of terms for each party. This is a
//! sorted list, so that the parties of a user, sorted as well, are found by going through both at once.

use std::ops::Range;
use tantivy::DocId;

pub(super) struct DocumentsByParty {
    /// Those that the segment has, ascending.
    parties: Vec<u32>,
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
        Self { parties, starts, documents }
    }

    /// The documents of each of these parties that has any. The parties must ascend.
    pub(super) fn lists(&self, parties: &[u32]) -> impl Iterator<Item = &[DocId]> {
        let mut from = 0;
        parties.iter().filter_map(move |party| {
            from += gallop(&self.parties[from..], *party);
            (self.parties.get(from) == Some(party)).then(|| &self.documents[self.range(from)])
        })
    }

    fn range(&self, place: usize) -> Range<usize> {
        self.starts[place] as usize..self.starts[place + 1] as usize
    }
}

/// The place of the first number that is not less, found in steps that double: near ones are found at once.
fn gallop(ascending: &[u32], wanted: u32) -> usize {
    let mut end = 1;
    while ascending.get(end - 1).is_some_and(|number| *number < wanted) {
        end *= 2;
    }
    let begin = end / 2;
    begin + ascending[begin..end.min(ascending.len())].partition_point(|number| *number < wanted)
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

    #[test]
    fn galloping_finds_the_first_that_is_not_less() {
        for length in 0..40 {
            let numbers: Vec<u32> = (0..length).map(|n| n * 3).collect();
            for wanted in 0..130 {
                let expected = numbers.iter().filter(|number| **number < wanted).count();
                assert_eq!(gallop(&numbers, wanted), expected, "{wanted} in {numbers:?}");
            }
        }
    }
}
