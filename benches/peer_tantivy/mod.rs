//! Plain tantivy: rights as term sets, the newest by a fast field.

use crate::corpus::Corpus;
use crate::peer_rows::{Row, Texts};
use dialog_index::Rights;
use dialog_index::domain::{ServiceResource, Timestamp};
use frostem::{Algorithm, Stemmer};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery, TermSetQuery};
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TEXT};
use tantivy::{DocAddress, Index, Order, Searcher, TantivyDocument, Term};

const WRITER_BYTES: usize = 512 << 20;
const WRITER_THREADS: usize = 2;
const CONTENT_UPDATED_AT: &str = "content_updated_at";

pub(crate) struct PlainTantivy {
    searcher: Searcher,
    fields: Fields,
}

#[derive(Clone, Copy)]
struct Fields {
    text: Field,
    party: Field,
    resource: Field,
    content_updated_at: Field,
    deleted: Field,
    visible_from: Field,
    expires_at: Field,
}

impl PlainTantivy {
    /// Found, or made.
    pub(crate) fn prepared(corpus: &Corpus) -> Self {
        let folder = corpus.folder_of("peers-tantivy");
        let marker = folder.join("complete");
        let (schema, fields) = schema();
        if !marker.exists() {
            let begun = Instant::now();
            eprintln!("preparing an index of plain tantivy in {}", folder.display());
            if folder.exists() {
                fs::remove_dir_all(&folder).expect("what was cut off is removed");
            }
            make(corpus, &folder.join("index"), schema, &fields).expect("the index is made");
            fs::write(marker, "").expect("the marker is written");
            eprintln!("prepared in {:.0} s", begun.elapsed().as_secs_f64());
        }
        let index = Index::open_in_dir(folder.join("index")).expect("the index opens");
        Self { searcher: index.reader().expect("the index is read").searcher(), fields }
    }

    /// How many are on the first page.
    pub(crate) fn search(&self, rights: &dyn Query, text: Option<&str>, limit: usize) -> usize {
        let fields = &self.fields;
        let now = |field| Term::from_field_i64(field, Timestamp::now().as_micros());
        // Few dialogs have these, so it is cheaper to exclude than to require.
        let future = RangeQuery::new(Bound::Excluded(now(fields.visible_from)), Bound::Unbounded);
        let expired = RangeQuery::new(Bound::Unbounded, Bound::Included(now(fields.expires_at)));
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = vec![
            (Occur::Must, rights.box_clone()),
            (Occur::MustNot, Box::new(term(Term::from_field_bool(fields.deleted, true)))),
            (Occur::MustNot, Box::new(future)),
            (Occur::MustNot, Box::new(expired)),
        ];
        clauses.extend(text.map(|text| (Occur::Must, self.text(text))));
        let newest = TopDocs::with_limit(limit).order_by_fast_field::<i64>(CONTENT_UPDATED_AT, Order::Desc);
        let found: Vec<(Option<i64>, DocAddress)> =
            self.searcher.search(&BooleanQuery::new(clauses), &newest).expect("the search succeeds");
        found.len()
    }

    /// For each set of services the parties that have it. Made once for each user, as the rights are.
    pub(crate) fn rights(&self, rights: &Rights) -> Box<dyn Query> {
        let mut groups: HashMap<*const HashSet<ServiceResource>, (&HashSet<ServiceResource>, Vec<Term>)> =
            HashMap::new();
        for (party, services) in &rights.parties {
            let (_, parties) = groups.entry(Arc::as_ptr(services)).or_insert_with(|| (services, Vec::new()));
            parties.push(Term::from_field_text(self.fields.party, party.as_str()));
        }
        let group = |(services, parties): (&HashSet<ServiceResource>, Vec<Term>)| -> Box<dyn Query> {
            let services = services.iter().map(|it| Term::from_field_text(self.fields.resource, it.as_str()));
            let services = TermSetQuery::new(services);
            Box::new(BooleanQuery::intersection(vec![Box::new(TermSetQuery::new(parties)), Box::new(services)]))
        };
        Box::new(BooleanQuery::union(groups.into_values().map(group).collect()))
    }

    /// A phrase in quotes, or any of some words.
    fn text(&self, text: &str) -> Box<dyn Query> {
        let words = stemmed(text.trim_matches('"'), "nb");
        let mut terms: Vec<Term> = words.iter().map(|word| Term::from_field_text(self.fields.text, word)).collect();
        match terms.len() {
            1 => Box::new(term(terms.remove(0))),
            _ if text.starts_with('"') => Box::new(PhraseQuery::new(terms)),
            _ => Box::new(BooleanQuery::union(
                terms.into_iter().map(|word| -> Box<dyn Query> { Box::new(term(word)) }).collect(),
            )),
        }
    }
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let fields = Fields {
        text: schema.add_text_field("text", TEXT),
        party: schema.add_text_field("party", STRING),
        resource: schema.add_text_field("resource", STRING),
        content_updated_at: schema.add_i64_field(CONTENT_UPDATED_AT, FAST),
        deleted: schema.add_bool_field("deleted", INDEXED),
        visible_from: schema.add_i64_field("visible_from", FAST),
        expires_at: schema.add_i64_field("expires_at", FAST),
    };
    (schema.build(), fields)
}

fn make(corpus: &Corpus, folder: &Path, schema: Schema, fields: &Fields) -> tantivy::Result<()> {
    fs::create_dir_all(folder)?;
    let index = Index::create_in_dir(folder, schema)?;
    let mut writer = index.writer_with_num_threads(WRITER_THREADS, WRITER_BYTES)?;
    for dialog in corpus.generator().dialogs() {
        writer.add_document(document(&Row::of(&dialog), fields))?;
    }
    writer.commit()?;
    writer.wait_merging_threads()
}

fn document(row: &Row<'_>, fields: &Fields) -> TantivyDocument {
    let mut document = TantivyDocument::default();
    let Texts { language, title, content, tags, history } = row.texts();
    let mut words = stemmed(&title, &language);
    words.extend(stemmed(&content, &language));
    words.extend(stemmed(&tags, ""));
    words.extend(stemmed(&history, &language));
    document.add_text(fields.text, words.join(" "));
    document.add_text(fields.party, row.text("party"));
    document.add_text(fields.resource, row.text("serviceResource"));
    document.add_bool(fields.deleted, row.is_deleted());
    let times = [
        (fields.content_updated_at, "updatedAt"),
        (fields.visible_from, "visibleFrom"),
        (fields.expires_at, "expiresAt"),
    ];
    for (field, name) in times {
        if let Some(time) = row.time(name) {
            document.add_i64(field, time.as_micros());
        }
    }
    document
}

/// The words of a text as the index has them. They are stemmed before tantivy's own tokenizer splits them, since that
/// knows one language only and texts have several.
fn stemmed(text: &str, language: &str) -> Vec<String> {
    let stemmer = match language {
        "nb" | "nn" => Some(Stemmer::new(Algorithm::Norwegian)),
        "en" => Some(Stemmer::new(Algorithm::English)),
        _ => None,
    };
    let words = text.split(|it: char| !it.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase);
    words.map(|word| stemmer.map_or(Cow::Borrowed(&*word), |stemmer| stemmer.stem(&word)).into_owned()).collect()
}

fn term(term: Term) -> TermQuery {
    TermQuery::new(term, IndexRecordOption::Basic)
}
