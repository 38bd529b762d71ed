use super::order::{ID, KEYS, key_name, parse_key};
use super::time::{MissingOffset, parse_time};
use dialog_index::domain::{DialogId, Timestamp};
use dialog_index::query::{Cursor, Order, SortKey};
use std::fmt::Write;
use uuid::Uuid;

/// What a continuation token says: sort values of one row, in any order and perhaps of more keys than are needed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ContinuationToken {
    values: Vec<(SortKey, Option<Timestamp>)>,
    id: Option<DialogId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a continuation token")]
pub(crate) struct MalformedToken;

/// The token lacks keys of the order: it comes from a search with another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ContinuationToken does not match OrderBy. Missing token keys: [{}].", .0.join(", "))]
pub(crate) struct ForeignToken(Vec<&'static str>);

impl ContinuationToken {
    /// Reads `key_value` parts separated by commas.
    pub(crate) fn parse(text: &str) -> Result<Self, MalformedToken> {
        let mut token = Self::default();
        for part in text.split(',').map(str::trim) {
            let (key, value) = part.split_once('_').ok_or(MalformedToken)?;
            if key.eq_ignore_ascii_case(ID) {
                let id = Uuid::try_parse(value).map_err(|_| MalformedToken)?;
                if token.id.replace(DialogId(id)).is_some() {
                    return Err(MalformedToken);
                }
            } else {
                let key = parse_key(key).ok_or(MalformedToken)?;
                if token.value(key).is_some() {
                    return Err(MalformedToken);
                }
                token.values.push((key, parse_value(key, value)?));
            }
        }
        Ok(token)
    }

    /// The row that the token names, in the terms of an order.
    pub(crate) fn cursor(&self, order: &Order) -> Result<Cursor, ForeignToken> {
        let mut missing = Vec::new();
        let mut values = Vec::with_capacity(order.keys().len());
        for (key, _) in order.keys() {
            match self.value(*key) {
                Some(value) => values.push(value),
                None => missing.push(key_name(*key)),
            }
        }
        match self.id {
            Some(id) if missing.is_empty() => Ok(Cursor { values, id }),
            Some(_) => Err(ForeignToken(missing)),
            None => {
                missing.push(ID);
                Err(ForeignToken(missing))
            }
        }
    }

    fn value(&self, key: SortKey) -> Option<Option<Timestamp>> {
        self.values.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }
}

/// The token that continues after a row.
pub(crate) fn token_text(order: &Order, last: &Cursor) -> String {
    let mut text = String::with_capacity(48 * (KEYS.len() + 1));
    for ((key, _), value) in order.keys().iter().zip(&last.values) {
        text.push_str(key_name(*key));
        text.push('_');
        if let Some(time) = value {
            // Writing to a String cannot fail.
            let _ = write!(text, "{time}");
        }
        text.push(',');
    }
    text + ID + "_" + &last.id.to_string()
}

/// Only a due date can be missing.
fn parse_value(key: SortKey, text: &str) -> Result<Option<Timestamp>, MalformedToken> {
    match (key, text) {
        (SortKey::DueAt, "") => Ok(None),
        _ => parse_time(text, MissingOffset::Refused).map(Some).ok_or(MalformedToken),
    }
}

#[cfg(test)]
mod tests {
    use super::super::order::parse_order;
    use super::*;

    const ID_TEXT: &str = "0c089101-b7cf-7476-955c-f00a78d74a4e";
    const TIME: &str = "2024-07-31T09:09:03.0257090Z";

    /// A token that fits is written again as it was.
    #[track_caller]
    fn check_round_trip(order: &str, token: &str) {
        let order = parse_order(order).expect("a valid order");
        let cursor = ContinuationToken::parse(token).expect("a valid token").cursor(&order).expect("a token that fits");
        assert_eq!(token_text(&order, &cursor), token);
    }

    #[test]
    fn tokens_round_trip() {
        check_round_trip("", &format!("contentupdatedat_{TIME},id_{ID_TEXT}"));
        check_round_trip("dueAt_asc,id_asc", &format!("dueat_,id_{ID_TEXT}"));
        check_round_trip("dueAt,createdAt_asc", &format!("dueat_{TIME},createdat_{TIME},id_{ID_TEXT}"));
    }

    #[test]
    fn parts_may_come_in_any_order_and_be_more_than_needed() {
        let order = parse_order("createdAt").expect("a valid order");
        let token = format!("ID_{ID_TEXT}, dueAt_,updatedat_{TIME},CreatedAt_{TIME}");
        let cursor =
            ContinuationToken::parse(&token).expect("a valid token").cursor(&order).expect("a token that fits");
        assert_eq!(token_text(&order, &cursor), format!("createdat_{TIME},id_{ID_TEXT}"));
    }

    #[track_caller]
    fn check_foreign(order: &str, token: &str, missing: &str) {
        let order = parse_order(order).expect("a valid order");
        let error =
            ContinuationToken::parse(token).expect("a valid token").cursor(&order).expect_err("a foreign token");
        assert_eq!(
            error.to_string(),
            format!("ContinuationToken does not match OrderBy. Missing token keys: [{missing}].")
        );
    }

    #[test]
    fn tokens_of_other_orders_are_refused() {
        check_foreign("createdAt", &format!("dueat_,id_{ID_TEXT}"), "createdat");
        check_foreign("createdAt,dueAt", &format!("createdat_{TIME}"), "dueat, id");
    }

    #[test]
    fn malformed_tokens_are_refused() {
        for token in [
            "x".to_owned(),
            String::new(),
            format!("id_{ID_TEXT},id_{ID_TEXT}"),
            format!("createdat_{TIME},CREATEDAT_{TIME},id_{ID_TEXT}"),
            format!("createdat_,id_{ID_TEXT}"),
            "id_1".to_owned(),
            format!("org_skd,id_{ID_TEXT}"),
            format!("createdat_{TIME}_,id_{ID_TEXT}"),
            format!("createdat_2024-07-31,id_{ID_TEXT}"),
            format!("createdat_{TIME},,id_{ID_TEXT}"),
        ] {
            assert_eq!(ContinuationToken::parse(&token), Err(MalformedToken), "{token}");
        }
    }
}
