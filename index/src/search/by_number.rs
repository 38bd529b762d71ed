//! The document of each dialog of one segment: how single dialogs, delegated ones for the most part, are found.

use tantivy::DocId;

pub(super) enum DocumentByNumber {
    /// By the distance from the first number, where the numbers lie close together; `NONE` where there is no dialog.
    Close { first: u64, documents: Vec<DocId> },
    /// By number, ascending.
    Apart(Vec<(u64, DocId)>),
}

const NONE: DocId = DocId::MAX;
/// Numbers lie close together when there are at most so many of them for each dialog.
const CLOSE: u64 = 4;

impl DocumentByNumber {
    /// From numbers and documents. A number that comes twice would lose one of its documents, so those that a later
    /// one has replaced in the same segment must be left out.
    pub(super) fn of(mut numbered: Vec<(u64, DocId)>) -> Self {
        let numbers = || numbered.iter().map(|(number, _)| *number);
        let first = numbers().min().unwrap_or(0);
        let span = numbers().max().map_or(0, |last| (last - first).saturating_add(1));
        if span / CLOSE > numbered.len() as u64 {
            numbered.sort_unstable();
            return Self::Apart(numbered);
        }
        let mut documents = vec![NONE; span as usize];
        for (number, doc) in numbered {
            documents[(number - first) as usize] = doc;
        }
        Self::Close { first, documents }
    }

    pub(super) fn get(&self, number: u64) -> Option<DocId> {
        match self {
            Self::Close { first, documents } => {
                let place = usize::try_from(number.checked_sub(*first)?).ok()?;
                documents.get(place).copied().filter(|doc| *doc != NONE)
            }
            Self::Apart(documents) => {
                let place = documents.binary_search_by_key(&number, |(number, _)| *number).ok()?;
                Some(documents[place].1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialog_has_its_document() {
        for numbers in [&[][..], &[7], &[9, 3, 5], &[1_000_000, 3, 500_000], &[0, 1, 2], &[u64::MAX, 0]] {
            let by_number = DocumentByNumber::of(numbers.iter().copied().zip(0..).collect());
            for number in (0..12).chain([499_999, 500_000, 500_001, 1_000_000, 1_000_001, u64::MAX]) {
                let expected = numbers.iter().position(|it| *it == number).map(|doc| doc as DocId);
                assert_eq!(by_number.get(number), expected, "{number} in {numbers:?}");
            }
        }
    }
}
