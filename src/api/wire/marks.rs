use dialog_index::domain::{ActorId, LanguageCode};
use std::cell::RefCell;
use std::io;

/// JSON while it is written for nobody in particular, with a mark at every value that is another one for some readers.
/// What depends on its reader marks itself when it is written for one who has these ([`super::Reader::marks`]).
#[derive(Debug, Default)]
pub(crate) struct Marks {
    json: RefCell<Vec<u8>>,
    marks: RefCell<Vec<Mark>>,
}

/// The value between two places. One that lies in another comes after it.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) begin: usize,
    pub(super) end: usize,
    pub(super) what: Marked,
}

/// What stands there, and what is written of it.
#[derive(Clone, Debug)]
pub(super) enum Marked {
    /// An empty string: only the register knows it.
    ServiceResourceType,
    /// The list of all localizations of a text, which have a mark each. A reader may be shown one of them alone.
    Texts,
    Text(LanguageCode),
    /// `false`; it is true for this reader.
    IsCurrentEndUser(ActorId),
}

impl Marks {
    /// Marks what `write` writes.
    pub(super) fn mark<T>(&self, what: Marked, write: impl FnOnce() -> T) -> T {
        let place = self.marks.borrow().len();
        let begin = self.length();
        self.marks.borrow_mut().push(Mark { begin, end: begin, what });
        let written = write();
        self.marks.borrow_mut()[place].end = self.length();
        written
    }

    pub(super) fn into_parts(self) -> (Vec<u8>, Vec<Mark>) {
        (self.json.into_inner(), self.marks.into_inner())
    }

    fn length(&self) -> usize {
        self.json.borrow().len()
    }
}

impl io::Write for &Marks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.json.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
