//! The index alone, with rows made by hand.

mod against_a_scan;

use super::*;
use crate::domain::{DialogId, DialogStatus, SystemLabel, SystemLabels, Timestamp};
use crate::query::{Cursor, DeletedFilter, Direction, FacetField, SortKey};
use crate::text::{DialogText, TextExpr, Token, Tokens};
use std::collections::HashMap;
use tempfile::TempDir;
use uuid::Uuid;

/// An index in a folder of its own.
struct Fixture {
    folder: TempDir,
    index: DialogIndex,
    writer: IndexWriter,
}

impl Fixture {
    /// Rows are committed in batches, so that there are several segments.
    fn holding(rows: &[IndexRow]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (index, writer) = DialogIndex::open(folder.path()).expect("an index");
        let mut fixture = Self { folder, index, writer };
        for batch in rows.chunks(rows.len().div_ceil(3).max(1)) {
            for row in batch {
                fixture.writer.add(row).expect("added");
            }
            let committed = fixture.writer.committed();
            fixture.writer.commit(committed + 1).expect("committed");
        }
        fixture
    }

    fn reopened(self) -> Self {
        let Self { folder, index, writer } = self;
        drop((index, writer));
        let (index, writer) = DialogIndex::open(folder.path()).expect("an index");
        Self { folder, index, writer }
    }

    /// Until nothing is left to merge.
    fn rest(&mut self) {
        while self.writer.rest().expect("at rest") {
            std::thread::yield_now();
        }
    }

    fn numbers(&self, selection: &Selection) -> Vec<u64> {
        let mut numbers = self.page(selection, &Order::default(), &Position::First, 1000).numbers;
        let counts = self.counts(selection, &[]);
        assert_eq!(counts.total, numbers.len() as u64, "the total is the number of hits");
        numbers.sort_unstable();
        numbers
    }

    fn page(&self, selection: &Selection, order: &Order, position: &Position, limit: i64) -> Hits {
        let limit = PageSize::new(limit).expect("a valid limit");
        let search = |only| self.index.view().search(selection, order, position, limit, only).expect("searched").0;
        let hits = search(None);
        // The other pages are gone through in the same ways.
        for driver in Driver::ALL.into_iter().filter(|_| *position == Position::First) {
            assert_eq!(search(Some(driver)), hits, "{driver:?}");
        }
        let within = self.index.view().search_within(1e9, selection, order, position, limit).expect("searched");
        if let Some((within, _)) = within {
            assert_eq!(within, hits, "with a bound");
        }
        hits
    }

    fn counts(&self, selection: &Selection, facets: &[FacetField]) -> SelectionCounts {
        let count = |only| self.index.view().count(selection, facets, only).expect("counted").0;
        let counts = count(None);
        for driver in Driver::ALL {
            assert_eq!(count(Some(driver)), counts, "{driver:?}");
        }
        counts
    }

    fn facet(&self, selection: &Selection, field: FacetField) -> Vec<(i64, u64)> {
        let mut counts: Vec<(i64, u64)> =
            self.counts(selection, &[field]).facets[0].by_number.clone().into_iter().collect();
        counts.sort_unstable();
        counts
    }

    /// All pages of an order, one after another.
    fn all_pages(&self, selection: &Selection, order: &Order, limit: i64) -> Vec<u64> {
        let mut all = Vec::new();
        let mut position = Position::First;
        loop {
            let page = self.page(selection, order, &position, limit);
            all.extend(&page.numbers);
            match page.last {
                Some(last) if page.has_next => position = Position::After(last),
                _ => return all,
            }
        }
    }
}

pub(super) fn row(number: u64) -> IndexRow {
    IndexRow {
        number,
        id: Uuid::from_u128(u128::from(number)),
        party: 1,
        resource: 1,
        org: 1,
        extended_status: None,
        process: None,
        service_owner_labels: Vec::new(),
        external_reference: None,
        status: DialogStatus::InProgress,
        system_labels: SystemLabels::default(),
        is_content_seen: false,
        is_api_only: false,
        is_deleted: false,
        created_at: 0,
        updated_at: 0,
        content_updated_at: 0,
        due_at: None,
        visible_from: None,
        expires_at: None,
        text: DialogText::default(),
    }
}

