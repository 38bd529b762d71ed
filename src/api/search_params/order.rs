use dialog_index::query::{Direction, Order, SortKey};

/// Reads an `orderBy` value: `key`, `key_asc` or `key_desc`, separated by commas, case ignored, descending unless
/// said otherwise. The id is always compared last, wherever it is named. `None` is an unknown or repeated key, or an
/// unknown direction.
pub(crate) fn parse_order(text: &str) -> Option<Order> {
    let mut keys = Vec::new();
    let mut id = None;
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (key, direction) = part.split_once('_').unwrap_or((part, "desc"));
        let direction = parse_direction(direction)?;
        if key.eq_ignore_ascii_case(ID) {
            if id.replace(direction).is_some() {
                return None;
            }
        } else {
            keys.push((parse_key(key)?, direction));
        }
    }
    Order::new(keys, id.unwrap_or(Direction::Descending)).ok()
}

/// The order as answers tell it, e.g. `contentupdatedat_desc,id_desc`.
pub(crate) fn order_text(order: &Order) -> String {
    let mut text = String::new();
    for (key, direction) in order.keys() {
        text.push_str(key_name(*key));
        text.push_str(direction_suffix(*direction));
        text.push(',');
    }
    text.push_str(ID);
    text.push_str(direction_suffix(order.id()));
    text
}

pub(super) const ID: &str = "id";

pub(super) const KEYS: [SortKey; 4] =
    [SortKey::ContentUpdatedAt, SortKey::UpdatedAt, SortKey::CreatedAt, SortKey::DueAt];

/// The key in answers and tokens.
pub(super) fn key_name(key: SortKey) -> &'static str {
    match key {
        SortKey::ContentUpdatedAt => "contentupdatedat",
        SortKey::UpdatedAt => "updatedat",
        SortKey::CreatedAt => "createdat",
        SortKey::DueAt => "dueat",
    }
}

pub(super) fn parse_key(text: &str) -> Option<SortKey> {
    KEYS.into_iter().find(|key| key_name(*key).eq_ignore_ascii_case(text))
}

/// The contract's parser takes the numbers of its enum as well.
fn parse_direction(text: &str) -> Option<Direction> {
    match text.to_ascii_lowercase().as_str() {
        "asc" | "1" => Some(Direction::Ascending),
        "desc" | "2" => Some(Direction::Descending),
        _ => None,
    }
}

fn direction_suffix(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "_asc",
        Direction::Descending => "_desc",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(parse_order(text).map(|order| order_text(&order)).as_deref(), expected, "{text}");
    }

    #[test]
    fn orders() {
        check("", Some("contentupdatedat_desc,id_desc"));
        check(" , ", Some("contentupdatedat_desc,id_desc"));
        check("createdAt", Some("createdat_desc,id_desc"));
        check("CREATEDAT_ASC", Some("createdat_asc,id_desc"));
        check("dueAt_asc, updatedAt_desc", Some("dueat_asc,updatedat_desc,id_desc"));
        check("id_asc,dueAt", Some("dueat_desc,id_asc"));
        check("id_asc", Some("contentupdatedat_desc,id_asc"));
        check("contentUpdatedAt_1", Some("contentupdatedat_asc,id_desc"));
        for invalid in
            ["relevant", "createdAt_up", "createdAt_", "createdAt_asc_asc", "_asc", "id,id", "dueAt,DUEAT_asc"]
        {
            check(invalid, None);
        }
    }
}
