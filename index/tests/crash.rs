//! Kills a process that writes, again and again, and holds what is found afterwards against what it had been told.
//!
//! Every acknowledged write must be there, whole and searchable; what was under way may be there, whole and
//! searchable, or not at all; others must be told of exactly what is there; and store, change log and index must agree.

use dialog_index::domain::{
    Actor, ActorId, ContentValue, Dialog, DialogContent, DialogId, DialogStatus, EventKind, LanguageCode, Localization,
    Localizations, MediaType, Org, Party, Revision, SeenEntry, ServiceResource, Timestamp, Transmission,
    TransmissionContent, TransmissionId, TransmissionType,
};
use dialog_index::query::{Filter, Order, PageSize, Position, SearchQuery, TextQuery, TextSearch};
use dialog_index::{
    AuthorizedScope, Change, Dialogs, Found, LoadedDialog, NewDialog, Occasion, OpenOptions, WriteError,
};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{env, fs, io, thread};
use uuid::Uuid;

/// How many times a process is killed, unless [`ROUNDS_VARIABLE`] says otherwise.
const ROUNDS: u64 = 200;
const ROUNDS_VARIABLE: &str = "DIALOGDEX_CRASH_ROUNDS";
/// Tells the killed process where to write.
const FOLDER_VARIABLE: &str = "DIALOGDEX_CRASH_FOLDER";
/// Tells the killed process which round it is.
const ROUND_VARIABLE: &str = "DIALOGDEX_CRASH_ROUND";

const THREADS: u64 = 4;
/// The dialogs that each thread writes in turn. Few, so that most writes replace.
const DIALOGS_OF_THREAD: u64 = 6;
/// How long the growing list of a dialog becomes.
const MAX_TRANSMISSIONS: u64 = 8;
/// How many dialogs are loaded at a time, and how often.
const BATCH: u64 = 20;
const BATCHES: u64 = 3;
/// How many dialogs a process creates and purges.
const PURGES: u64 = 40;
/// How many processes write to one folder, one after the other.
const ROUNDS_OF_FOLDER: u64 = 25;
const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);

/// What the killed processes had been told, over all rounds of a folder.
#[derive(Debug, Default)]
struct Acknowledged {
    /// By dialog: its version and the revision that was given for it.
    upserts: BTreeMap<DialogId, (u64, Revision)>,
    loads: HashSet<DialogId>,
    seen: HashSet<(DialogId, Uuid)>,
    purged: HashSet<DialogId>,
}

#[test]
fn no_acknowledged_write_is_lost() {
    let rounds = variable(ROUNDS_VARIABLE).and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let seed = u64::from(std::process::id());
    let mut random = Random(seed);
    let mut folder = tempfile::tempdir().expect("a folder for the test");
    let mut acknowledged = Acknowledged::default();
    let mut told = [0; 4];
    for round in 0..rounds {
        if round > 0 && round % ROUNDS_OF_FOLDER == 0 {
            folder = tempfile::tempdir().expect("a folder for the test");
            acknowledged = Acknowledged::default();
        }
        // Now and then there is no index, and the process is killed while it fills one.
        let is_index_lost = random.below(8) == 0 && folder.path().join("index").exists();
        if is_index_lost {
            // A merge that this process left behind when it closed the folder may still add files.
            while fs::remove_dir_all(folder.path().join("index")).is_err() {
                thread::yield_now();
            }
        }
        let life = Duration::from_micros(random.below(if is_index_lost { 60_000 } else { 250_000 }));
        for line in run_and_kill(folder.path(), round, life, !is_index_lost) {
            told = acknowledged.note(&line, told);
        }
        acknowledged.verify(&open(folder.path()), &format!("seed {seed}, round {round}"));
    }
    assert!(told.iter().all(|lines| *lines > 0), "the processes were told too little: {told:?}");
}

/// What is killed. It writes until then, and says what it has been told.
#[test]
#[ignore = "run by the test that kills it"]
fn writes_until_killed() {
    let folder = variable(FOLDER_VARIABLE).expect("run by the test that kills it");
    let round: u64 = variable(ROUND_VARIABLE).and_then(|round| round.parse().ok()).expect("a round is given");
    let dialogs = open(Path::new(&folder));
    say("open");
    thread::scope(|scope| {
        for writer in 0..THREADS {
            let dialogs = &dialogs;
            scope.spawn(move || upsert_in_turn(dialogs, writer));
        }
        scope.spawn(|| load_batches(&dialogs, round));
        scope.spawn(|| create_and_purge(&dialogs, round));
    });
}