/// Words, of which those with a `*` are open.
fn text(words: &str) -> DialogText {
    let mut text = DialogText::default();
    for (word, position) in words.split_whitespace().zip(1..) {
        let (word, is_open) = word.strip_suffix('*').map_or((word, false), |word| (word, true));
        text.whole.push(Token { text: word, position });
        text.open.add(if is_open { position..position + 1 } else { 0..0 });
    }
    text
}

fn text_row(number: u64, resource: u32, words: &str) -> IndexRow {
    IndexRow { resource, text: text(words), ..row(number) }
}

/// What an end user may see of these parties, for these resources each.
fn grants(parties: &[(u32, &[u32])]) -> Grants {
    let sets: Vec<NumberSet> = parties.iter().map(|(_, resources)| resources.iter().copied().collect()).collect();
    let by_party = GrantsByParty::of(parties.iter().map(|(party, _)| *party).zip(0..).collect(), &sets);
    Grants { by_party: Arc::new(by_party), ..Grants::default() }
}

/// What a user asks for who may see the services 1 and 2 of the party 1, and reads these services whole.
fn reading(readable: &[u32], text: TextExpr) -> Selection {
    let readable = Arc::new(readable.iter().copied().collect());
    let grants = Grants { readable, ..grants(&[(1, &[1, 2])]) };
    Selection {
        permitted: Permitted::Granted(grants),
        requested: Requested { text: Some(text), ..Requested::default() },
    }
}

/// What the owner 1 asks for.
fn owned(requested: Requested) -> Selection {
    Selection { permitted: Permitted::OwnedBy(Some(1)), requested }
}

fn granted(grants: Grants) -> Selection {
    Selection { permitted: Permitted::Granted(grants), requested: Requested::default() }
}

fn word(word: &str) -> TextExpr {
    TextExpr::Word(word.to_owned())
}

fn set(numbers: &[u32]) -> Option<NumberSet> {
    Some(numbers.iter().copied().collect())
}

#[test]
fn a_search_with_a_bound_is_given_up_where_it_takes_longer_than_was_thought() {
    let updated = |number: u64| IndexRow { content_updated_at: number as i64, ..row(number) };
    let rows: Vec<IndexRow> = (1..=10_000).map(updated).collect();
    let index = Fixture::holding(&rows);
    let within = |nanoseconds, selection: &Selection| {
        let limit = PageSize::new(10).expect("a size");
        let view = index.index.view();
        let found = view.search_within(nanoseconds, selection, &Order::default(), &Position::First, limit);
        found.expect("searched").map(|(hits, _)| hits.numbers.len())
    };
    let newest = owned(Requested::default());
    assert_eq!(within(1e9, &newest), Some(10));
    assert_eq!(within(1.0, &newest), None, "it is thought to take longer");
    let drafts = owned(Requested { statuses: vec![DialogStatus::Draft], ..Requested::default() });
    assert_eq!(within(1e9, &drafts), None, "there are none, so all are looked at");
}

