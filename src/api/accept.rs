use super::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

/// The caller takes JSON. Only operations without any parameter ask; a header that cannot be read passes.
#[derive(Clone, Copy, Debug)]
pub(super) struct AcceptsJson;

impl<S: Sync> FromRequestParts<S> for AcceptsJson {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut headers = parts.headers.get_all(header::ACCEPT).iter().peekable();
        let absent = headers.peek().is_none();
        let accepted = headers.any(|value| value.to_str().ok().and_then(accepts_json).unwrap_or(true));
        if absent || accepted { Ok(Self) } else { Err(Problem::not_acceptable()) }
    }
}

/// `None` where the text is not a list of media ranges.
fn accepts_json(accept: &str) -> Option<bool> {
    let mut accepted = false;
    for range in accept.split(',') {
        let mut parameters = range.split(';').map(str::trim);
        let (main, sub) = parameters.next()?.split_once('/')?;
        let mut weight = 1.0;
        for parameter in parameters {
            let (name, value) = parameter.split_once('=')?;
            if name.trim().eq_ignore_ascii_case("q") {
                weight = value.trim().parse::<f32>().ok()?;
            }
        }
        let (main, sub) = (main.to_ascii_lowercase(), sub.to_ascii_lowercase());
        let is_json = match (main.as_str(), sub.as_str()) {
            ("*" | "application", "*") | ("application", "json") => true,
            (main, sub) => main == "application" && sub.ends_with("+json"),
        };
        accepted |= is_json && weight > 0.0;
    }
    Some(accepted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept: &str, expected: Option<bool>) {
        assert_eq!(accepts_json(accept), expected, "{accept}");
    }

    #[test]
    fn some_range_must_take_json() {
        check("application/json", Some(true));
        check("text/html, application/*;q=0.1", Some(true));
        check("*/*", Some(true));
        check("application/problem+json", Some(true));
        check("application/*+json;q=0.5", Some(true));
        check("text/html", Some(false));
        check("image/map+json", Some(false));
        check("application/json;q=0", Some(false));
        check("application/json;q=0, */*", Some(true));
        check("nonsense", None);
        check("application/json;q=much", None);
    }
}
