//! The corpus in the tables and indexes of the reference.

use crate::corpus::Corpus;
use crate::peer_rows::{Row, Texts};
use postgres::{Client, Error};
use std::borrow::Cow;
use std::io::Write;

/// Lines of the corpus, before they are taken apart.
const LINES: &str = "
    create extension btree_gin;
    create unlogged table line (
        id uuid, party text, service_resource text, org text, status text,
        content_updated_at timestamptz, created_at timestamptz, visible_from timestamptz, expires_at timestamptz,
        deleted boolean, labels text[],
        language regconfig, title text, content text, tags text, history text
    )";

const TABLES: [&str; 3] = [
    "create table dialog as select id, party, service_resource, org, status, content_updated_at, created_at,
        visible_from, expires_at, deleted, labels from line",
    "create table dialog_search as select id as dialog_id, party, content_updated_at,
        setweight(to_tsvector(language, title), 'B') || setweight(to_tsvector(language, content), 'D')
        || to_tsvector('simple', tags) || to_tsvector(language, history) as words
        from line",
    "drop table line",
];

const INDEXES: [&str; 5] = [
    "alter table dialog add primary key (id)",
    "create index on dialog (party, content_updated_at desc, id desc)",
    "create index on dialog (service_resource, content_updated_at desc, id desc)",
    "alter table dialog_search add primary key (dialog_id)",
    "create index on dialog_search using gin (party, words)",
];

pub(super) fn load(client: &mut Client, corpus: &Corpus) -> Result<(), Error> {
    client.batch_execute(LINES)?;
    copy(client, corpus)?;
    for statement in TABLES.into_iter().chain(INDEXES) {
        client.batch_execute(statement)?;
    }
    client.batch_execute("vacuum analyze")
}

fn copy(client: &mut Client, corpus: &Corpus) -> Result<(), Error> {
    let mut writer = client.copy_in("copy line from stdin")?;
    let mut text = String::new();
    for dialog in corpus.generator().dialogs() {
        text.clear();
        for (n, column) in columns(&Row::of(&dialog)).iter().enumerate() {
            text.push_str(if n == 0 { "" } else { "\t" });
            text.push_str(column.as_deref().map_or(Cow::Borrowed("\\N"), escaped).as_ref());
        }
        text.push('\n');
        writer.write_all(text.as_bytes()).expect("the server reads");
    }
    writer.finish().map(|_| ())
}

/// In the order of the table of lines.
fn columns(row: &Row<'_>) -> [Option<String>; 16] {
    let text = |name| Some(row.text(name).to_owned());
    let time = |name| row.time(name).map(|it| it.to_string());
    let Texts { language, title, content, tags, history } = row.texts();
    let language = match language.as_str() {
        "nb" | "nn" => "norwegian",
        "en" => "english",
        _ => "simple",
    };
    [
        text("id"),
        text("party"),
        text("serviceResource"),
        Some(row.org().to_owned()),
        text("status"),
        time("updatedAt"),
        time("createdAt"),
        time("visibleFrom"),
        time("expiresAt"),
        Some(row.is_deleted().to_string()),
        Some(format!("{{{}}}", row.labels().join(","))),
        Some(language.to_owned()),
        Some(title),
        Some(content),
        Some(tags),
        Some(history),
    ]
}

fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', '\t', '\n', '\r']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r"))
}