#[test]
fn what_is_empty_matches_nothing() {
    let rows = [
        text_row(1, 1, "skatt*"),
        IndexRow { process: Some(1), extended_status: Some(1), service_owner_labels: vec![1], ..row(2) },
    ];
    let index = Fixture::holding(&rows);
    assert_eq!(index.numbers(&owned(Requested::default())), [1, 2], "asked for nothing, everything permitted is found");

    let nothing_permitted = [
        ("an owner without dialogs", Permitted::OwnedBy(None)),
        ("another owner", Permitted::OwnedBy(Some(2))),
        ("no party", Permitted::Granted(Grants::default())),
        ("a party without resources", Permitted::Granted(grants(&[(1, &[])]))),
        ("rights within an owner without dialogs", Permitted::GrantedWithin(grants(&[(1, &[1])]), None)),
        ("no rights within the owner", Permitted::GrantedWithin(Grants::default(), Some(1))),
    ];
    for (what, permitted) in nothing_permitted {
        let selection = Selection { permitted, requested: Requested::default() };
        assert_eq!(index.numbers(&selection), [0; 0], "{what}");
        assert_eq!(index.facet(&selection, FacetField::Party), [], "{what}");
    }

    let none = || Some(NumberSet::default());
    let nothing_requested = [
        ("parties", Requested { parties: none(), ..Requested::default() }),
        ("resources", Requested { resources: none(), ..Requested::default() }),
        ("orgs", Requested { orgs: none(), ..Requested::default() }),
        ("extended statuses", Requested { extended_statuses: none(), ..Requested::default() }),
        ("processes", Requested { processes: none(), ..Requested::default() }),
        ("a label", Requested { service_owner_labels: vec![NumberSet::default()], ..Requested::default() }),
        ("a reference", Requested { external_reference: Some(String::new()), ..Requested::default() }),
        ("a long reference", Requested { external_reference: Some("x".repeat(70_000)), ..Requested::default() }),
        ("no alternative", Requested { text: Some(TextExpr::Or(Vec::new())), ..Requested::default() }),
        ("no word", Requested { text: Some(TextExpr::And(Vec::new())), ..Requested::default() }),
        ("only a negation", Requested { text: Some(TextExpr::Not(Box::new(word("avslag")))), ..Requested::default() }),
        (
            "a negation among nothing",
            Requested {
                text: Some(TextExpr::And(vec![TextExpr::Not(Box::new(word("avslag")))])),
                ..Requested::default()
            },
        ),
        (
            "two places",
            Requested { system_labels: vec![SystemLabel::Bin, SystemLabel::Archive], ..Requested::default() },
        ),
    ];
    for (what, requested) in nothing_requested {
        assert_eq!(index.numbers(&owned(requested)), [0; 0], "{what}");
    }
}

#[test]
fn an_empty_index_answers() {
    let index = Fixture::holding(&[]);
    assert_eq!(index.numbers(&owned(Requested::default())), [0; 0]);
    assert_eq!(index.page(&owned(Requested::default()), &Order::default(), &Position::First, 1).last, None);
}

#[test]
fn a_delegation_holds_for_its_party_and_resource_only() {
    let labelled = |number| IndexRow { service_owner_labels: vec![7, 8], ..row(number) };
    let index = Fixture::holding(&[
        row(1),
        row(2),
        labelled(3),
        IndexRow { party: 2, ..labelled(4) },
        IndexRow { resource: 2, ..labelled(5) },
        IndexRow { service_owner_labels: vec![9], ..row(6) },
    ]);
    let delegated = |dialogs: &[(u64, (u32, u32))], labels: &[(u32, (u32, u32))]| {
        granted(Grants {
            delegations: Arc::new(Delegations::of(
                dialogs.iter().map(|(number, pair)| (*number, vec![*pair])).collect(),
                labels.iter().map(|(label, pair)| (*label, vec![*pair])).collect(),
            )),
            ..Grants::default()
        })
    };
    assert_eq!(index.numbers(&delegated(&[(2, (1, 1))], &[])), [2]);
    assert_eq!(index.numbers(&delegated(&[(2, (1, 2))], &[])), [0; 0], "another resource");
    assert_eq!(index.numbers(&delegated(&[(2, (2, 1))], &[])), [0; 0], "another party");
    assert_eq!(index.numbers(&delegated(&[], &[(8, (1, 1))])), [3]);
    assert_eq!(index.numbers(&delegated(&[(1, (1, 1)), (99, (1, 1))], &[(8, (1, 2)), (9, (1, 1))])), [1, 5, 6]);
}

