//! List items that were read before, so that a page which many look at is read from the store once.
//!
//! Nobody is ever shown an item that is older than the view of the index he searches, and no reader waits for a writer:
//!
//! - Each item is kept with the sequence of the change log of the reading that it comes from, `as_of`: it is the item as
//!   it was after that change.
//! - The thread that writes notes for each dialog whose item it has written the sequence of the transaction. It does so
//!   before the commit, so before anybody can read the transaction, and before its rows are in a view
//!   ([`KeptItems::note`]).
//! - A reader takes its view first. Whoever sees a view of sequence `s` therefore sees the notes of all changes up to
//!   `s`: publishing a view and taking it is what orders them. So if the last note about a dialog is not beyond `as_of`,
//!   no change in `(as_of, s]` wrote its item: the kept one is not older than the view.
//! - An item that is put in late, after the dialog has changed again, has an `as_of` below the note and is of no use to
//!   anybody until it is replaced.
//! - An item may be newer than the view, when its `as_of` is beyond `s`. Then the search holds it against the scope once
//!   more, as it does with whatever it reads from a store that is newer than its view. If `as_of` is not beyond `s`, the
//!   item is exactly that of the view, and the index has judged it.
//!
//! Several dialogs share a note. A change of one then makes the items of the others look old, and they are read again.

use super::late_reading::LateReading;
use crate::StoreError;
use crate::domain::ListItem;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use rustc_hash::FxBuildHasher;
use std::any::Any;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// A power of two. Two megabytes: after so many changes, most items have been made to look old by those of others once.
const NOTES: usize = 1 << 18;
/// An item with its form is three kilobytes where texts are short, which most are.
const USUAL_ITEM_BYTES: usize = 3 << 10;

/// What a list shows of a dialog, as it was read from the store. Dereferences to the item.
#[derive(Debug)]
pub struct KeptItem {
    item: ListItem,
    as_of: u64,
    /// See [`KeptItem::size`].
    size: u64,
    form: Form,
}

/// Whatever those who show items make of one.
#[derive(Default)]
struct Form(OnceLock<Box<dyn Any + Send + Sync>>);

/// The items by the number of their dialog, as many as there is room for.
pub(super) struct KeptItems {
    by_number: Cache<u64, Arc<KeptItem>, Size, FxBuildHasher>,
    /// The last sequence that wrote the item of a dialog, by the last bits of its number.
    notes: Box<[AtomicU64]>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// How often list items were at hand since the folder was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemGauges {
    /// Items that were kept.
    pub hits: u64,
    /// Items that had to be read.
    pub misses: u64,
    /// What the kept ones occupy, roughly.
    pub bytes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Size;

impl KeptItem {
    /// `stored_bytes` is the length of the item as it is stored.
    fn new(item: ListItem, as_of: u64, stored_bytes: usize) -> Self {
        Self { item, as_of, size: Self::size(stored_bytes), form: Form::default() }
    }

    /// What shows this item: made once, by whoever is first, and kept with the item.
    ///
    /// # Panics
    ///
    /// All who show the items of one `Dialogs` make the same type of them.
    pub fn form<T: Send + Sync + 'static>(&self, make: impl FnOnce(&ListItem) -> T) -> &T {
        let form = self.form.0.get_or_init(|| Box::new(make(&self.item)));
        form.downcast_ref().expect("items have one type of form")
    }

    /// The sequence of the change log after which the item was as it is here.
    pub(super) fn as_of(&self) -> u64 {
        self.as_of
    }

    /// What an item occupies in memory, roughly and in bytes. Both the item and its form hold all that is stored and
    /// have something beside it, which differs little between items.
    fn size(stored_bytes: usize) -> u64 {
        const BESIDE_ITEM: usize = 512;
        const BESIDE_FORM: usize = 1200;
        (size_of::<Self>() + 2 * stored_bytes + BESIDE_ITEM + BESIDE_FORM) as u64
    }
}

impl Deref for KeptItem {
    type Target = ListItem;

    fn deref(&self) -> &ListItem {
        &self.item
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.get().is_some() { "made" } else { "not made" })
    }
}

