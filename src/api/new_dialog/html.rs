//! The little HTML that legacy content may hold.

const ELEMENTS: &[&str] =
    &["p", "a", "br", "em", "strong", "ul", "ol", "li", "table", "thead", "tbody", "tr", "td", "th"];

/// Whether a text holds no other markup than the elements allowed, without attributes except for the one `href` of
/// a link, which must be https. Whatever a browser might take for markup and this cannot read is refused.
pub(super) fn is_allowed_html(text: &str) -> bool {
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        match rest.chars().next() {
            Some('/') => {
                let Some(end) = rest.find('>') else { return false };
                if !is_allowed_element(rest[1..end].trim_ascii_end()) {
                    return false;
                }
                rest = &rest[end + 1..];
            }
            Some(c) if c.is_ascii_alphabetic() => match read_tag(rest) {
                Some(after) => rest = after,
                None => return false,
            },
            // Comments, declarations and instructions.
            Some('!' | '?') => return false,
            // A lone sign is text.
            _ => {}
        }
    }
    true
}

/// What follows an allowed opening tag.
fn read_tag(text: &str) -> Option<&str> {
    let name_end = text.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))?;
    let name = &text[..name_end];
    let rest = text[name_end..].trim_ascii_start();
    if !is_allowed_element(name) {
        return None;
    }
    let rest = if name.eq_ignore_ascii_case("a") { read_href(rest)? } else { rest };
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix('/').map_or(rest, str::trim_ascii_start);
    rest.strip_prefix('>')
}

/// What follows `href="https://…"`.
fn read_href(text: &str) -> Option<&str> {
    let (name, rest) = text.split_at_checked("href".len())?;
    let rest = rest.trim_ascii_start().strip_prefix('=')?.trim_ascii_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, rest) = rest[1..].split_once(quote)?;
    let is_https = value.get(.."https://".len()).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    (name.eq_ignore_ascii_case("href") && is_https && !value.contains(['<', '>'])).then_some(rest)
}

fn is_allowed_element(name: &str) -> bool {
    ELEMENTS.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_markup() {
        for fine in [
            "",
            "plain & simple",
            "1 < 2, 3 > 2",
            "<p>Hei <em>du</em><br/><br></p>",
            "<P>a</P >",
            "<a href=\"https://a.no\">x</a>",
            "<A HREF = 'HTTPS://a.no' >x</a>",
            "<table><thead><tr><th>a</th></tr></thead></table>",
        ] {
            assert!(is_allowed_html(fine), "{fine}");
        }
        for refused in [
            "<script>alert(1)</script>",
            "<p onclick=\"x\">",
            "<p class=\"x\">",
            "<a>x</a>",
            "<a href=\"http://a.no\">",
            "<a href=\"javascript:x\">",
            "<a href=https://a.no>",
            "<a href=\"https://a.no\" target=\"_blank\">",
            "<a target=\"_blank\" href=\"https://a.no\">",
            "<a href=\"https://a.no",
            "<!-- x -->",
            "<!DOCTYPE html>",
            "<?xml?>",
            "<p",
            "</p",
            "</script>",
            "<img src=x>",
            "<p/onclick=x>",
            "<svg/onload=x>",
            "<aæ>",
            "<ahref=\"https://a.no\">",
        ] {
            assert!(!is_allowed_html(refused), "{refused}");
        }
    }
}