#[test]
fn each_dialog_is_searched_in_the_text_that_may_be_read() {
    let index = Fixture::holding(&[
        text_row(1, 1, "avslag skatt* melding*"),
        text_row(2, 2, "avslag skatt* melding*"),
        text_row(3, 1, "skatt* avslag* skatt"),
        text_row(4, 2, "skatt* avslag* skatt"),
        text_row(5, 1, "skatt avslag"),
    ]);
    let without = |negated| TextExpr::And(vec![word("skatt"), TextExpr::Not(Box::new(word(negated)))]);
    assert_eq!(index.numbers(&reading(&[], word("avslag"))), [3, 4]);
    assert_eq!(index.numbers(&reading(&[1], word("avslag"))), [1, 3, 4, 5]);
    assert_eq!(index.numbers(&reading(&[2], word("avslag"))), [2, 3, 4]);
    assert_eq!(index.numbers(&reading(&[1, 2], word("avslag"))), [1, 2, 3, 4, 5]);
    assert_eq!(index.numbers(&reading(&[1], word("skatt"))), [1, 2, 3, 4, 5]);
    assert_eq!(index.numbers(&reading(&[], word("skatt"))), [1, 2, 3, 4]);
    assert_eq!(index.numbers(&reading(&[1], without("avslag"))), [2]);
    assert_eq!(index.numbers(&reading(&[], without("avslag"))), [1, 2]);
    assert_eq!(index.numbers(&reading(&[], without("melding"))), [3, 4]);
    let owner = owned(Requested { text: Some(word("avslag")), ..Requested::default() });
    assert_eq!(index.numbers(&owner), [1, 2, 3, 4, 5]);
    let within = Selection {
        permitted: Permitted::GrantedWithin(grants(&[(1, &[2])]), Some(1)),
        requested: Requested { text: Some(word("avslag")), ..Requested::default() },
    };
    assert_eq!(index.numbers(&within), [2, 4]);
}

#[test]
fn phrases_run_on_from_one_open_text_to_the_next() {
    let index = Fixture::holding(&[
        text_row(1, 1, "sen* for* levering*"),
        text_row(2, 1, "sen* for levering*"),
        text_row(3, 1, "sen for levering sen* for*"),
        text_row(4, 1, "sen* for levering* sen* for* levering*"),
    ]);
    let phrase = |readable: &[u32], words: &[(u32, &str)]| {
        let words = words.iter().map(|(at, word)| (*at, (*word).to_owned())).collect();
        index.numbers(&reading(readable, TextExpr::Phrase(words)))
    };
    assert_eq!(phrase(&[1], &[(0, "sen"), (2, "levering")]), [1, 2, 3, 4]);
    assert_eq!(phrase(&[1], &[(0, "sen"), (1, "levering")]), [0; 0]);
    assert_eq!(phrase(&[], &[(0, "sen"), (1, "levering")]), [2, 4]);
    assert_eq!(phrase(&[], &[(0, "sen"), (2, "levering")]), [1, 4]);
    assert_eq!(phrase(&[], &[(0, "sen"), (1, "for")]), [1, 3, 4]);
    assert_eq!(phrase(&[], &[(0, "levering"), (1, "sen")]), [4]);
}

#[test]
fn phrases_keep_their_distances() {
    let index = Fixture::holding(&[
        text_row(1, 1, "sen for levering"),
        text_row(2, 1, "sen levering"),
        text_row(3, 1, "levering sen for"),
    ]);
    let phrase = |words: &[(u32, &str)]| {
        let words = words.iter().map(|(at, word)| (*at, (*word).to_owned())).collect();
        owned(Requested { text: Some(TextExpr::Phrase(words)), ..Requested::default() })
    };
    assert_eq!(index.numbers(&phrase(&[(0, "sen"), (2, "levering")])), [1]);
    assert_eq!(index.numbers(&phrase(&[(0, "sen"), (1, "levering")])), [2]);
    assert_eq!(index.numbers(&phrase(&[(0, "sen"), (1, "for")])), [1, 3]);
}

