use std::ops::Range;

/// Which positions of a text make up another text, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    /// In the order of the other text.
    runs: Vec<Range<u32>>,
}

impl Places {
    /// Behind those that are there.
    pub(crate) fn add(&mut self, run: Range<u32>) {
        if run.is_empty() {
            return;
        }
        match self.runs.last_mut() {
            Some(last) if last.end == run.start => last.end = run.end,
            _ => self.runs.push(run),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.runs.clear();
    }

    /// None follows the one before it at once.
    pub(crate) fn runs(&self) -> &[Range<u32>] {
        &self.runs
    }

    /// Where a position of the text stands in the other one, counted from 1.
    pub(crate) fn position_of(&self, position: u32) -> Option<u32> {
        let mut before = 0;
        for run in &self.runs {
            if run.contains(&position) {
                return Some(before + position - run.start + 1);
            }
            before += run.end - run.start;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_counted_on_from_run_to_run() {
        let mut places = Places::default();
        for run in [7..9, 1..2, 2..4, 5..5, 12..13] {
            places.add(run);
        }
        assert_eq!(places.runs(), [7..9, 1..4, 12..13]);
        let positions: Vec<Option<u32>> = [7, 8, 1, 2, 3, 12].map(|position| places.position_of(position)).into();
        assert_eq!(positions, (1..=6).map(Some).collect::<Vec<_>>());
        for position in [0, 4, 5, 6, 9, 11, 13] {
            assert_eq!(places.position_of(position), None, "{position}");
        }
    }
}
