use super::problem::{Errors, Problem};
use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use dialog_index::domain::{LanguageCode, Localization, Localizations};
use std::cmp::Reverse;

/// The languages in which the caller reads, best first; empty when the caller has not said.
///
/// As an extractor it reads `Accept-Language` and answers 400 to what cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AcceptedLanguages(Vec<LanguageCode>);

impl AcceptedLanguages {
    /// Of a caller who has not said.
    pub(crate) const ANY: Self = Self(Vec::new());

    /// The localizations to show of one text: the one in the best language that the text has, or all of them if the
    /// text has none of the languages or the caller named none.
    pub(crate) fn select<'a>(&self, text: &'a Localizations) -> &'a [Localization] {
        let all = text.iter().as_slice();
        self.best(all.iter(), |it| it.language_code).map_or(all, std::slice::from_ref)
    }

    /// Of the localizations of one text the only one to show. `None` if all of them are to be shown.
    pub(crate) fn best<T>(
        &self,
        texts: impl Iterator<Item = T> + Clone,
        language_of: impl Fn(&T) -> LanguageCode,
    ) -> Option<T> {
        self.0.iter().find_map(|language| texts.clone().find(|text| language_of(text) == *language))
    }

    /// Reads a header of `code` and `code;q=weight`. `None` is a syntax error.
    pub(super) fn parse(header: &str) -> Option<Self> {
        let mut accepted = Vec::new();
        for item in header.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let mut parts = item.split(';');
            let code = parts.next()?;
            let percent = match parts.next() {
                Some(weight) => percent(weight.strip_prefix("q=")?),
                None => 100,
            };
            accepted.push((percent, LanguageCode::parse(code).ok()));
        }
        if accepted.is_empty() {
            return Some(Self::default());
        }
        accepted.sort_by_key(|(percent, _)| Reverse(*percent));
        let mut languages: Vec<LanguageCode> = Vec::new();
        for language in accepted.into_iter().filter_map(|(_, language)| language) {
            if !languages.contains(&language) {
                languages.push(language);
            }
        }
        let is_scandinavian = languages.iter().any(|language| matches!(language.as_str(), "sv" | "da"));
        let tail = [LanguageCode::EN, LanguageCode::NB];
        if is_scandinavian {
            languages.extend(tail.into_iter().rev());
        } else {
            languages.extend(tail);
        }
        Some(Self(languages))
    }
}

impl<S: Sync> FromRequestParts<S> for AcceptedLanguages {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let values: Result<Vec<_>, _> = parts.headers.get_all(ACCEPT_LANGUAGE).iter().map(|it| it.to_str()).collect();
        values.ok().and_then(|values| Self::parse(&values.join(","))).ok_or_else(|| {
            let message = "The header must be a list of language codes with optional weights, e.g. 'nb, en;q=0.5'.";
            Problem::bad_request(Errors::one("Accept-Language", message))
        })
    }
}

/// Whole percent, cut off. The contract enforces no range; what is no number weighs nothing.
fn percent(weight: &str) -> i64 {
    /// So that 0.29, which binary fractions only come near, is 29 percent.
    const ROUNDING: f64 = 1e-6;
    match weight.trim().parse::<f64>() {
        Ok(weight) if weight.is_finite() => (weight * 100.0 + ROUNDING).trunc() as i64,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(codes: &[&str]) -> Localizations {
        let localization = |code: &&str| Localization {
            language_code: LanguageCode::parse(code).expect("a valid code"),
            value: (*code).to_owned(),
        };
        Localizations::new(codes.iter().map(localization).collect())
    }

    #[track_caller]
    fn check(header: &str, available: &[&str], shown: &[&str]) {
        let languages = AcceptedLanguages::parse(header).expect("a readable header");
        let text = text(available);
        let selected: Vec<_> = languages.select(&text).iter().map(|it| it.value.as_str()).collect();
        assert_eq!(selected, shown, "{header}");
    }

    #[test]
    fn the_best_language_that_exists_is_shown() {
        check("", &["nb", "en"], &["en", "nb"]);
        check(" , ", &["nb", "en"], &["en", "nb"]);
        check("nb", &["nb", "en"], &["nb"]);
        check("nb-NO, en;q=0.5", &["nb", "en"], &["nb"]);
        check("nb;q=0.4,en;q=0.5", &["nb", "en"], &["en"]);
        check("nb;q=0.289,nn;q=0.29", &["nb", "nn"], &["nn"]);
        check("nn_NO;q=0.9,nb", &["nn", "en"], &["nn"]);
        check("nb;q=0.1,nn;q=0.5,nb;q=0.9", &["nb", "nn"], &["nb"]);
        check("nb;q=0", &["nb", "fr"], &["nb"]);
        check("nb;q=much,nn;q=0.1", &["nb", "nn"], &["nn"]);
        check("nb,nn;q=5", &["nb", "nn"], &["nn"]);
        check("nb;q=1;level=2", &["nb"], &["nb"]);
    }

    #[test]
    fn english_then_norwegian_follow_unless_a_neighbour_reads() {
        check("fr", &["nb", "en"], &["en"]);
        check("*", &["nb", "en"], &["en"]);
        check("fr", &["nb", "de"], &["nb"]);
        check("sv", &["nb", "en"], &["nb"]);
        check("da;q=0.1,fr", &["nb", "en"], &["nb"]);
        check("sv", &["sv", "nb"], &["sv"]);
    }

    #[test]
    fn a_text_in_none_of_the_languages_is_shown_whole() {
        check("nb", &["de", "fr"], &["de", "fr"]);
    }

    #[test]
    fn syntax_errors() {
        for header in ["invalid;;;", "nb;", "nb; q=1", "nb;p=1", "nb;Q=1"] {
            assert_eq!(AcceptedLanguages::parse(header), None, "{header}");
        }
    }
}