#[test]
fn times_are_compared_to_the_microsecond() {
    let index = Fixture::holding(&[
        IndexRow { due_at: Some(10), visible_from: Some(10), expires_at: None, ..row(1) },
        IndexRow { due_at: None, visible_from: None, expires_at: Some(10), ..row(2) },
    ]);
    let numbers = |requested| index.numbers(&owned(requested));
    let range = |after, before| MicrosRange { after: Some(after), before: Some(before) };
    assert_eq!(numbers(Requested { due: range(10, 10), ..Requested::default() }), [1]);
    assert_eq!(numbers(Requested { due: range(11, 20), ..Requested::default() }), [0; 0]);
    assert_eq!(numbers(Requested { due: range(0, 9), ..Requested::default() }), [0; 0]);
    assert_eq!(numbers(Requested { visible_from: range(0, 20), ..Requested::default() }), [1]);
    assert_eq!(numbers(Requested { created: range(0, 0), ..Requested::default() }), [1, 2]);
    assert_eq!(numbers(Requested { updated: range(-5, -1), ..Requested::default() }), [0; 0]);
    assert_eq!(numbers(Requested { visible_at: Some(9), ..Requested::default() }), [2]);
    assert_eq!(numbers(Requested { visible_at: Some(10), ..Requested::default() }), [1]);
}

#[test]
fn a_facet_ignores_its_own_filter_and_obeys_the_others() {
    let index = Fixture::holding(&[
        row(1),
        IndexRow { party: 2, ..row(2) },
        IndexRow { party: 2, status: DialogStatus::Draft, ..row(3) },
        IndexRow { party: 3, status: DialogStatus::Draft, ..row(4) },
        IndexRow { party: 3, status: DialogStatus::Draft, is_deleted: true, ..row(5) },
    ]);
    let selection =
        owned(Requested { parties: set(&[1, 2]), statuses: vec![DialogStatus::InProgress], ..Requested::default() });
    let counts = index.counts(&selection, &[FacetField::Party, FacetField::Status, FacetField::Party]);
    assert_eq!(counts.total, 2);
    assert_eq!(counts.facets.len(), 3);
    assert_eq!(index.facet(&selection, FacetField::Party), [(1, 1), (2, 1)]);
    assert_eq!(index.facet(&selection, FacetField::Status), [(0, 2), (1, 1)]);
    assert_eq!(index.facet(&selection, FacetField::IsContentSeen), [(0, 2)]);
    assert_eq!(index.facet(&selection, FacetField::ContentUpdatedYear), [(1970, 2)]);
    let grantee = Selection { permitted: Permitted::Granted(grants(&[(1, &[1]), (3, &[1])])), ..selection };
    assert_eq!(index.facet(&grantee, FacetField::Party), [(1, 1)]);
    assert_eq!(index.facet(&grantee, FacetField::Status), [(0, 1)]);
}

#[test]
fn missing_due_dates_come_last_ascending_and_first_descending() {
    let due = |number, due_at| IndexRow { due_at, ..row(number) };
    let index = Fixture::holding(&[due(1, None), due(2, Some(5)), due(3, Some(-5)), due(4, None), due(5, Some(5))]);
    let pages = |direction, id| {
        let order = Order::new(vec![(SortKey::DueAt, direction)], id).expect("a valid order");
        let all = index.all_pages(&owned(Requested::default()), &order, 1000);
        for limit in 1..6 {
            assert_eq!(index.all_pages(&owned(Requested::default()), &order, limit), all, "pages of {limit}");
        }
        all
    };
    use Direction::{Ascending, Descending};
    assert_eq!(pages(Ascending, Ascending), [3, 2, 5, 1, 4]);
    assert_eq!(pages(Ascending, Descending), [3, 5, 2, 4, 1]);
    assert_eq!(pages(Descending, Ascending), [1, 4, 2, 5, 3]);
    assert_eq!(pages(Descending, Descending), [4, 1, 5, 2, 3]);
}

