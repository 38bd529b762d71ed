/// Whether a text is a well-formed URI, absolute or relative: no character that a URI cannot hold and no broken
/// percent escape. Letters beyond ASCII are let through, as the contract does.
pub(crate) fn is_well_formed_uri(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fine = match byte {
            b'%' => {
                let mut digit = || bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit());
                digit() && digit()
            }
            b' ' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0..=0x1f | 0x7f => false,
            _ => true,
        };
        if !fine {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        for fine in ["", "urn:altinn:process:1", "https://x.no/a?b=c#d", "a/b", "%C3%A6", "æøå"] {
            assert!(is_well_formed_uri(fine), "{fine}");
        }
        for broken in ["a b", "%", "%4", "%zz", "a%2x", "<x>", "a\nb", "a|b", "{x}", r"a\b", "\"", "^", "`"] {
            assert!(!is_well_formed_uri(broken), "{broken}");
        }
    }
}
