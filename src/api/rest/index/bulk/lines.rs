use axum::body::Bytes;
use std::collections::VecDeque;

/// A line of the body that is not blank.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The first has 1; blank ones count.
    pub(super) number: u64,
    pub(super) text: Text,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Text {
    Whole(Bytes),
    TooLong,
}

/// Cuts what arrives into lines, with no more of one in memory than a line may have.
#[derive(Debug)]
pub(super) struct Lines {
    max_bytes: usize,
    whole: VecDeque<Line>,
    /// Of lines that have begun.
    count: u64,
    /// The line that has not ended.
    begun: Vec<u8>,
    is_too_long: bool,
}

impl Lines {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { max_bytes, whole: VecDeque::new(), count: 1, begun: Vec::new(), is_too_long: false }
    }

    pub(super) fn push(&mut self, arrived: &Bytes) {
        let mut rest = arrived.clone();
        while let Some(place) = rest.iter().position(|byte| *byte == b'\n') {
            let end = rest.split_to(place + 1).slice(..place);
            self.end_line(end);
        }
        self.begin_line(&rest);
    }

    /// What has no end by now is a line as well.
    pub(super) fn finish(&mut self) {
        self.end_line(Bytes::new());
    }

    pub(super) fn first(&self) -> Option<&Line> {
        self.whole.front()
    }

    pub(super) fn take_first(&mut self) -> Option<Line> {
        self.whole.pop_front()
    }

    fn begin_line(&mut self, part: &[u8]) {
        if self.begun.len() + part.len() > self.max_bytes {
            self.is_too_long = true;
            self.begun = Vec::new();
        }
        if !self.is_too_long {
            self.begun.extend_from_slice(part);
        }
    }

    fn end_line(&mut self, end: Bytes) {
        let text = if self.begun.is_empty() && !self.is_too_long && end.len() <= self.max_bytes {
            Text::Whole(end)
        } else {
            self.begin_line(&end);
            let begun = std::mem::take(&mut self.begun);
            if std::mem::take(&mut self.is_too_long) { Text::TooLong } else { Text::Whole(begun.into()) }
        };
        let is_blank = matches!(&text, Text::Whole(text) if text.trim_ascii().is_empty());
        if !is_blank {
            self.whole.push_back(Line { number: self.count, text });
        }
        self.count += 1;
    }
}

impl Line {
    pub(super) fn bytes(&self) -> usize {
        match &self.text {
            Text::Whole(text) => text.len(),
            Text::TooLong => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cut in pieces of every length, the lines are the same.
    #[track_caller]
    fn check(body: &str, expected: &[(u64, Option<&str>)]) {
        for length in 1..=body.len() {
            let mut lines = Lines::new(4);
            let body = Bytes::copy_from_slice(body.as_bytes());
            for part in body.chunks(length) {
                lines.push(&body.slice_ref(part));
            }
            lines.finish();
            let mut read = Vec::new();
            while let Some(line) = lines.take_first() {
                read.push((
                    line.number,
                    match line.text {
                        Text::Whole(text) => Some(String::from_utf8(text.to_vec()).expect("text")),
                        Text::TooLong => None,
                    },
                ));
            }
            let expected: Vec<_> = expected.iter().map(|(n, text)| (*n, text.map(str::to_owned))).collect();
            assert_eq!(read, expected, "in pieces of {length}");
        }
    }

    #[test]
    fn lines_are_cut_and_counted() {
        check("a\nb\n", &[(1, Some("a")), (2, Some("b"))]);
        check("a\n\n \r\nb", &[(1, Some("a")), (4, Some("b"))]);
        check("\n", &[]);
    }

    #[test]
    fn a_long_line_is_refused_alone() {
        check("1234\n12345\n123456789\n1234", &[(1, Some("1234")), (2, None), (3, None), (4, Some("1234"))]);
        check("123456", &[(1, None)]);
    }
}