#[test]
fn what_is_dated_ahead_is_passed_over_and_nothing_else() {
    // Times tie over segments, and one row without a date lies between those that are dated ahead.
    let ahead = |number: u64| 100 + (number as i64 * 7) % 30;
    let dated = |number: u64| match number % 5 {
        0 | 1 => IndexRow { content_updated_at: ahead(number), visible_from: Some(ahead(number)), ..row(number) },
        2 => IndexRow { content_updated_at: number as i64 / 20, visible_from: Some(3), ..row(number) },
        _ if number.is_multiple_of(29) => IndexRow { content_updated_at: 115, ..row(number) },
        _ => IndexRow { content_updated_at: number as i64 / 20, is_deleted: number.is_multiple_of(7), ..row(number) },
    };
    let mut rows: Vec<IndexRow> = (1..=90).map(dated).collect();
    let mut index = Fixture::holding(&rows);
    let check = |index: &Fixture, rows: &[IndexRow]| {
        for now in [0, 3, 99, 100, 101, 114, 115, 129, 130] {
            let is_hit = |row: &&IndexRow| !row.is_deleted && row.visible_from.is_none_or(|from| from <= now);
            let mut expected: Vec<&IndexRow> = rows.iter().filter(is_hit).collect();
            expected.sort_by_key(|row| std::cmp::Reverse((row.content_updated_at, row.id)));
            let expected: Vec<u64> = expected.iter().map(|row| row.number).collect();
            let visible = owned(Requested { visible_at: Some(now), ..Requested::default() });
            for limit in [1, 2, 7, 1000] {
                let found = index.all_pages(&visible, &Order::default(), limit);
                assert_eq!(found, expected, "at {now}, pages of {limit}");
            }
            assert_eq!(index.counts(&visible, &[FacetField::Status]).total, expected.len() as u64, "at {now}");
        }
    };
    check(&index, &rows);
    // In the tail, one is no longer dated ahead, one has become so, and one is gone; then they are in a segment.
    let changed = [
        IndexRow { content_updated_at: 2, visible_from: None, ..row(5) },
        IndexRow { content_updated_at: 120, visible_from: Some(120), ..row(8) },
    ];
    let gone = rows.remove(3);
    for row in &changed {
        *rows.iter_mut().find(|it| it.number == row.number).expect("it is there") = row.clone();
    }
    let committed = index.writer.committed();
    let mut tail: Vec<Arc<TailRow>> = changed.into_iter().map(|row| Arc::new(TailRow::of(row))).collect();
    tail.push(Arc::new(TailRow::gone(gone.number)));
    index.index.push(committed + 1, &tail);
    check(&index, &rows);
    for row in &tail {
        index.writer.apply(row).expect("applied");
    }
    index.writer.commit(committed + 1).expect("committed");
    check(&index.reopened(), &rows);
}

#[test]
fn pages_by_other_times_stop_early_and_are_known_to() {
    // A tenth was written to a little later: the content of some, something else of others.
    let rows = (1..=9_000).map(|number| {
        let at = number as i64;
        let late = |of: u64| if number % 20 == of { at + 30 } else { at };
        let content_updated_at = late(0);
        IndexRow { created_at: at, content_updated_at, updated_at: late(10).max(content_updated_at), ..row(number) }
    });
    let index = Fixture::holding(&rows.collect::<Vec<_>>());
    let all = owned(Requested::default());
    let limit = PageSize::new(10).expect("a size");
    let explain = |key, direction, position: &Position| {
        let order = Order::new(vec![(key, direction)], direction).expect("one key");
        let only = Some(Driver::Scan);
        let (hits, explanation) = index.index.view().search(&all, &order, position, limit, only).expect("searched");
        let thought = explanation.estimates.iter().find(|estimate| estimate.driver == Driver::Scan);
        (hits.numbers[0], explanation.matched, thought.expect("it can be scanned").nanoseconds)
    };
    let (_, of_all, thought_of_all) = explain(SortKey::CreatedAt, Direction::Ascending, &Position::First);
    assert_eq!(of_all, 9_000);
    for key in [SortKey::CreatedAt, SortKey::UpdatedAt] {
        let (_, found, thought) = explain(key, Direction::Descending, &Position::First);
        assert!(found < 900 && thought < thought_of_all / 10.0, "{key:?}: {found} found, {thought} ns");
    }
    let middle = Cursor { values: vec![Some(Timestamp::from_micros(4_001))], id: DialogId(Uuid::max()) };
    let (first, found, thought) = explain(SortKey::UpdatedAt, Direction::Descending, &Position::After(middle));
    assert_eq!(first, 4_001);
    assert!(found < 900 && thought < thought_of_all / 10.0, "what is before the middle is left out: {found} found");
}

