//! Tags, comments and entities, none of which are searched.

use super::super::characters::{Chars, Class};

/// What the tags so far say about the text that follows.
#[derive(Default)]
pub(super) struct Markup {
    /// Between `<script>` or `<style>` and its end tag: all but tags is skipped.
    pub(super) in_script: bool,
    /// A comment was found that nothing closes.
    no_comment_end: bool,
}

impl Markup {
    /// Where the tag, comment or declaration ends that begins at `start` with `<`.
    pub(super) fn tag_end(&mut self, text: Chars<'_>, start: usize) -> Option<usize> {
        let at = start + 1;
        match text.class(at) {
            Class::Sign(b'/') if text.class(at + 1) == Class::Letter => self.named_tag_end(text, start, at + 2),
            Class::Letter | Class::Sign(b':' | b'_') => self.named_tag_end(text, start, at + 1),
            Class::Sign(b'?') if text.is_sign(at + 1, b'x') => attributes_end(text, at + 2),
            Class::Sign(b'!') if text.is_sign(at + 1, b'd') || text.is_sign(at + 1, b'D') => {
                attributes_end(text, at + 2)
            }
            Class::Sign(b'!') if text.0[at + 1..].starts_with("--") && !self.no_comment_end => {
                let inside = at + 3;
                let end = text.0[inside..].find("-->").map(|length| inside + length + 3);
                self.no_comment_end = end.is_none();
                end
            }
            _ => None,
        }
    }

    /// For a tag whose name goes on at `at`. Its name counts even if nothing closes the tag.
    fn named_tag_end(&mut self, text: Chars<'_>, start: usize, at: usize) -> Option<usize> {
        let at =
            text.end_of(at, |class| class.is_alphanumeric() || matches!(class, Class::Sign(b':' | b'_' | b'.' | b'-')));
        if text.is_sign(at, b'/') {
            return text.is_sign(at + 1, b'>').then_some(at + 2);
        }
        if !text.is_sign(at, b'>') && !text.is_breaking_space(at) {
            return None;
        }
        let name = &text.0[start + 1..at];
        if ["script", "style"].iter().any(|begin| name.eq_ignore_ascii_case(begin)) {
            self.in_script = true;
        } else if ["/script", "/style"].iter().any(|end| name.eq_ignore_ascii_case(end)) {
            self.in_script = false;
        }
        attributes_end(text, at)
    }
}

/// Where the entity ends of which `&` was read.
pub(super) fn entity_end(text: Chars<'_>, at: usize) -> Option<usize> {
    let end = if text.is_sign(at, b'#') {
        let hexadecimal = text.is_sign(at + 1, b'x') || text.is_sign(at + 1, b'X');
        let digits = at + 1 + usize::from(hexadecimal);
        let is_digit = if hexadecimal { u8::is_ascii_hexdigit } else { u8::is_ascii_digit };
        let end = text.end_of_bytes(digits, |byte| is_digit(&byte));
        (end > digits).then_some(end)?
    } else if matches!(text.class(at), Class::Letter | Class::Sign(b':' | b'_')) {
        text.end_of(at, |class| class.is_alphanumeric() || matches!(class, Class::Sign(b':' | b'_' | b'.' | b'-')))
    } else {
        return None;
    };
    text.is_sign(end, b';').then_some(end + 1)
}

/// Where the tag ends whose attributes begin here.
fn attributes_end(text: Chars<'_>, mut at: usize) -> Option<usize> {
    loop {
        let (class, len) = text.class_and_len(at);
        match class {
            Class::Sign(b'>') => return Some(at + 1),
            Class::Sign(quote @ (b'\'' | b'"')) => at = quoted_end(text, at + 1, quote)?,
            Class::Letter | Class::Digit => at += 1,
            Class::Sign(sign) if b"=-_#/:.&?%~".contains(&sign) => at += 1,
            _ if text.is_breaking_space(at) => at += len,
            _ => return None,
        }
    }
}

/// Where the quoted value ends that begins here; what follows a backslash does not end it.
fn quoted_end(text: Chars<'_>, mut at: usize, quote: u8) -> Option<usize> {
    loop {
        match *text.0.as_bytes().get(at)? {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}
