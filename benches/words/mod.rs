//! Words of known shares. They are measured, since what an analyzer makes of the generator's words is not known.

use crate::corpus::{an_owner, newest_of_owner};
use dialog_index::Dialogs;
use dialog_index::domain::ListItem;
use dialog_index::query::{CountRequest, Filter, TextQuery, TextSearch};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Search strings, each named for the share of dialogs that it is found in.
pub(crate) struct Words {
    pub(crate) in_30_percent: String,
    pub(crate) in_3_percent: String,
    pub(crate) rare: String,
    /// Any of three words in about 30 % each.
    pub(crate) three_common: String,
    /// Two words in about 30 % each, beside one another.
    pub(crate) phrase: String,
}

const RARE: f64 = 0.0005;
/// Shorter ones are refused over HTTP.
const MIN_CHARACTERS: usize = 3;

impl Words {
    /// Tells on standard error what was chosen.
    pub(crate) fn measure(dialogs: &Dialogs) -> Self {
        let shares = Shares::of(dialogs);
        let measured = candidates(dialogs).into_iter().map(|(word, least)| (shares.share(Some(&word)), word, least));
        // What is found in fewer dialogs than it was seen in is a stop word.
        let measured = measured.filter(|(share, _, least)| share > least);
        let measured: Vec<(String, f64)> = measured.map(|(share, word, _)| (word, share)).collect();
        let nearest = |share: f64| nearest(&measured, share);
        let [first, second, third] = nearest(0.3);
        let [in_3_percent, ..] = nearest(0.03);
        let [rare, ..] = nearest(RARE);
        let words = Self {
            three_common: format!("{first} {second} {third}"),
            phrase: format!("\"{first} {second}\""),
            in_30_percent: first,
            in_3_percent,
            rare,
        };
        for text in [&words.in_30_percent, &words.in_3_percent, &words.rare, &words.three_common, &words.phrase] {
            eprintln!("{text} is found in {:.3} % of the dialogs", 100.0 * shares.share(Some(text)));
        }
        words
    }
}

pub(crate) fn text_search(text: &str) -> TextSearch {
    TextSearch { query: TextQuery::parse(text), language: None }
}

/// Shares among the dialogs of one owner are those among all, since words are drawn without regard to services.
struct Shares<'a> {
    dialogs: &'a Dialogs,
    total: f64,
}

impl<'a> Shares<'a> {
    fn of(dialogs: &'a Dialogs) -> Self {
        let mut shares = Self { dialogs, total: 1.0 };
        shares.total = shares.share(None);
        shares
    }

    fn share(&self, text: Option<&str>) -> f64 {
        let filter = Filter { text: text.map(text_search), ..Filter::default() };
        let request = CountRequest { facets: Vec::new(), limit: 1 };
        let counts = self.dialogs.count(&an_owner(), &filter, &request).expect("the dialogs are counted");
        counts.total as f64 / self.total
    }
}

/// Words from the most to the least frequent in some titles and summaries, ever fewer of them; with half the share of
/// dialogs that they were seen in.
fn candidates(dialogs: &Dialogs) -> Vec<(String, f64)> {
    let sample = newest_of_owner(dialogs);
    let mut frequencies: BTreeMap<String, usize> = BTreeMap::new();
    for word in sample.iter().flat_map(words_of) {
        *frequencies.entry(word).or_default() += 1;
    }
    let mut words: Vec<(String, usize)> = frequencies.into_iter().collect();
    words.sort_by_key(|(_, frequency)| Reverse(*frequency));
    let ranks =
        std::iter::successors(Some(0), |rank| Some(rank + 1 + rank / 32)).take_while(|rank| *rank < words.len());
    let half_share = |frequency: usize| frequency as f64 / sample.len() as f64 / 2.0;
    ranks.map(|rank| (words[rank].0.clone(), half_share(words[rank].1))).collect()
}

fn words_of(item: &ListItem) -> BTreeSet<String> {
    let content = item.content.iter();
    let values = content.flat_map(|content| std::iter::once(&content.title).chain(&content.summary));
    let texts = values.flat_map(|value| value.value.iter());
    let words = texts.flat_map(|text| text.value.split(' ')).map(str::to_lowercase);
    words.filter(|word| word.chars().count() >= MIN_CHARACTERS).collect()
}

/// The three words whose shares are nearest by ratio.
fn nearest(measured: &[(String, f64)], share: f64) -> [String; 3] {
    let mut by_distance: Vec<_> = measured.iter().collect();
    by_distance.sort_by(|(_, one), (_, other)| {
        let distance = |found: f64| (found / share).ln().abs();
        distance(*one).total_cmp(&distance(*other))
    });
    std::array::from_fn(|n| by_distance[n].0.clone())
}