#[test]
fn ids_are_compared_as_unsigned_bytes() {
    let ids = [0u128, 1, 1 << 63, 1 << 64, u128::MAX >> 1, 1 << 127, u128::MAX];
    let rows: Vec<IndexRow> =
        (1..).zip(ids).map(|(number, id)| IndexRow { id: Uuid::from_u128(id), ..row(number) }).collect();
    let index = Fixture::holding(&rows);
    let order = Order::new(Vec::new(), Direction::Ascending).expect("a valid order");
    assert_eq!(index.all_pages(&owned(Requested::default()), &order, 2), [1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn a_page_starts_strictly_after_its_cursor() {
    let rows: Vec<IndexRow> =
        (1..=6).map(|number| IndexRow { content_updated_at: number as i64 / 2, ..row(number) }).collect();
    let index = Fixture::holding(&rows);
    let after = |time, id| {
        let cursor = Cursor { values: vec![Some(Timestamp::from_micros(time))], id: DialogId(Uuid::from_u128(id)) };
        index.page(&owned(Requested::default()), &Order::default(), &Position::After(cursor), 2)
    };
    assert_eq!(after(2, 5).numbers, [4, 3]);
    assert!(after(2, 5).has_next);
    assert_eq!(after(2, 4).numbers, [3, 2]);
    assert_eq!(after(2, 0).numbers, [3, 2], "the row of a cursor need not exist");
    assert_eq!(after(1, 2).numbers, [1]);
    assert!(!after(1, 2).has_next);
    let past_the_end = after(-7, 0);
    assert_eq!((past_the_end.numbers, past_the_end.has_next, past_the_end.last), (vec![], false, None));
}

#[test]
fn writes_show_with_their_commit_and_survive_a_restart() {
    let everything = owned(Requested { deleted: DeletedFilter::Include, ..Requested::default() });
    let mut index = Fixture::holding(&[row(1), row(2), row(3)]);
    let committed = index.writer.committed();
    index.writer.put(&IndexRow { party: 9, ..row(2) }).expect("put");
    index.writer.put(&row(4)).expect("put");
    index.writer.remove(3).expect("removed");
    assert_eq!(index.numbers(&everything), [1, 2, 3]);
    index.writer.commit(committed + 5).expect("committed");
    assert_eq!(index.numbers(&everything), [1, 2, 4]);
    assert_eq!(index.facet(&everything, FacetField::Party), [(1, 2), (9, 1)]);

    let mut index = index.reopened();
    assert_eq!(index.writer.committed(), committed + 5);
    assert_eq!(index.numbers(&everything), [1, 2, 4]);
    index.writer.remove(1).expect("removed");
    index.writer.add(&row(5)).expect("added");
    index.writer.rollback().expect("rolled back");
    index.writer.add(&row(6)).expect("added");
    index.writer.commit(committed + 6).expect("committed");
    assert_eq!(index.numbers(&everything), [1, 2, 4, 6]);

    index.writer.clear().expect("cleared");
    index.writer.add(&row(7)).expect("added");
    index.writer.commit(committed + 7).expect("committed");
    assert_eq!(index.numbers(&everything), [7]);
    let index = index.reopened();
    assert_eq!(index.numbers(&everything), [7]);
}

#[test]
fn one_dialog_written_twice_in_a_commit_is_there_once() {
    let mut index = Fixture::holding(&[]);
    index.writer.add(&row(1)).expect("added");
    index.writer.put(&IndexRow { party: 2, ..row(1) }).expect("put");
    index.writer.put(&IndexRow { party: 3, ..row(1) }).expect("put");
    index.writer.commit(1).expect("committed");
    assert_eq!(index.facet(&owned(Requested::default()), FacetField::Party), [(3, 1)]);
}

#[test]
fn what_is_kept_of_rights_outlives_neither_removals_nor_rights() {
    const ROWS: u64 = 600;
    let party_of = |number: u64| (number % 100) as u32;
    let rows: Vec<IndexRow> = (1..=ROWS).map(|number| IndexRow { party: party_of(number), ..row(number) }).collect();
    let mut index = Fixture::holding(&rows);
    let rights = |parties: std::ops::Range<u32>| grants(&parties.map(|party| (party, &[1][..])).collect::<Vec<_>>());
    let expected = |parties: std::ops::Range<u32>, gone: &[u64]| {
        let is_seen = |number: &u64| parties.contains(&party_of(*number)) && !gone.contains(number);
        (1..=ROWS).filter(is_seen).collect::<Vec<u64>>()
    };
    let before = rights(0..6);
    let by_party = before.by_party.clone();
    let before = granted(before);
    let segments = index.index.published.get();
    let is_kept = |segment| index.index.authorized.known(&by_party, segment).all().is_some();
    // They are kept as soon as searches have lost enough for want of them.
    for _ in 0..10 {
        assert_eq!(index.numbers(&before), expected(0..6, &[]));
    }
    assert!(segments.snapshot.segments.iter().all(is_kept), "the way over kept bits is the one to test");

    let committed = index.writer.committed();
    index.writer.remove(100).expect("removed");
    index.writer.commit(committed + 1).expect("committed");
    assert_eq!(index.numbers(&before), expected(0..6, &[100]));
    // It leaves the rights, and is not in a segment yet.
    let moved = TailRow::of(IndexRow { party: 50, ..row(201) });
    index.index.push(committed + 2, &[Arc::new(moved)]);
    assert_eq!(index.numbers(&before), expected(0..6, &[100, 201]));
    assert_eq!(index.numbers(&granted(rights(1..6))), expected(1..6, &[201]));
    assert_eq!(index.numbers(&granted(rights(0..7))), expected(0..7, &[100, 201]));
}

#[test]
fn what_cannot_be_read_is_begun_anew() {
    let index = Fixture::holding(&[row(1)]);
    let meta = index.folder.path().join("meta.json");
    let Fixture { folder, .. } = index;
    let written = std::fs::read_to_string(&meta).expect("a meta file");
    for damage in ["", "{}", &written.replace("dialogdex-index", "another-index"), &written.replace("party", "partx")] {
        std::fs::write(&meta, damage).expect("written");
        let (index, mut writer) = DialogIndex::open(folder.path()).expect("an index");
        assert_eq!(writer.committed(), 0);
        assert_eq!(index.fingerprints().expect("read"), []);
        writer.add(&row(1)).expect("added");
        writer.commit(3).expect("committed");
        drop((index, writer));
        let (index, writer) = DialogIndex::open(folder.path()).expect("an index");
        assert_eq!((writer.committed(), index.fingerprints().expect("read").len()), (3, 1));
        drop((index, writer));
    }
}

#[test]
fn huge_words_and_references_harm_nothing() {
    let huge = "a".repeat(100_000);
    let index = Fixture::holding(&[IndexRow {
        external_reference: Some(huge.clone()),
        ..text_row(1, 1, &format!("{huge} skatt"))
    }]);
    let found = |text| index.numbers(&owned(Requested { text: Some(text), ..Requested::default() }));
    assert_eq!(found(word("skatt")), [1]);
    assert_eq!(found(word(&huge)), [0; 0]);
    assert_eq!(found(TextExpr::Phrase(vec![(0, huge.clone()), (1, "skatt".to_owned())])), [0; 0]);
}

#[test]
fn fingerprints_tell_rows_apart() {
    let variants = [
        row(1),
        IndexRow { due_at: Some(0), ..row(1) },
        IndexRow { visible_from: Some(0), ..row(1) },
        IndexRow { process: Some(0), ..row(1) },
        IndexRow { service_owner_labels: vec![0], ..row(1) },
        IndexRow { external_reference: Some(String::new()), ..row(1) },
        IndexRow { is_content_seen: true, ..row(1) },
        text_row(1, 1, "a b"),
        text_row(1, 1, "ab"),
        text_row(1, 1, "ab*"),
    ];
    let by_print: HashMap<u32, usize> =
        variants.iter().enumerate().map(|(place, row)| (row.fingerprint(), place)).collect();
    assert_eq!(by_print.len(), variants.len());

    let rows = [row(1), row(2)];
    let mut found = Fixture::holding(&rows).index.fingerprints().expect("read");
    found.sort_unstable();
    assert_eq!(found, rows.map(|row| (row.number, row.fingerprint())));
}