impl KeptItems {
    /// Keeps items in so much memory; in none, each is read when it is shown.
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            by_number: Cache::with(bytes / USUAL_ITEM_BYTES, bytes as u64, Size, FxBuildHasher, Default::default()),
            notes: (0..NOTES).map(|_| AtomicU64::new(0)).collect(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// The items of these dialogs, each as new as the view that was taken before, or newer. `None` for a dialog that is
    /// not stored. `reading` is begun if one of them is not kept.
    pub(super) fn items(
        &self,
        numbers: &[u64],
        reading: &LateReading<'_>,
    ) -> Result<Vec<Option<Arc<KeptItem>>>, StoreError> {
        let mut items: Vec<Option<Arc<KeptItem>>> = numbers.iter().map(|number| self.known(*number)).collect();
        let hits = items.iter().flatten().count();
        self.hits.fetch_add(hits as u64, Ordering::Relaxed);
        if hits == items.len() {
            return Ok(items);
        }
        self.misses.fetch_add((items.len() - hits) as u64, Ordering::Relaxed);
        let missing = || items.iter().zip(numbers).filter(|(item, _)| item.is_none()).map(|(_, number)| *number);
        let missing: Vec<u64> = missing().collect();
        let reading = reading.get()?;
        let as_of = reading.last_sequence()?;
        let mut read = reading.items(&missing)?.into_iter();
        for (place, number) in items.iter_mut().zip(numbers).filter(|(item, _)| item.is_none()) {
            let stored = read.next().flatten();
            *place = stored.map(|(item, stored_bytes)| self.keep(*number, KeptItem::new(item, as_of, stored_bytes)));
        }
        Ok(items)
    }

    /// As [`KeptItems::items`], if all are kept.
    pub(super) fn kept(&self, numbers: &[u64]) -> Option<Vec<Option<Arc<KeptItem>>>> {
        let items: Option<Vec<_>> = numbers.iter().map(|number| self.known(*number).map(Some)).collect();
        self.hits.fetch_add(items.as_ref().map_or(0, Vec::len) as u64, Ordering::Relaxed);
        items
    }

    /// Notes that a transaction, whose last sequence this is, has written the items of these dialogs. To be told when
    /// nobody can read it yet. If it fails after that, items look old without need.
    pub(super) fn note(&self, numbers: &[u64], sequence: u64) {
        for number in numbers {
            // One thread writes, so a later sequence comes later.
            self.last_change(*number).store(sequence, Ordering::Release);
        }
    }

    pub(super) fn gauges(&self) -> ItemGauges {
        ItemGauges {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            bytes: self.by_number.weight(),
        }
    }

    fn known(&self, number: u64) -> Option<Arc<KeptItem>> {
        self.by_number.get(&number).filter(|item| item.as_of >= self.last_change(number).load(Ordering::Acquire))
    }

    fn keep(&self, number: u64, item: KeptItem) -> Arc<KeptItem> {
        let item = Arc::new(item);
        self.by_number.insert(number, item.clone());
        item
    }

    fn last_change(&self, number: u64) -> &AtomicU64 {
        &self.notes[number as usize & (NOTES - 1)]
    }
}

impl std::fmt::Debug for KeptItems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptItems").field("items", &self.by_number.len()).finish_non_exhaustive()
    }
}

impl Weighter<u64, Arc<KeptItem>> for Size {
    fn weight(&self, _: &u64, item: &Arc<KeptItem>) -> u64 {
        item.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogs::fixture::{ALICE, TestDialogs, new_dialog, owner};
    use crate::dialogs::{Dialogs, NewDialog, SearchPage};
    use crate::domain::{Actor, DialogId, Party, SeenEntry, ServiceOwnerLabel, ServiceResource, Timestamp};
    use crate::query::{Filter, Order, PageSize, Position, SearchQuery};
    use crate::{AuthorizedScope, DelegatedDialog, Delegation, Rights};
    use std::collections::{HashMap, HashSet};
    use std::sync::atomic::AtomicBool;
    use std::thread;
    use uuid::Uuid;

    const ACME: &str = "urn:altinn:organization:identifier-no:974761076";
    const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);
    const LATER: Timestamp = Timestamp::from_micros(1_786_000_000_000_000);
    const BYTES: usize = 1 << 20;

