//! Hosts, and the addresses and URLs that they are part of.

use super::super::characters::{Chars, Class};
use super::exponent_end;

/// What begins with a host.
pub(super) enum Host {
    /// `skatt.no` or `skatt.no:443`.
    Alone {
        end: usize,
    },
    Url {
        path: usize,
        end: usize,
    },
    Email {
        end: usize,
    },
}

/// Where in a host the scan stands.
#[derive(Clone, Copy)]
pub(super) enum InHost {
    /// After `-` or `_`: a letter or digit must follow.
    Hyphen,
    /// After `.`: a letter or digit must follow.
    Dot,
    /// In a label that cannot be the last.
    Label,
    /// After the first letter of what may be the last label.
    LastLabelStart,
    /// In what may be the last label, after two letters or more.
    LastLabel,
}

impl InHost {
    pub(super) fn after_separator(separator: Class) -> Option<Self> {
        match separator {
            Class::Sign(b'.') => Some(Self::Dot),
            Class::Sign(b'-' | b'_') => Some(Self::Hyphen),
            _ => None,
        }
    }
}

/// Where the host ends that begins here and follows the `@` of an address.
pub(super) fn host_name_end(text: Chars<'_>, start: usize) -> Option<usize> {
    let (at, state) = match text.class(start) {
        Class::Letter => {
            let at = text.end_of(start, |class| class == Class::Letter);
            match text.class(at) {
                Class::Digit => (at, InHost::Label),
                class => (at, InHost::after_separator(class)?),
            }
        }
        Class::Digit => {
            let at = text.end_of_digits(start);
            match text.class(at) {
                Class::Letter if exponent_end(text, at).is_none() => (at, InHost::Label),
                class => (at, InHost::after_separator(class)?),
            }
        }
        _ => return None,
    };
    match scan_host(text, at + 1, state, false).0? {
        Host::Alone { end } => Some(end),
        Host::Url { .. } | Host::Email { .. } => None,
    }
}

/// The longest host from here on and what it is part of, and where the scan stopped. Only when asked to does
/// the scan look for an address or a URL.
pub(super) fn scan_host(
    text: Chars<'_>,
    mut at: usize,
    mut state: InHost,
    with_context: bool,
) -> (Option<Host>, usize) {
    let mut complete = None;
    loop {
        let class = text.class(at);
        state = match (state, class) {
            (InHost::Dot, Class::Letter) => InHost::LastLabelStart,
            (InHost::Hyphen | InHost::Label, Class::Letter) | (_, Class::Digit) => InHost::Label,
            (InHost::LastLabelStart | InHost::LastLabel, Class::Letter) => InHost::LastLabel,
            (InHost::Hyphen | InHost::Dot, _) => break,
            (_, Class::Sign(b'@')) if with_context && let Some(end) = host_name_end(text, at + 1) => {
                return (Some(Host::Email { end }), at);
            }
            (InHost::LastLabel, _) => match InHost::after_separator(class) {
                Some(state) => {
                    complete = Some(Host::Alone { end: at });
                    state
                }
                None => return (Some(host_or_url(text, port_end(text, at), with_context)), at),
            },
            _ => match InHost::after_separator(class) {
                Some(state) => state,
                None => break,
            },
        };
        at += 1;
    }
    (complete, at)
}

fn port_end(text: Chars<'_>, at: usize) -> usize {
    if text.is_sign(at, b':') && text.class(at + 1) == Class::Digit { text.end_of_digits(at + 1) } else { at }
}

fn host_or_url(text: Chars<'_>, end: usize, with_context: bool) -> Host {
    if !with_context || !text.is_sign(end, b'/') {
        return Host::Alone { end };
    }
    let path_end = text.end_of_bytes(end + 1, is_url_byte);
    if path_end > end + 1 { Host::Url { path: end, end: path_end } } else { Host::Alone { end } }
}

/// What URLs are written with: visible ASCII but for the characters that RFC 3986 excludes.
fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)
}
