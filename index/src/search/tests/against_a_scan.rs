//! Random rows and searches, answered by the index and by a plain scan over the rows.

use super::*;
use crate::query::FacetField;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

const ROWS: u64 = 300;
const ROUNDS: u64 = 8;
const SEARCHES_A_ROUND: usize = 50;

const FACETS: [FacetField; 10] = [
    FacetField::Status,
    FacetField::SystemLabel,
    FacetField::Org,
    FacetField::ServiceResource,
    FacetField::Party,
    FacetField::ExtendedStatus,
    FacetField::IsContentSeen,
    FacetField::ServiceOwnerLabel,
    FacetField::Process,
    FacetField::ContentUpdatedYear,
];
const WORDS: [&str; 6] = ["skatt", "avslag", "vedtak", "frist", "klage", "bot"];
const YEAR: i64 = 365 * 24 * 3600 * 1_000_000;

#[test]
fn searches_and_counts_equal_a_scan() {
    for seed in 0..ROUNDS {
        let mut random = Random(seed);
        let mut rows: BTreeMap<u64, IndexRow> = (1..=ROWS).map(|number| (number, random.row(number))).collect();
        let first: Vec<IndexRow> = rows.values().cloned().collect();
        let mut index = Fixture::holding(&first);
        check(&index, &rows, &mut random, &format!("seed {seed}, new"));
        for round in 0..3 {
            let mut changes = Vec::new();
            for _ in 0..40 {
                let number = 1 + random.below(ROWS + 20);
                let state = (!random.one_in(4)).then(|| random.row(number));
                match &state {
                    Some(row) => drop(rows.insert(number, row.clone())),
                    None => drop(rows.remove(&number)),
                }
                changes.push(Arc::new(state.map_or(TailRow::gone(number), TailRow::of)));
            }
            // The rows are shown in the tail, in several steps, and move to a segment that is then merged with others.
            let committed = index.writer.committed();
            for (step, shown) in (1..).zip(changes.chunks(15)) {
                index.index.push(committed + step, shown);
            }
            check(&index, &rows, &mut random, &format!("seed {seed}, shown {round}"));
            for change in &changes[..15] {
                index.writer.apply(change).expect("applied");
            }
            index.writer.commit(committed + 1).expect("committed");
            assert_eq!(index.index.gauges().tail_rows, 25);
            check(&index, &rows, &mut random, &format!("seed {seed}, partly committed {round}"));
            for change in &changes[15..] {
                index.writer.apply(change).expect("applied");
            }
            index.writer.commit(committed + 3).expect("committed");
            assert_eq!(index.index.gauges().tail_rows, 0);
        }
        check(&index, &rows, &mut random, &format!("seed {seed}, changed"));
        index.rest();
        check(&index, &rows, &mut random, &format!("seed {seed}, at rest"));
        check(&index.reopened(), &rows, &mut random, &format!("seed {seed}, reopened"));
    }
}

fn check(index: &Fixture, rows: &BTreeMap<u64, IndexRow>, random: &mut Random, context: &str) {
    let mut hits = 0;
    for _ in 0..SEARCHES_A_ROUND {
        let selection = random.selection();
        let order = random.order();
        let passing = |ignored| rows.values().filter(|row| admits(&selection, row, ignored)).collect::<Vec<_>>();
        let mut expected = passing(None);
        expected.sort_by(|one, other| compare(&order, one, other));
        let expected: Vec<u64> = expected.iter().map(|row| row.number).collect();
        let limit = 1 + random.below(ROWS) as i64;
        assert_eq!(index.all_pages(&selection, &order, limit), expected, "{context}: {selection:?} {order:?}");
        let counts = index.counts(&selection, &FACETS);
        assert_eq!(counts.total, expected.len() as u64, "{context}: {selection:?}");
        for facet in counts.facets {
            let mut by_number = FxCounts::default();
            for row in passing(Some(facet.field)) {
                for value in values(facet.field, row) {
                    *by_number.entry(value).or_default() += 1;
                }
            }
            assert_eq!(facet.by_number, by_number, "{context}: {:?} {selection:?}", facet.field);
        }
        hits += expected.len();
    }
    assert!(hits > SEARCHES_A_ROUND, "{context}: the searches find something");
}

type FxCounts = rustc_hash::FxHashMap<i64, u64>;