    fn search(dialogs: &Dialogs, scope: &AuthorizedScope) -> SearchPage {
        let query = SearchQuery {
            filter: Filter { visible_at: Some(NOW), ..Filter::default() },
            order: Order::default(),
            position: Position::First,
            limit: PageSize::DEFAULT,
            counts: None,
        };
        match dialogs.search_at_once(scope, &query).expect("searched at once") {
            Some((page, _)) => page,
            None => dialogs.search(scope, &query).expect("searched"),
        }
    }

    fn only(page: SearchPage) -> Arc<KeptItem> {
        let [item] = &page.items[..] else { panic!("one item: {page:?}") };
        item.clone()
    }

    fn create(dialogs: &Dialogs, id: u128) {
        dialogs.create(new_dialog(id), NOW).expect("created");
    }

    fn replace(dialogs: &Dialogs, id: u128, change: impl FnOnce(&mut NewDialog)) {
        let mut dialog = new_dialog(id);
        change(&mut dialog);
        dialogs.upsert(dialog, None, NOW).expect("replaced");
    }

    fn party(urn: &str) -> Party {
        Party::parse(urn).expect("a valid party")
    }

    #[test]
    fn an_item_is_read_and_formed_once_until_it_is_written() {
        let TestDialogs { dialogs, folder: _folder } = TestDialogs::new();
        create(&dialogs, 1);
        let first = only(search(&dialogs, &owner()));
        assert_eq!(first.form(|item| item.id.to_string()), &first.id.to_string());
        create(&dialogs, 2);
        let page = search(&dialogs, &owner());
        let again = page.items.iter().find(|item| item.id == first.id).expect("it is found again");
        assert!(Arc::ptr_eq(&first, again), "another dialog was written");
        assert_eq!(again.form(|_| "made again".to_owned()), &first.id.to_string());
        replace(&dialogs, 1, |dialog| dialog.progress = Some(7));
        let page = search(&dialogs, &owner());
        let item = page.items.iter().find(|item| item.id == first.id).expect("it is found again");
        assert_eq!((first.progress, item.progress), (None, Some(7)));
        let gauges = dialogs.item_gauges();
        assert_eq!((gauges.hits, gauges.misses), (2, 3), "{gauges:?}");
        assert!(gauges.bytes > 2 * 500, "{gauges:?}");
    }

    #[test]
    fn who_has_seen_a_dialog_is_shown_though_the_index_learns_nothing_of_it() {
        let TestDialogs { dialogs, folder: _folder } = TestDialogs::new();
        create(&dialogs, 1);
        let shown = || only(search(&dialogs, &owner())).seen_since_content_update.len();
        assert_eq!(shown(), 0);
        for (count, name) in [(1, "Kari"), (2, "Ola")] {
            let id = Uuid::from_u128(count as u128);
            let seen_by = Actor::Named { name: name.to_owned() };
            let entry = SeenEntry { id, seen_at: LATER, seen_by, is_via_service_owner: false };
            dialogs.mark_seen(&owner(), DialogId(Uuid::from_u128(1)), entry).expect("marked");
            assert_eq!(shown(), count);
        }
    }

    #[test]
    fn an_item_that_comes_late_is_of_no_use() {
        let TestDialogs { dialogs, folder: _folder } = TestDialogs::new();
        create(&dialogs, 1);
        let item = only(search(&dialogs, &owner()));
        let kept = KeptItems::new(BYTES);
        let keep = |as_of| drop(kept.keep(3, KeptItem::new(item.item.clone(), as_of, 500)));
        let known = || kept.known(3).map(|item| item.as_of);
        keep(4);
        assert_eq!(known(), Some(4));
        kept.note(&[2, 3], 5);
        assert_eq!(known(), None);
        keep(4);
        assert_eq!(known(), None, "it was read before the change");
        keep(5);
        assert_eq!(known(), Some(5));
        kept.note(&[3 + NOTES as u64], 6);
        assert_eq!(known(), None, "it shares a note");
        keep(9);
        assert_eq!(known(), Some(9));
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let TestDialogs { dialogs, folder: _folder } = TestDialogs::new();
        create(&dialogs, 1);
        let item = only(search(&dialogs, &owner()));
        for bytes in [0, 100_000, BYTES] {
            let kept = KeptItems::new(bytes);
            for number in 0..1000 {
                kept.keep(number, KeptItem::new(item.item.clone(), 1, 500));
            }
            let room = bytes as u64;
            assert!(kept.by_number.weight() <= room, "{bytes}: {}", kept.by_number.weight());
            assert!(kept.by_number.weight() >= room / 2, "{bytes}: {}", kept.by_number.weight());
        }
    }

