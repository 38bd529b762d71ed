//! The library held against a plain scan: random dialogs, rights and searches must give the pages, totals and facets
//! that come out when every dialog is looked at, through all that can happen to them.
//!
//! `DIALOGDEX_ORACLE_CASES` sets how many seeds are tried (default 3), `DIALOGDEX_ORACLE_SEED` the first of them.

mod random;
mod scan;

use dialog_index::domain::{Actor, Dialog, DialogId, Org, SystemLabel, Timestamp};
use dialog_index::query::{CountRequest, PageSize, Position, SearchQuery};
use dialog_index::{
    AuthorizedScope, Change, Dialogs, Found, LoadedDialog, Occasion, OpenOptions, SearchPage, WriteError,
};
use random::{FACETS, Random, TEXTS, World};
use scan::{SearchCase, Who};
use std::collections::BTreeMap;
use std::path::Path;

const SEARCHES_A_STEP: usize = 120;

#[test]
fn searches_equal_a_scan() {
    #[expect(clippy::disallowed_methods, reason = "a test has no settings of its own")]
    let setting = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number in the environment"))
    };
    let first = setting("DIALOGDEX_ORACLE_SEED", 0);
    for seed in first..first + setting("DIALOGDEX_ORACLE_CASES", 3) {
        run(seed);
    }
}

fn run(seed: u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut random = Random::new(seed);
    let world = World::new(&mut random);
    let mut dialogs = open(folder.path());
    let mut known = BTreeMap::new();

    let mut loaded: BTreeMap<DialogId, Dialog> = BTreeMap::new();
    for _ in 0..150 {
        let dialog = world.dialog(&mut random);
        loaded.entry(dialog.id).or_insert(dialog);
    }
    known.extend(loaded.values().map(|dialog| (dialog.id, dialog.org.clone())));
    let of = |dialog| LoadedDialog { dialog, seen_log: Vec::new(), label_log: Vec::new() };
    for result in dialogs.load(loaded.into_values().map(of)).expect("loaded") {
        result.expect("a dialog that can be loaded");
    }
    dialogs.flush().expect("flushed");
    check(&dialogs, &known, &world, &mut random, &format!("seed {seed}, loaded"));

    for _ in 0..10 {
        let mut dialog = world.dialog(&mut random);
        dialog.id = DialogId(random.uuid());
        known.insert(dialog.id, dialog.org.clone());
        let at = world.time(&mut random);
        dialogs.create(world.new_dialog(&mut random, dialog), at).expect("created");
    }
    check(&dialogs, &known, &world, &mut random, &format!("seed {seed}, created"));

    for _ in 0..30 {
        let mut dialog = world.dialog(&mut random);
        if !random.one_in(4) {
            let place = random.below(known.len() as u64) as usize;
            dialog.id = *known.keys().nth(place).expect("a known dialog");
        }
        if let Some(owner) = known.get(&dialog.id) {
            dialog.org = owner.clone();
        }
        known.insert(dialog.id, dialog.org.clone());
        let at = world.time(&mut random);
        dialogs.upsert(world.new_dialog(&mut random, dialog), None, at).expect("upserted");
    }
    check(&dialogs, &known, &world, &mut random, &format!("seed {seed}, changed"));

    for _ in 0..60 {
        let place = random.below(known.len() as u64) as usize;
        let (id, owner) = known.iter().nth(place).map(|(id, owner)| (*id, owner.clone())).expect("a known dialog");
        let at = world.time(&mut random);
        if change(&dialogs, id, &owner, at, &mut random) == Kept::No {
            known.remove(&id);
        }
    }
    check(&dialogs, &known, &world, &mut random, &format!("seed {seed}, changed in place"));

    drop(dialogs);
    dialogs = open(folder.path());
    check(&dialogs, &known, &world, &mut random, &format!("seed {seed}, opened again"));

    drop(dialogs);
    std::fs::remove_dir_all(folder.path().join("index")).expect("the index is removed");
    dialogs = open(folder.path());
    check(&dialogs, &known, &world, &mut random, &format!("seed {seed}, with an index made anew"));
}

/// Whether a dialog is still there after a change.
#[derive(PartialEq)]
enum Kept {
    Yes,
    No,
}

fn change(dialogs: &Dialogs, id: DialogId, owner: &Org, at: Timestamp, random: &mut Random) -> Kept {
    let (kind, label) = (random.below(7), SystemLabel::ALL[random.below(5) as usize]);
    let occasion = Occasion { at, is_silent: random.one_in(3) };
    let kept = if kind == 6 { Kept::No } else { Kept::Yes };
    let judge = move |change: &mut Change<'_, '_>| -> Result<(), WriteError> {
        match kind {
            0 => change.delete(),
            1 => change.restore(),
            2 => change.assign_labels(&[label], &[], &Actor::ServiceOwner),
            3 => change.assign_labels(&[], &[label], &Actor::ServiceOwner),
            4 => change.set_service_owner_labels(Vec::new()),
            5 => change.freeze(),
            _ => change.purge(),
        }
        Ok(())
    };
    let scope = AuthorizedScope::owned_by(owner.clone());
    let found = dialogs.change(&scope, id, occasion, judge).expect("the change is good");
    assert!(matches!(found, Found::Visible(_)), "{id} should be visible to its owner: {found:?}");
    kept
}