fn upsert_in_turn(dialogs: &Dialogs, writer: u64) {
    // Goes on from what an earlier process left.
    let mut versions: Vec<u64> = (0..DIALOGS_OF_THREAD)
        .map(|dialog| match dialogs.get(&owner(), upserted_id(writer, dialog)).expect("the store reads") {
            Found::Visible(dialog) => version_of(&dialog),
            Found::Hidden | Found::Missing => 0,
        })
        .collect();
    loop {
        for (dialog, version) in (0..).zip(&mut versions) {
            let id = upserted_id(writer, dialog);
            *version += 1;
            let upserted = dialogs.upsert(upserted(id, *version), None, NOW).expect("the upsert is accepted");
            say(&format!("upserted {id} {version} {}", upserted.revision));
            if *version % 3 == 0 {
                let entry = seen_entry(id, *version);
                let entry_id = entry.id;
                let found = dialogs.mark_seen(&owner(), id, entry).expect("the entry is accepted");
                assert!(matches!(found, Found::Visible(_)));
                say(&format!("seen {id} {entry_id}"));
            }
        }
    }
}

fn load_batches(dialogs: &Dialogs, round: u64) {
    for batch in 0..BATCHES {
        let ids: Vec<DialogId> = (0..BATCH).map(|place| loaded_id(round, batch * BATCH + place)).collect();
        let results = dialogs.load(ids.iter().copied().map(loaded)).expect("the store works");
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        for id in &ids {
            say(&format!("loaded {id}"));
        }
        if batch == 1 {
            dialogs.flush().expect("the index commits");
        }
    }
}

fn create_and_purge(dialogs: &Dialogs, round: u64) {
    for turn in 0..PURGES {
        let id = purged_id(round, turn);
        dialogs.upsert(upserted(id, 1), None, NOW).expect("the dialog is created");
        let purge = |change: &mut Change<'_, '_>| {
            change.purge();
            Ok::<(), WriteError>(())
        };
        let occasion = Occasion { at: NOW, is_silent: false };
        let found = dialogs.change(&owner(), id, occasion, purge).expect("the dialog is purged");
        assert!(matches!(found, Found::Visible(_)));
        say(&format!("purged {id}"));
    }
}

impl Acknowledged {
    /// Keeps what a line says, and counts it among the upserts, loads, entries or purges that were `told`.
    fn note(&mut self, line: &str, mut told: [u64; 4]) -> [u64; 4] {
        let mut words = line.split(' ');
        let what = words.next().unwrap_or_default();
        let mut id = || Uuid::parse_str(words.next()?).ok();
        match what {
            "loaded" => {
                self.loads.insert(DialogId(id().expect("a dialog was loaded")));
                told[1] += 1;
            }
            "seen" => {
                let dialog = DialogId(id().expect("a dialog was seen"));
                self.seen.insert((dialog, id().expect("an entry was written")));
                told[2] += 1;
            }
            "purged" => {
                self.purged.insert(DialogId(id().expect("a dialog was purged")));
                told[3] += 1;
            }
            "upserted" => {
                let dialog = DialogId(id().expect("a dialog was upserted"));
                let version = words.next().and_then(|version| version.parse().ok()).expect("it has a version");
                let revision = words.next().and_then(|text| Uuid::parse_str(text).ok()).expect("it has a revision");
                self.upserts.insert(dialog, (version, Revision(revision)));
                told[0] += 1;
            }
            // What else the test harness prints.
            _ => {}
        }
        told
    }

    /// Holds the dialogs against what is known of them. What is found is known from then on.
    fn verify(&mut self, dialogs: &Dialogs, when: &str) {
        let ids = (0..THREADS).flat_map(|writer| (0..DIALOGS_OF_THREAD).map(move |dialog| upserted_id(writer, dialog)));
        for id in ids {
            let known = self.upserts.get(&id).copied();
            let version = known.map_or(0, |(version, _)| version);
            let found = match dialogs.get(&owner(), id).expect("the store reads") {
                Found::Visible(dialog) => dialog,
                Found::Hidden | Found::Missing => {
                    assert_eq!(version, 0, "{when}: {id} is lost");
                    continue;
                }
            };
            // One write may have been under way.
            let found_version = version_of(&found);
            let is_possible = found_version == version || found_version == version + 1;
            assert!(is_possible, "{when}: {id} has version {found_version}, not {version}");
            if let Some((_, revision)) = known.filter(|_| found_version == version) {
                assert_eq!(found.revision, revision, "{when}: {id}");
            }
            assert_eq!(found, expected(&found, found_version), "{when}: {id} is not whole");
            assert_eq!(search(dialogs, &word_of(id, found_version)), [id], "{when}: version {found_version} of {id}");
            let before = search(dialogs, &word_of(id, found_version - 1));
            assert!(before.is_empty(), "{when}: {id} is found as it was before version {found_version}");
            self.upserts.insert(id, (found_version, found.revision));
        }
        for (id, entry) in &self.seen {
            let Found::Visible(log) = dialogs.seen_log(&owner(), *id).expect("the store reads") else {
                panic!("{when}: {id} is lost");
            };
            assert!(log.iter().any(|it| it.id == *entry), "{when}: the seen log of {id} lacks {entry}");
        }
        for id in &self.loads {
            let found = dialogs.get(&owner(), *id).expect("the store reads");
            assert!(matches!(found, Found::Visible(_)), "{when}: {id} is lost");
        }
        for id in &self.purged {
            assert_eq!(dialogs.get(&owner(), *id).expect("the store reads"), Found::Missing, "{when}: {id} is back");
            assert!(search(dialogs, &word_of(*id, 1)).is_empty(), "{when}: {id} is found again");
        }
        self.verify_events(dialogs, when);
        let report = dialogs.check().expect("the check runs");
        assert_eq!(report.differences, [], "{when}");
        assert!(report.dialogs >= (self.upserts.len() + self.loads.len()) as u64, "{when}");
    }
}

