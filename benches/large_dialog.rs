//! How long it takes to add a transmission to a dialog, until it is durable and searchable: to one that has none, and to
//! one that has very many, whose others must not make it slow. Prints medians and largest of each, and how many times
//! the first median the others are. `first after opening` is the one addition that has to read all others; the first
//! after a replacement, which reads them itself, has not.

use dialog_index::domain::{
    Actor, ContentValue, DialogContent, DialogId, DialogStatus, LanguageCode, Localization, Localizations, MediaType,
    Org, Party, ServiceResource, Timestamp, Transmission, TransmissionContent, TransmissionId, TransmissionType,
};
use dialog_index::{AuthorizedScope, Change, Dialogs, Found, NewDialog, Occasion, OpenOptions, WriteError};
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

const TRANSMISSIONS: usize = 20_000;
const ADDITIONS: usize = 200;
const WORDS: [&str; 12] = [
    "vedtak",
    "søknad",
    "klage",
    "opplysninger",
    "skattemelding",
    "frist",
    "behandling",
    "dokumentasjon",
    "merverdi",
    "oversikt",
    "kvittering",
    "innsending",
];

#[expect(clippy::print_stdout, reason = "it is what this program is for")]
fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let dialogs = open(folder.path());
    let empty: Vec<DialogId> = (0..ADDITIONS).map(|_| created(&dialogs, 0)).collect();
    let large = created(&dialogs, TRANSMISSIONS);

    let to_empty = Times::of(empty.iter().map(|id| added(&dialogs, *id, TransmissionType::Information)));
    let to_large = Times::of((0..ADDITIONS).map(|_| added(&dialogs, large, TransmissionType::Information)));
    let related = Times::of((0..ADDITIONS).map(|_| {
        let begin = Instant::now();
        change(&dialogs, large, |change| {
            let parent = change.transmissions()?.last().map(|it| it.id);
            let ancestors = std::iter::successors(parent, |id| change.relation_of(*id).ok().flatten().flatten());
            let depth = ancestors.take(100).count();
            let related_transmission_id = parent.filter(|_| depth < 100);
            change.add_transmissions(vec![Transmission { related_transmission_id, ..transmission(depth) }])
        });
        begin.elapsed()
    }));
    drop(dialogs);
    let dialogs = open(folder.path());
    let first = Times::of([added(&dialogs, large, TransmissionType::Information)].into_iter());
    let changed = NewDialog { status: DialogStatus::Completed, ..given(large, 0) };
    dialogs.upsert(changed, None, Timestamp::now()).expect("the dialog is replaced");
    let replaced = Times::of([added(&dialogs, large, TransmissionType::Information)].into_iter());
    assert!(dialogs.check().expect("a check").differences.is_empty());

    let base = to_empty.median;
    for (what, times) in [
        ("to an empty dialog", to_empty),
        ("to one of very many", to_large),
        ("to one of very many, related", related),
        ("first after opening", first),
        ("first after replacement", replaced),
    ] {
        let ratio = times.median.as_secs_f64() / base.as_secs_f64();
        println!("{what:>30}: median {:>9.3?}, largest {:>9.3?}, {ratio:.1} times", times.median, times.largest);
    }
}

struct Times {
    median: Duration,
    largest: Duration,
}

impl Times {
    fn of(times: impl Iterator<Item = Duration>) -> Self {
        let mut times: Vec<Duration> = times.collect();
        times.sort_unstable();
        Self { median: times[times.len() / 2], largest: times[times.len() - 1] }
    }
}

fn open(folder: &Path) -> Dialogs {
    let options = OpenOptions { cache_bytes: 256 << 20, items_cache_bytes: 16 << 20 };
    Dialogs::open(folder, &options).expect("a data folder")
}

fn added(dialogs: &Dialogs, id: DialogId, transmission_type: TransmissionType) -> Duration {
    let new = Transmission { transmission_type, ..transmission(id.0.as_u128() as usize) };
    let begin = Instant::now();
    change(dialogs, id, move |change| change.add_transmissions(vec![new]));
    begin.elapsed()
}

fn change(
    dialogs: &Dialogs,
    id: DialogId,
    judge: impl FnOnce(&mut Change<'_, '_>) -> Result<(), WriteError> + Send + 'static,
) {
    let scope = AuthorizedScope::owned_by(Org::new("skd"));
    let occasion = Occasion { at: Timestamp::now(), is_silent: false };
    let found = dialogs.change(&scope, id, occasion, judge).expect("the dialog is changed");
    assert!(matches!(found, Found::Visible(_)));
}

fn created(dialogs: &Dialogs, transmissions: usize) -> DialogId {
    let id = DialogId::new();
    dialogs.create(given(id, transmissions), Timestamp::now()).expect("the dialog is created");
    id
}

fn given(id: DialogId, transmissions: usize) -> NewDialog {
    NewDialog {
        status: DialogStatus::InProgress,
        content: Some(DialogContent { summary: Some(text(3, 20)), ..DialogContent::titled(text(0, 6)) }),
        // Of both sides, since there is an end to those of one.
        transmissions: (0..transmissions).map(transmission).collect(),
        ..NewDialog::bare(
            id,
            Org::new("skd"),
            ServiceResource::parse("urn:altinn:resource:skd-skattemelding").expect("a service"),
            Party::parse("urn:altinn:organization:identifier-no:974761076").expect("a party"),
        )
    }
}

fn transmission(n: usize) -> Transmission {
    Transmission {
        id: TransmissionId(Uuid::now_v7()),
        idempotent_key: None,
        created_at: Timestamp::now(),
        transmission_type: if n.is_multiple_of(2) {
            TransmissionType::Information
        } else {
            TransmissionType::Submission
        },
        extended_type: None,
        external_reference: None,
        authorization_attribute: None,
        related_transmission_id: None,
        sender: Actor::ServiceOwner,
        content: Some(TransmissionContent {
            title: text(n, 6),
            summary: Some(text(n + 1, 20)),
            content_reference: None,
        }),
        attachments: Vec::new(),
        navigational_actions: Vec::new(),
    }
}

fn text(from: usize, words: usize) -> ContentValue {
    let words: Vec<&str> = (0..words).map(|n| WORDS[(from.wrapping_mul(7) % 11 + n * 5) % WORDS.len()]).collect();
    let text = Localization { language_code: LanguageCode::NB, value: words.join(" ") };
    ContentValue { media_type: MediaType::PlainText, value: Localizations::new(vec![text]) }
}