fn open(folder: &Path) -> Dialogs {
    Dialogs::open(folder, &OpenOptions { cache_bytes: 16 << 20, items_cache_bytes: 1 << 20 }).expect("opened")
}

fn check(dialogs: &Dialogs, known: &BTreeMap<DialogId, Org>, world: &World, random: &mut Random, context: &str) {
    let stored: Vec<Dialog> = known.iter().map(|(id, org)| get(dialogs, *id, org)).collect();
    let (mut found, mut at_once) = (0, 0);
    for _ in 0..SEARCHES_A_STEP {
        let case = world.search(random);
        let expected = scan::search(&stored, &case);
        found += expected.len();
        let expected: Vec<DialogId> = expected.iter().map(|dialog| dialog.id).collect();
        let limit = PageSize::new(1 + random.below(60) as i64).expect("a valid size");
        let facet_limit = 1 + random.below(6) as u16;
        let request = CountRequest { facets: FACETS.to_vec(), limit: facet_limit };
        let expected_counts = scan::counts(&stored, &case, usize::from(facet_limit));
        let scope = case.who.scope();

        let counts = dialogs.count(&scope, &case.filter, &request).expect("counted");
        assert_eq!(counts, expected_counts, "{context}: {case:?}");

        let mut query = SearchQuery {
            filter: case.filter.clone(),
            order: case.order.clone(),
            position: Position::First,
            limit,
            counts: Some(request),
        };
        let mut pages: Vec<DialogId> = Vec::new();
        loop {
            let page = dialogs.search(&scope, &query).expect("searched");
            if query.counts.is_some() {
                assert_eq!(page.counts.as_ref(), Some(&expected_counts), "{context}: {case:?}");
            }
            assert!(page.items.len() <= limit.get(), "{context}: {case:?}");
            assert_eq!(page.last.is_some(), !page.items.is_empty(), "{context}: {case:?}");
            pages.extend(page.items.iter().map(|item| item.id));
            assert_eq!(page.has_next, pages.len() < expected.len(), "{context}: {case:?}");
            let uncounted = SearchQuery { counts: None, ..query.clone() };
            if let Some((again, _)) = dialogs.search_at_once(&scope, &uncounted).expect("searched") {
                let ids = |page: &SearchPage| page.items.iter().map(|item| item.id).collect::<Vec<_>>();
                assert_eq!(ids(&again), ids(&page), "{context}: {case:?}");
                assert_eq!((again.has_next, &again.last), (page.has_next, &page.last), "{context}: {case:?}");
                at_once += 1;
            }
            match page.last {
                Some(last) if page.has_next => query.position = Position::After(last),
                _ => break,
            }
            // Counts do not change from page to page, so that some pages may go without.
            query.counts = query.counts.filter(|_| random.one_in(4));
        }
        assert_eq!(pages, expected, "{context}: {case:?}");
    }
    assert!(at_once > 0, "{context}: no search was made at once");
    assert!(found > SEARCHES_A_STEP, "{context}: only {found} hits in all, so that little was tried");
}

fn get(dialogs: &Dialogs, id: DialogId, org: &Org) -> Dialog {
    match dialogs.get(&AuthorizedScope::owned_by(org.clone()), id).expect("read") {
        Found::Visible(dialog) => dialog,
        other => panic!("{id} should be visible to its owner: {other:?}"),
    }
}

/// The model reads texts word by word, without stems; so the words used must be their own stems, or a search for
/// one form of a word might rightly find another.
#[test]
fn the_words_are_their_own_stems() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut random = Random::new(0);
    let world = World::new(&mut random);
    let dialogs = open(folder.path());
    let mut known = BTreeMap::new();
    for text in TEXTS {
        let dialog = world.dialog_titled(&mut random, text);
        known.insert(dialog.id, (dialog.org.clone(), text));
        dialogs.create(world.new_dialog(&mut random, dialog), Timestamp::from_micros(0)).expect("created");
    }
    for (id, (org, text)) in &known {
        let case = SearchCase::of_word(Who::Owner(org.clone()), text);
        let query = SearchQuery {
            filter: case.filter,
            order: case.order,
            position: Position::First,
            limit: PageSize::DEFAULT,
            counts: None,
        };
        let page = dialogs.search(&AuthorizedScope::owned_by(org.clone()), &query).expect("searched");
        let found: Vec<DialogId> = page.items.iter().map(|item| item.id).collect();
        assert_eq!(found, [*id], "{text}");
    }
}
