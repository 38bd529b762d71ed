use dialog_index::domain::ServiceOwnerLabel;
use dialog_index::query::LabelPattern;

/// Reads one value of the label filter; `None` is a blank one, which asks for nothing. A `*` at the very end means a
/// prefix.
pub(super) fn parse_label_pattern(text: &str) -> Result<Option<LabelPattern>, String> {
    const MIN: usize = ServiceOwnerLabel::MIN_LENGTH;
    const MAX: usize = ServiceOwnerLabel::MAX_LENGTH;
    if !(MIN..=MAX).contains(&text.chars().count()) {
        return Err(format!("must be between {MIN} and {MAX} characters"));
    }
    let text = text.trim();
    let (label, is_prefix) = text.strip_suffix('*').map_or((text, false), |prefix| (prefix, true));
    if label.contains('*') {
        return Err("can have a '*' as its last character only".to_owned());
    }
    if is_prefix {
        return Ok(Some(LabelPattern::Prefix(label.to_lowercase())));
    }
    if label.is_empty() {
        return Ok(None);
    }
    ServiceOwnerLabel::parse(label).map(|label| Some(LabelPattern::Exact(label))).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_patterns() {
        let exact = |label| Ok(Some(LabelPattern::Exact(ServiceOwnerLabel::parse(label).expect("a valid label"))));
        let prefix = |label: &str| Ok(Some(LabelPattern::Prefix(label.to_owned())));
        for (text, expected) in [
            ("abc", exact("abc")),
            (" ABC ", exact("abc")),
            ("ab_%", exact("ab_%")),
            ("ab*", prefix("ab")),
            ("  AB* ", prefix("ab")),
            ("   ", Ok(None)),
        ] {
            assert_eq!(parse_label_pattern(text), expected, "{text}");
        }
        for text in ["", "ab", "a*b*", "*abc", "a**", " a ", &"a".repeat(256)] {
            assert!(parse_label_pattern(text).is_err(), "{text}");
        }
    }
}