impl Acknowledged {
    /// Each version of a dialog is told of once, and each entry of its seen log, and that it is purged; of an import,
    /// nothing is.
    fn verify_events(&self, dialogs: &Dialogs, when: &str) {
        let mut told: HashMap<DialogId, (u64, HashSet<Uuid>)> = HashMap::new();
        let mut purged: HashSet<DialogId> = HashSet::new();
        for event in dialogs.events_after(0, usize::MAX).expect("the events read") {
            if is_of_purges(event.dialog) {
                match event.kind {
                    EventKind::Deleted => {
                        assert!(purged.insert(event.dialog), "{when}: {} is purged twice", event.dialog)
                    }
                    _ => assert!(!purged.contains(&event.dialog), "{when}: {} is told of again", event.dialog),
                }
                continue;
            }
            assert!(self.upserts.contains_key(&event.dialog), "{when}: {} is told of", event.dialog);
            let (changes, seen) = told.entry(event.dialog).or_default();
            match event.kind {
                EventKind::Created => assert_eq!(*changes, 0, "{when}: {} is created twice", event.dialog),
                EventKind::Seen { entry } => assert!(seen.insert(entry), "{when}: {entry} is told of twice"),
                _ => {}
            }
            *changes += u64::from(matches!(event.kind, EventKind::Created | EventKind::Updated));
        }
        assert!(self.purged.is_subset(&purged), "{when}: not every purge is told of");
        for (id, (version, _)) in self.upserts.iter().filter(|(_, (version, _))| *version > 0) {
            let (changes, seen) = told.get(id).cloned().unwrap_or_default();
            assert_eq!(changes, version + seen.len() as u64, "{when}: of {id} not every version is told of");
            let Found::Visible(log) = dialogs.seen_log(&owner(), *id).expect("the store reads") else { continue };
            assert_eq!(seen, log.iter().map(|entry| entry.id).collect(), "{when}: the seen log of {id}");
        }
    }
}

/// Runs the process for this long, counted from when it has opened the folder or from its start, and gives back
/// the whole lines that it had printed.
fn run_and_kill(folder: &Path, round: u64, life: Duration, from_open: bool) -> Vec<String> {
    let mut process = Command::new(env::current_exe().expect("this program has a path"))
        .args(["--exact", "writes_until_killed", "--ignored", "--nocapture", "--test-threads=1"])
        .env(FOLDER_VARIABLE, folder)
        .env(ROUND_VARIABLE, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("this program starts again");
    let output = process.stdout.take().expect("its output is piped");
    let (opened, is_open) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut lines = Vec::new();
        let mut output = BufReader::new(output);
        let mut line = String::new();
        // A line without an end was cut off by the kill, and so told nobody anything.
        while output.read_line(&mut line).is_ok_and(|length| length > 0) && line.ends_with('\n') {
            if line.trim_end().ends_with("open") {
                // The other side waits for it only in some rounds.
                let _ = opened.send(());
            }
            lines.push(line.trim_end().to_owned());
            line.clear();
        }
        lines
    });
    if from_open {
        is_open.recv().expect("the process opens the folder");
    }
    thread::sleep(life);
    process.kill().expect("the process runs until it is killed");
    let status = process.wait().expect("the process ends");
    assert_eq!(status.code(), None, "the process ended before it was killed");
    reader.join().expect("its output is read")
}

fn open(folder: &Path) -> Dialogs {
    Dialogs::open(folder, &OpenOptions { cache_bytes: 16 << 20, items_cache_bytes: 1 << 20 }).expect("the folder opens")
}

fn owner() -> AuthorizedScope {
    AuthorizedScope::owned_by(Org::new("skd"))
}