fn admits(selection: &Selection, row: &IndexRow, ignored: Option<FacetField>) -> bool {
    let (readable, permitted) = match &selection.permitted {
        Permitted::OwnedBy(owner) => (None, *owner == Some(row.org)),
        Permitted::Granted(grants) => (Some(&grants.readable), is_granted(grants, row)),
        Permitted::GrantedWithin(grants, owner) => (None, *owner == Some(row.org) && is_granted(grants, row)),
    };
    let requested = &selection.requested;
    let in_set = |wanted: &Option<NumberSet>, value: Option<u32>| match wanted {
        None => true,
        Some(wanted) => value.is_some_and(|value| wanted.contains(&value)),
    };
    let own = |field: FacetField, passes: bool| ignored == Some(field) || passes;
    let in_range = |range: MicrosRange, time: Option<i64>| match (range.after, range.before) {
        (None, None) => true,
        (after, before) => {
            time.is_some_and(|time| after.unwrap_or(i64::MIN) <= time && time <= before.unwrap_or(i64::MAX))
        }
    };
    let text = match readable {
        Some(readable) if !readable.contains(&row.resource) => row.text.open_words(),
        _ => row.text.whole.clone(),
    };
    permitted
        && own(FacetField::Party, in_set(&requested.parties, Some(row.party)))
        && own(FacetField::ServiceResource, in_set(&requested.resources, Some(row.resource)))
        && own(FacetField::Org, in_set(&requested.orgs, Some(row.org)))
        && own(FacetField::ExtendedStatus, in_set(&requested.extended_statuses, row.extended_status))
        && own(FacetField::Process, in_set(&requested.processes, row.process))
        && own(
            FacetField::ServiceOwnerLabel,
            requested.service_owner_labels.iter().all(|set| row.service_owner_labels.iter().any(|it| set.contains(it))),
        )
        && own(FacetField::Status, requested.statuses.is_empty() || requested.statuses.contains(&row.status))
        && own(FacetField::SystemLabel, {
            let has = |label: &SystemLabel| row.system_labels.contains(*label);
            let any = &requested.any_system_label;
            requested.system_labels.iter().all(has) && (any.is_empty() || any.iter().any(has))
        })
        && own(FacetField::IsContentSeen, requested.is_content_seen.is_none_or(|seen| seen == row.is_content_seen))
        && own(FacetField::ContentUpdatedYear, in_range(requested.content_updated, Some(row.content_updated_at)))
        && !(requested.exclude_api_only && row.is_api_only)
        && match requested.deleted {
            DeletedFilter::Exclude => !row.is_deleted,
            DeletedFilter::Include => true,
            DeletedFilter::Only => row.is_deleted,
        }
        && in_range(requested.created, Some(row.created_at))
        && in_range(requested.updated, Some(row.updated_at))
        && in_range(requested.due, row.due_at)
        && in_range(requested.visible_from, row.visible_from)
        && requested.visible_at.is_none_or(|at| {
            row.visible_from.is_none_or(|from| from <= at) && row.expires_at.is_none_or(|expires| expires > at)
        })
        && requested.external_reference.is_none_or_eq(&row.external_reference)
        && requested.text.as_ref().is_none_or(|expr| matches(expr, &text))
}

trait NoneOrEq {
    fn is_none_or_eq(&self, other: &Self) -> bool;
}

impl NoneOrEq for Option<String> {
    fn is_none_or_eq(&self, other: &Self) -> bool {
        self.is_none() || self == other
    }
}

fn is_granted(grants: &Grants, row: &IndexRow) -> bool {
    let mut by_party = grants.by_party.pairs();
    by_party.any(|(party, resources)| party == row.party && resources.contains(&row.resource))
        || grants.delegations.pairs_of(row.number, &row.service_owner_labels).contains(&(row.party, row.resource))
}

fn matches(expr: &TextExpr, text: &Tokens) -> bool {
    match expr {
        TextExpr::Word(word) => text.iter().any(|token| token.text == word),
        TextExpr::Phrase(words) => text.iter().any(|start| {
            words
                .iter()
                .all(|(at, word)| text.iter().any(|token| token.text == word && token.position == start.position + at))
        }),
        TextExpr::And(members) => members.iter().all(|member| matches(member, text)),
        TextExpr::Or(members) => members.iter().any(|member| matches(member, text)),
        TextExpr::Not(negated) => !matches(negated, text),
    }
}