    /// What one user may see of the dialogs of this test.
    fn scopes() -> [AuthorizedScope; 3] {
        let service = ServiceResource::parse("urn:altinn:resource:skd-skattemelding").expect("a valid resource");
        let services = Arc::new(HashSet::from([service.clone()]));
        let of = |urn| Rights { parties: vec![(party(urn), services.clone())], ..Rights::default() };
        let delegation = Delegation {
            party: party(ALICE),
            resource: service,
            dialog: DelegatedDialog::Label(ServiceOwnerLabel::parse("letter").expect("a valid label")),
        };
        let delegated = Rights { delegations: vec![delegation], ..Rights::default() };
        [of(ALICE), of(ACME), delegated].map(|rights| AuthorizedScope::of_end_user(Arc::new(rights)))
    }

    /// The dialogs change hands, labels and visibility while they are searched. Each version says so in its reference.
    #[test]
    fn readers_see_what_was_acknowledged_and_nothing_that_is_not_theirs() {
        const DIALOGS: u128 = 4;
        const VERSIONS: u64 = 120;
        let TestDialogs { dialogs, folder: _folder } = TestDialogs::new();
        let acknowledged: HashMap<u128, AtomicU64> = (1..=2 * DIALOGS).map(|id| (id, AtomicU64::new(0))).collect();
        let is_over = AtomicBool::new(false);
        let scopes = scopes();

        let write = |id: u128, version: u64| {
            replace(&dialogs, id, |dialog| {
                dialog.external_reference = Some(version.to_string());
                // Those of the second half stay where they are.
                if id <= DIALOGS {
                    let turn = version + id as u64;
                    dialog.party = party(if turn.is_multiple_of(2) { ALICE } else { ACME });
                    let label = if turn % 4 < 2 { "letter" } else { "other" };
                    dialog.service_owner_labels = vec![ServiceOwnerLabel::parse(label).expect("a valid label")];
                    dialog.visible_from = turn.is_multiple_of(5).then_some(LATER);
                }
            });
            acknowledged[&id].store(version, Ordering::SeqCst);
        };
        (1..=2 * DIALOGS).for_each(|id| write(id, 1));
        let read = |place: usize| {
            let scope = &scopes[place];
            let mut searches = 0;
            while !is_over.load(Ordering::SeqCst) {
                let before: HashMap<u128, u64> =
                    acknowledged.iter().map(|(id, version)| (*id, version.load(Ordering::SeqCst))).collect();
                let page = search(&dialogs, scope);
                for item in &page.items {
                    assert!(scope.permits(&item.item), "not theirs: {item:?}");
                    assert!(item.visible_from.is_none_or(|from| from <= NOW), "not yet visible: {item:?}");
                    let version = item.external_reference.as_ref().expect("a version");
                    let version: u64 = version.parse().expect("a version");
                    assert!(version >= before[&item.id.0.as_u128()], "an old state: {item:?}");
                }
                let lasting = page.items.iter().filter(|item| item.id.0.as_u128() > DIALOGS).count() as u128;
                assert_eq!(lasting, if place == 0 { DIALOGS } else { 0 }, "what stays theirs is found");
                searches += 1;
            }
            searches
        };
        thread::scope(|scope| {
            let readers: Vec<_> = (0..scopes.len()).map(|place| scope.spawn(move || read(place))).collect();
            let writers: Vec<_> = (1..=2 * DIALOGS)
                .map(|id| scope.spawn(move || (2..=VERSIONS).for_each(|version| write(id, version))))
                .collect();
            let written: Vec<_> = writers.into_iter().map(thread::ScopedJoinHandle::join).collect();
            is_over.store(true, Ordering::SeqCst);
            written.into_iter().for_each(|written| written.expect("every version is written"));
            for reader in readers {
                assert!(reader.join().expect("no reader sees what it must not") > 0);
            }
        });
    }
}
