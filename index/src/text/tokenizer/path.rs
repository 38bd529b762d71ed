//! Paths of files.

use super::super::characters::{Chars, Class};

/// Steps of `./`, `../` or `~/` that a path may begin with.
const MAX_PATH_STEPS: usize = 32;

/// How a path begins, and where in that the scan stands.
#[derive(Clone, Copy)]
pub(super) enum InPath {
    Slash,
    Tilde,
    /// After a dot that follows a slash.
    Dot,
    /// After a dot that nothing precedes.
    FirstDot,
    DotDot,
}

enum PathSteps {
    /// A name goes on here.
    Name(usize),
    /// The path consists of steps and ends here.
    Complete(usize),
    None,
}

impl InPath {
    pub(super) fn after_first(sign: u8) -> Option<Self> {
        match sign {
            b'/' => Some(Self::Slash),
            b'~' => Some(Self::Tilde),
            b'.' => Some(Self::FirstDot),
            _ => None,
        }
    }
}

/// A file name goes on here after a dot.
pub(super) fn begins_file(text: Chars<'_>, at: usize) -> bool {
    matches!(text.class(at), Class::Letter | Class::Digit | Class::Sign(b'_'))
}

/// Where the path ends that goes on with a name here.
pub(super) fn file_end(text: Chars<'_>, mut at: usize) -> usize {
    loop {
        match text.class(at) {
            Class::Letter | Class::Digit | Class::Sign(b'_' | b'-') => at += 1,
            Class::Sign(b'.') if begins_file(text, at + 1) => at += 2,
            Class::Sign(b'/') => match path_steps(text, at + 1, InPath::Slash) {
                PathSteps::Name(name) => at = name,
                PathSteps::Complete(end) => return end,
                PathSteps::None => return at,
            },
            _ => return at,
        }
    }
}

/// Where the path ends of which the first character was read before `at`.
pub(super) fn path_end(text: Chars<'_>, at: usize, state: InPath) -> Option<usize> {
    match path_steps(text, at, state) {
        PathSteps::Name(name) => Some(file_end(text, name)),
        PathSteps::Complete(end) => Some(end),
        PathSteps::None => None,
    }
}

fn path_steps(text: Chars<'_>, mut at: usize, mut state: InPath) -> PathSteps {
    let mut complete = PathSteps::None;
    for _ in 0..3 * MAX_PATH_STEPS {
        let (class, len) = text.class_and_len(at);
        let named = matches!(class, Class::Letter | Class::Digit | Class::Sign(b'_'));
        state = match (state, class) {
            (InPath::Slash | InPath::Dot | InPath::Tilde, _) if named => return PathSteps::Name(at),
            (InPath::Slash, Class::Sign(b'.')) => InPath::Dot,
            (InPath::Slash, Class::Sign(b'~')) => InPath::Tilde,
            (InPath::Dot | InPath::FirstDot, Class::Sign(b'.')) => InPath::DotDot,
            (InPath::Dot | InPath::FirstDot | InPath::Tilde, Class::Sign(b'/')) => InPath::Slash,
            (InPath::DotDot, Class::Sign(b'/')) => {
                complete = PathSteps::Complete(at);
                InPath::Slash
            }
            (InPath::DotDot, Class::End) => return PathSteps::Complete(at),
            (InPath::DotDot, _) if text.is_breaking_space(at) => {
                return PathSteps::Complete(at);
            }
            _ => return complete,
        };
        at += len;
    }
    complete
}