fn compare(order: &Order, one: &IndexRow, other: &IndexRow) -> std::cmp::Ordering {
    let directed = |direction: Direction, ordering: std::cmp::Ordering| match direction {
        Direction::Ascending => ordering,
        Direction::Descending => ordering.reverse(),
    };
    let time = |row: &IndexRow, key| match key {
        SortKey::ContentUpdatedAt => (false, row.content_updated_at),
        SortKey::UpdatedAt => (false, row.updated_at),
        SortKey::CreatedAt => (false, row.created_at),
        SortKey::DueAt => (row.due_at.is_none(), row.due_at.unwrap_or_default()),
    };
    let by_keys =
        order.keys().iter().map(|(key, direction)| directed(*direction, time(one, *key).cmp(&time(other, *key))));
    let by_id = directed(order.id(), one.id.as_bytes().cmp(other.id.as_bytes()));
    by_keys.chain([by_id]).find(|ordering| ordering.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
}

fn values(field: FacetField, row: &IndexRow) -> Vec<i64> {
    let place = |status| DialogStatus::ALL.iter().position(|it| *it == status).expect("a status") as i64;
    match field {
        FacetField::Status => vec![place(row.status)],
        FacetField::SystemLabel => row.system_labels.iter().map(|label| label as i64 - 1).collect(),
        FacetField::Org => vec![i64::from(row.org)],
        FacetField::ServiceResource => vec![i64::from(row.resource)],
        FacetField::Party => vec![i64::from(row.party)],
        FacetField::ExtendedStatus => row.extended_status.into_iter().map(i64::from).collect(),
        FacetField::IsContentSeen => vec![i64::from(row.is_content_seen)],
        FacetField::ServiceOwnerLabel => row.service_owner_labels.iter().map(|label| i64::from(*label)).collect(),
        FacetField::Process => row.process.into_iter().map(i64::from).collect(),
        // Times lie in the first eight years after 1970, of which two have a leap day.
        FacetField::ContentUpdatedYear => {
            let days = row.content_updated_at.div_euclid(YEAR / 365);
            let starts = [0, 365, 730, 1096, 1461, 1826, 2191, 2557];
            vec![1970 + starts.iter().rposition(|start| *start <= days).expect("not before 1970") as i64]
        }
    }
}

/// SplitMix64: the same numbers from the same seed, everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn number(&mut self, bound: u64) -> u32 {
        self.below(bound) as u32
    }

    fn maybe<T>(&mut self, times: u64, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.one_in(times) { Some(make(self)) } else { None }
    }

    /// Few different times, so that there are ties and exact bounds.
    fn time(&mut self) -> i64 {
        self.below(24) as i64 * YEAR / 3
    }

    fn text(&mut self) -> DialogText {
        let count = self.below(8);
        let open = |it: &mut Self| if it.one_in(3) { "" } else { "*" };
        let words = (0..count).map(|_| WORDS[self.below(6) as usize].to_owned() + open(self));
        let mut text = text(&words.collect::<Vec<_>>().join(" "));
        if self.one_in(2) {
            let runs = text.open.runs().to_vec();
            text.open.clear();
            runs.into_iter().rev().for_each(|run| text.open.add(run));
        }
        text
    }

    fn row(&mut self, number: u64) -> IndexRow {
        let mut system_labels = SystemLabels::default();
        for _ in 0..self.below(3) {
            system_labels = system_labels.with(SystemLabel::ALL[self.below(5) as usize]);
        }
        let mut service_owner_labels: Vec<u32> = (0..self.below(3)).map(|_| self.number(5)).collect();
        service_owner_labels.sort_unstable();
        service_owner_labels.dedup();
        IndexRow {
            number,
            id: Uuid::from_u64_pair(self.below(u64::MAX), number),
            party: self.number(20),
            resource: self.number(6),
            org: self.number(3),
            extended_status: self.maybe(3, |it| it.number(3)),
            process: self.maybe(3, |it| it.number(3)),
            service_owner_labels,
            external_reference: self.maybe(3, |it| format!("ref-{}", it.below(4))),
            status: DialogStatus::ALL[self.below(6) as usize],
            system_labels,
            is_content_seen: self.one_in(2),
            is_api_only: self.one_in(5),
            is_deleted: self.one_in(6),
            created_at: self.time(),
            updated_at: self.time(),
            content_updated_at: self.time(),
            due_at: self.maybe(2, Self::time),
            visible_from: self.maybe(3, Self::time),
            expires_at: self.maybe(3, Self::time),
            text: self.text(),
        }
    }

    fn set(&mut self, bound: u64) -> NumberSet {
        (0..1 + self.below(3)).map(|_| self.number(bound)).collect()
    }

    fn wanted(&mut self, bound: u64) -> Option<NumberSet> {
        self.maybe(12, |it| it.set(bound + 1))
    }

    fn range(&mut self, times: u64) -> MicrosRange {
        if self.one_in(times) {
            MicrosRange { after: self.maybe(2, Self::time), before: self.maybe(2, Self::time) }
        } else {
            MicrosRange::default()
        }
    }

    fn grants(&mut self) -> Grants {
        let resource_sets: Vec<NumberSet> = (0..3).map(|_| self.set(6)).collect();
        let parties = self.below(20);
        let set_of_party = (0..parties).map(|_| (self.number(22), self.number(3))).collect();
        let pairs = |it: &mut Self| (0..3).map(|_| (it.number(20), it.number(6))).collect::<Vec<_>>();
        let (mut dialogs, mut labels): (FxHashMap<u64, Vec<_>>, FxHashMap<u32, Vec<_>>) = Default::default();
        for _ in 0..self.below(20) {
            dialogs.insert(self.below(ROWS), pairs(self));
            labels.insert(self.number(5), pairs(self));
        }
        let readable = if self.one_in(3) { NumberSet::default() } else { self.set(6) };
        Grants {
            by_party: Arc::new(GrantsByParty::of(set_of_party, &resource_sets)),
            delegations: Arc::new(Delegations::of(dialogs, labels)),
            readable: Arc::new(readable),
        }
    }

    fn selection(&mut self) -> Selection {
        let owner = self.maybe(3, |it| it.number(3)).or(Some(1));
        let permitted = match self.below(3) {
            0 => Permitted::OwnedBy(owner),
            1 => Permitted::Granted(self.grants()),
            _ => Permitted::GrantedWithin(self.grants(), owner),
        };
        let requested = Requested {
            parties: self.wanted(20),
            resources: self.wanted(6),
            orgs: self.wanted(3),
            extended_statuses: self.wanted(3),
            processes: self.wanted(3),
            service_owner_labels: (0..self.below(10) / 8).map(|_| self.set(6)).collect(),
            statuses: (0..self.below(10) / 5).map(|_| DialogStatus::ALL[self.below(6) as usize]).collect(),
            system_labels: (0..self.below(10) / 8).map(|_| SystemLabel::ALL[self.below(5) as usize]).collect(),
            any_system_label: (0..self.below(10) / 9 * 3).map(|_| SystemLabel::ALL[self.below(5) as usize]).collect(),
            is_content_seen: self.maybe(9, |it| it.one_in(2)),
            exclude_api_only: self.one_in(4),
            deleted: match self.below(6) {
                0..=2 => DeletedFilter::Exclude,
                3 | 4 => DeletedFilter::Include,
                _ => DeletedFilter::Only,
            },
            created: self.range(15),
            updated: self.range(15),
            content_updated: self.range(6),
            due: self.range(15),
            visible_from: self.range(15),
            visible_at: self.maybe(3, Self::time),
            external_reference: self.maybe(9, |it| format!("ref-{}", it.below(5))),
            text: self.maybe(2, |it| it.expr(2)),
        };
        Selection { permitted, requested }
    }

    fn expr(&mut self, depth: u32) -> TextExpr {
        let word = |it: &mut Self| WORDS[it.below(6) as usize].to_owned();
        match self.below(if depth == 0 { 3 } else { 6 }) {
            0 | 1 => TextExpr::Word(word(self)),
            2 => TextExpr::Phrase(vec![(0, word(self)), (1 + self.number(2), word(self))]),
            3 => TextExpr::And((0..2).map(|_| self.expr(depth - 1)).collect()),
            4 => TextExpr::Or((0..2 + self.below(2)).map(|_| self.expr(depth - 1)).collect()),
            _ => TextExpr::And(vec![self.expr(depth - 1), TextExpr::Not(Box::new(self.expr(depth - 1)))]),
        }
    }

    fn order(&mut self) -> Order {
        let direction = |it: &mut Self| if it.one_in(2) { Direction::Ascending } else { Direction::Descending };
        let mut all = vec![SortKey::ContentUpdatedAt, SortKey::UpdatedAt, SortKey::CreatedAt, SortKey::DueAt];
        let mut keys = Vec::new();
        for _ in 0..self.below(5) {
            let key = all.swap_remove(self.below(all.len() as u64) as usize);
            keys.push((key, direction(self)));
        }
        Order::new(keys, direction(self)).expect("no key twice")
    }
}
