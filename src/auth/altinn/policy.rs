//! What a service's policy says of the level of login that it asks for. Of the policy, which is XML, nothing else is read.

const CATEGORY: &str = "urn:altinn:minimum-authenticationlevel";

/// The level that the first obligation of a policy asks for; `None` if it says none that can be read.
pub(super) fn minimum_level(policy: &[u8]) -> Option<u8> {
    let mut rest = str::from_utf8(policy).ok()?;
    let mut is_within_obligation = false;
    let mut is_within_assignment = false;
    while let Some((text, tag, after)) = next_tag(rest) {
        rest = after;
        let name = local_name(tag);
        match name {
            "/ObligationExpression" | "/Obligation" => return None,
            "ObligationExpression" | "Obligation" => is_within_obligation = !tag.ends_with('/'),
            "AttributeAssignmentExpression" | "AttributeAssignment" if is_within_obligation => {
                is_within_assignment = attribute(tag, "Category").is_some_and(|category| category == CATEGORY);
            }
            "/AttributeValue" | "/AttributeAssignment" if is_within_assignment => {
                // Only the first one with this category counts.
                return text.trim().parse().ok();
            }
            _ => {}
        }
    }
    None
}

/// The text before the next tag, what is between its brackets, and the rest. Comments and the like are passed over.
fn next_tag(mut rest: &str) -> Option<(&str, &str, &str)> {
    loop {
        let (text, after) = rest.split_once('<')?;
        let skipped = [("!--", "-->"), ("![CDATA[", "]]>"), ("?", "?>"), ("!", ">")];
        match skipped.iter().find(|(begin, _)| after.starts_with(begin)) {
            Some((_, end)) => rest = after.split_once(end)?.1,
            None => {
                let (tag, after) = after.split_once('>')?;
                return Some((text, tag, after));
            }
        }
    }
}

/// Without the prefix of its namespace; with the slash of a closing tag.
fn local_name(tag: &str) -> &str {
    let name = tag.split(|c: char| c.is_whitespace()).next().unwrap_or_default();
    let name = if name.len() > 1 { name.trim_end_matches('/') } else { name };
    match (name.strip_prefix('/'), name.rsplit_once(':')) {
        (None, Some((_, local))) => local,
        (Some(closing), _) if closing.contains(':') => {
            // The slash is kept, so only a few names can come back.
            match closing.rsplit_once(':').map(|(_, local)| local) {
                Some("ObligationExpression") => "/ObligationExpression",
                Some("Obligation") => "/Obligation",
                Some("AttributeValue") => "/AttributeValue",
                Some("AttributeAssignment") => "/AttributeAssignment",
                _ => "/",
            }
        }
        _ => name,
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once('=') {
        let found = before.split_whitespace().next_back().unwrap_or_default();
        let after = after.trim_start();
        let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, following) = after[1..].split_once(quote)?;
        if found == name {
            return Some(value);
        }
        rest = following;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(obligations: &str, expected: Option<u8>) {
        let policy = format!(
            "<?xml version=\"1.0\"?>\n<xacml:Policy xmlns:xacml=\"urn:oasis\"><!-- <xacml:ObligationExpression> -->\
             <xacml:Target><xacml:AttributeValue DataType=\"x\">9</xacml:AttributeValue></xacml:Target>\
             <xacml:ObligationExpressions>{obligations}</xacml:ObligationExpressions></xacml:Policy>"
        );
        assert_eq!(minimum_level(policy.as_bytes()), expected, "{policy}");
        let without_prefix = policy.replace("xacml:", "");
        assert_eq!(minimum_level(without_prefix.as_bytes()), expected, "{without_prefix}");
    }

    fn assignment(category: &str, level: &str) -> String {
        format!(
            "<xacml:AttributeAssignmentExpression AttributeId=\"urn:altinn:obligation1-assignment1\" \
             Category=\"{category}\"><xacml:AttributeValue DataType=\"http://www.w3.org/2001/XMLSchema#integer\">\
             {level}</xacml:AttributeValue></xacml:AttributeAssignmentExpression>"
        )
    }

    fn obligation(content: &str) -> String {
        format!(
            "<xacml:ObligationExpression ObligationId=\"o\" FulfillOn=\"Permit\">{content}</xacml:ObligationExpression>"
        )
    }

    #[test]
    fn the_first_obligation_says_the_level() {
        let other = "urn:altinn:minimum-authenticationlevel-org";
        check(&obligation(&assignment(CATEGORY, "3")), Some(3));
        check(&obligation(&assignment(CATEGORY, " 4\n")), Some(4));
        check(&obligation(&(assignment(other, "2") + &assignment(CATEGORY, "0"))), Some(0));
        check(&(obligation(&assignment(CATEGORY, "2")) + &obligation(&assignment(CATEGORY, "4"))), Some(2));
        check(&(obligation(&assignment(other, "2")) + &obligation(&assignment(CATEGORY, "4"))), None);
        check(&obligation(&assignment(CATEGORY, "high")), None);
        check(&obligation(&assignment(CATEGORY, "-1")), None);
        check("", None);
    }

    #[test]
    fn what_is_no_policy_says_nothing() {
        for text in ["", "<", "<a", "<!--", "not <b>xml</b>", "<ObligationExpression>", "\u{feff}<a/>"] {
            assert_eq!(minimum_level(text.as_bytes()), None, "{text}");
        }
        assert_eq!(minimum_level(&[0xff, 0xfe]), None);
    }
}