fn search(dialogs: &Dialogs, word: &str) -> Vec<DialogId> {
    let text = TextSearch { query: TextQuery::parse(word), language: None };
    let query = SearchQuery {
        filter: Filter { text: Some(text), ..Filter::default() },
        order: Order::default(),
        position: Position::First,
        limit: PageSize::DEFAULT,
        counts: None,
    };
    let page = dialogs.search(&owner(), &query).expect("the search runs");
    page.items.iter().map(|item| item.id).collect()
}

#[expect(clippy::disallowed_methods, reason = "the only way to tell a test something")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// One line in one write, so that it is printed as a whole or not at all.
fn say(line: &str) {
    let mut output = io::stdout().lock();
    output.write_all(format!("{line}\n").as_bytes()).and_then(|()| output.flush()).expect("somebody listens");
}

fn upserted_id(writer: u64, dialog: u64) -> DialogId {
    DialogId(Uuid::from_u128(u128::from(writer) << 64 | u128::from(dialog + 1)))
}

fn loaded_id(round: u64, place: u64) -> DialogId {
    DialogId(Uuid::from_u128(1 << 100 | u128::from(round) << 64 | u128::from(place)))
}

fn purged_id(round: u64, turn: u64) -> DialogId {
    DialogId(Uuid::from_u128(2 << 100 | u128::from(round) << 64 | u128::from(turn)))
}

fn is_of_purges(id: DialogId) -> bool {
    id.0.as_u128() >> 100 == 2
}

/// The id of a part that this version of a dialog brought along.
fn id_within(id: DialogId, version: u64) -> Uuid {
    Uuid::new_v5(&id.0, &version.to_le_bytes())
}

/// A word that only this version of this dialog holds.
fn word_of(id: DialogId, version: u64) -> String {
    format!("x{}x{version}x", id.0.simple())
}

/// What every version says of itself in several places.
fn upserted(id: DialogId, version: u64) -> NewDialog {
    let transmission = Transmission {
        id: TransmissionId(id_within(id, version)),
        idempotent_key: None,
        created_at: NOW,
        transmission_type: TransmissionType::Information,
        extended_type: None,
        external_reference: Some(version.to_string()),
        authorization_attribute: None,
        related_transmission_id: None,
        sender: Actor::ServiceOwner,
        content: Some(TransmissionContent { title: text("Brev"), summary: None, content_reference: None }),
        attachments: Vec::new(),
        navigational_actions: Vec::new(),
    };
    NewDialog {
        idempotent_key: Some(format!("{}", id.0.as_u128() % 1_000_000_007)),
        progress: Some((version % 101) as u8),
        extended_status: Some(format!("state-{}", version % 7)),
        external_reference: Some(version.to_string()),
        status: DialogStatus::InProgress,
        content: Some(DialogContent::titled(text(&word_of(id, version)))),
        // A list that grows a little and then stays, so that rounds take equal time.
        transmissions: if version <= MAX_TRANSMISSIONS { vec![transmission] } else { Vec::new() },
        ..NewDialog::bare(
            id,
            Org::new("skd"),
            ServiceResource::parse("urn:altinn:resource:skd-brev").expect("a valid resource"),
            Party::person("03886595947").expect("a valid party"),
        )
    }
}

/// The dialog as it must be in this version, with what is not told to anybody taken from what was found.
fn expected(found: &Dialog, version: u64) -> Dialog {
    let (mut expected, _) = upserted(found.id, version).complete(NOW);
    expected.revision = found.revision;
    expected.end_user_context.revision = found.end_user_context.revision;
    expected.service_owner_context.revision = found.service_owner_context.revision;
    expected.seen_since_content_update = found.seen_since_content_update;
    expected.transmissions =
        (1..=version.min(MAX_TRANSMISSIONS)).flat_map(|version| upserted(found.id, version).transmissions).collect();
    expected.from_service_owner_transmissions_count = expected.transmissions.len() as u16;
    expected.has_unopened_content = true;
    expected
}

fn version_of(dialog: &Dialog) -> u64 {
    dialog.external_reference.as_ref().and_then(|version| version.parse().ok()).expect("every version says its number")
}

fn loaded(id: DialogId) -> LoadedDialog {
    let mut dialog = upserted(id, 1);
    dialog.idempotent_key = None;
    let (dialog, label_log) = dialog.complete(NOW);
    LoadedDialog { dialog, seen_log: vec![seen_entry(id, 1)], label_log }
}

fn seen_entry(id: DialogId, version: u64) -> SeenEntry {
    let user = ActorId::parse("urn:altinn:person:identifier-no:03886595947").expect("a valid actor");
    SeenEntry {
        id: id_within(id, version),
        seen_at: NOW,
        seen_by: Actor::Identified { id: user, name: None },
        is_via_service_owner: false,
    }
}

fn text(value: &str) -> ContentValue {
    let text = Localization { language_code: LanguageCode::NB, value: value.to_owned() };
    ContentValue { media_type: MediaType::PlainText, value: Localizations::new(vec![text]) }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
