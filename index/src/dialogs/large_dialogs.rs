//! The transmissions and activities of dialogs that have very many, kept by the thread that writes. What follows from
//! one more of them depends on the others, and to read them all each time would take far longer than to add one.
//!
//! Lists are known by the revision of their dialog, which is another whenever a list is, so that old ones are never
//! taken for the current ones.

use crate::domain::{Activity, Dialog, Localizations, Revision, Transmission};

/// Shorter lists are read as fast as they are needed.
const FEWEST_PARTS: usize = 500;
/// What is kept altogether, roughly. The largest dialog of usual texts fits well.
const MAX_BYTES: usize = 128 << 20;

#[derive(Debug, Default)]
pub(super) struct LargeDialogs {
    /// By number. That which was used last comes last.
    kept: Vec<(u64, Lists)>,
}

/// The growing lists of a dialog, whole.
#[derive(Debug)]
pub(super) struct Lists {
    revision: Revision,
    pub(super) transmissions: Vec<Transmission>,
    pub(super) activities: Vec<Activity>,
    bytes: usize,
}

impl Lists {
    /// Those of a dialog that has them all, and their size if it is known. `None` if they are not worth keeping.
    pub(super) fn of(dialog: Dialog, bytes: Option<usize>) -> Option<Self> {
        let Dialog { revision, transmissions, activities, .. } = dialog;
        if transmissions.len() + activities.len() < FEWEST_PARTS {
            return None;
        }
        let bytes = bytes.unwrap_or_else(|| size_of_parts(&transmissions, &activities));
        Some(Self { revision, transmissions, activities, bytes })
    }

    /// What they occupy, in bytes and roughly.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

pub(super) fn size_of_parts<'a>(
    transmissions: impl IntoIterator<Item = &'a Transmission>,
    activities: impl IntoIterator<Item = &'a Activity>,
) -> usize {
    let of_activity = |it: &Activity| size_of::<Activity>() + size_of_text(&it.description);
    let of_transmissions: usize = transmissions.into_iter().map(size_of_transmission).sum();
    of_transmissions + activities.into_iter().map(of_activity).sum::<usize>()
}

impl LargeDialogs {
    /// The lists of a dialog in this revision, if they are known. Whoever takes them keeps them again afterwards.
    pub(super) fn take(&mut self, number: u64, revision: Revision) -> Option<Lists> {
        let place = self.kept.iter().position(|(of, _)| *of == number)?;
        let (_, lists) = self.kept.remove(place);
        (lists.revision == revision).then_some(lists)
    }

    pub(super) fn keep(&mut self, number: u64, lists: Lists) {
        self.kept.retain(|(of, _)| *of != number);
        self.kept.push((number, lists));
        let mut bytes: usize = self.kept.iter().map(|(_, lists)| lists.bytes).sum();
        let mut oldest = 0;
        while bytes > MAX_BYTES {
            bytes -= self.kept[oldest].1.bytes;
            oldest += 1;
        }
        self.kept.drain(..oldest);
    }
}

fn size_of_transmission(transmission: &Transmission) -> usize {
    const OF_ATTACHMENT: usize = 512;
    let content = transmission.content.iter();
    let texts = content.flat_map(|it| [Some(&it.title), it.summary.as_ref(), it.content_reference.as_ref()]).flatten();
    let texts: usize = texts.map(|it| size_of_text(&it.value)).sum();
    let linked = transmission.attachments.len() + transmission.navigational_actions.len();
    size_of::<Transmission>() + texts + linked * OF_ATTACHMENT
}

fn size_of_text(text: &Localizations) -> usize {
    text.iter().map(|it| size_of_val(it) + it.value.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogs::fixture::{new_dialog, transmission};
    use crate::domain::{Timestamp, TransmissionType};

    fn dialog(transmissions: usize) -> Dialog {
        let mut dialog = new_dialog(1);
        dialog.transmissions = (0..transmissions).map(|n| transmission(n as u128, TransmissionType::Alert)).collect();
        dialog.complete(Timestamp::from_micros(1_785_000_000_000_000)).0
    }

    #[test]
    fn lists_are_of_one_revision_and_long() {
        assert!(Lists::of(dialog(FEWEST_PARTS - 1), None).is_none());
        let mut large_dialogs = LargeDialogs::default();
        let large = dialog(FEWEST_PARTS);
        let revision = large.revision;
        for (number, asked, is_known) in [(7, revision, true), (8, revision, false), (7, Revision::new(), false)] {
            large_dialogs.keep(7, Lists::of(large.clone(), None).expect("many parts"));
            let taken = large_dialogs.take(number, asked);
            assert_eq!(taken.map(|lists| lists.transmissions), is_known.then(|| large.transmissions.clone()));
        }
    }

    #[test]
    fn those_used_last_are_kept() {
        let large = dialog(FEWEST_PARTS);
        let lists = |bytes| Lists { bytes, ..Lists::of(large.clone(), None).expect("many parts") };
        let mut large_dialogs = LargeDialogs::default();
        for number in [1, 2, 3, 1] {
            large_dialogs.keep(number, lists(MAX_BYTES / 3));
        }
        large_dialogs.keep(4, lists(MAX_BYTES / 3));
        let known: Vec<u64> = large_dialogs.kept.iter().map(|(number, _)| *number).collect();
        assert_eq!(known, [3, 1, 4]);
        large_dialogs.keep(5, lists(MAX_BYTES + 1));
        assert!(large_dialogs.kept.is_empty());
    }
}
