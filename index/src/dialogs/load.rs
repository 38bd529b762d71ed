//! Bulk import.

use super::Dialogs;
use super::prepared::PreparedDialog;
use crate::domain::{Dialog, LabelAssignment, SeenEntry};
use crate::{Part, StoreError, WriteError};

/// A dialog from a corpus, with the state that a creation cannot give it.
#[derive(Clone, Debug)]
pub struct LoadedDialog {
    pub dialog: Dialog,
    pub seen_log: Vec<SeenEntry>,
    pub label_log: Vec<LabelAssignment>,
}

/// What [`Dialogs::load`] did with one dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    Stored,
    AlreadyThere,
}

/// What is sent to the thread that writes for one dialog.
#[derive(Debug)]
enum Prepared {
    New(Box<PreparedDialog>),
    Known,
    Failed(StoreError),
}

impl Dialogs {
    /// Stores many new dialogs at once, for imports: durable when it returns, searchable after [`Dialogs::flush`].
    /// Dialogs whose id is already stored are left alone, so that an import can be repeated. One result each.
    ///
    /// They are prepared one by one as they come, on the thread of the caller, while those of other callers are written.
    pub fn load(
        &self,
        dialogs: impl IntoIterator<Item = LoadedDialog>,
    ) -> Result<Vec<Result<Loaded, WriteError>>, StoreError> {
        let prepared = self.prepare(dialogs)?;
        let stored = self.inner.writer.load(move |group| {
            let store = |prepared| match prepared {
                Prepared::Known => Ok(Ok(Loaded::AlreadyThere)),
                Prepared::Failed(error) => Ok(Err(error.into())),
                Prepared::New(dialog) => match dialog.store(group) {
                    Ok(_) => Ok(Ok(Loaded::Stored)),
                    Err(WriteError::IdInUse { part: Part::Dialog, .. }) => Ok(Ok(Loaded::AlreadyThere)),
                    // It may have failed halfway, so none of the batch can be kept.
                    Err(WriteError::Store(error)) => Err(error.into()),
                    Err(refused) => Ok(Err(refused)),
                },
            };
            prepared.into_iter().map(store).collect()
        });
        stored.map_err(|error| match error {
            WriteError::Store(error) => error,
            // Refusals are results of single dialogs.
            _ => StoreError::Stopped,
        })
    }

    /// Makes everything stored searchable.
    pub fn flush(&self) -> Result<(), WriteError> {
        Ok(self.inner.writer.flush()?)
    }

    fn prepare(&self, dialogs: impl IntoIterator<Item = LoadedDialog>) -> Result<Vec<Prepared>, StoreError> {
        let number_of = self.inner.store.read()?.finder()?;
        let prepare = |loaded: LoadedDialog| {
            let is_known = number_of(loaded.dialog.id)?.is_some();
            Ok(if is_known { Prepared::Known } else { prepared(loaded) })
        };
        dialogs.into_iter().map(prepare).collect()
    }
}

fn prepared(LoadedDialog { dialog, seen_log, label_log }: LoadedDialog) -> Prepared {
    match PreparedDialog::of(dialog, &seen_log, &label_log) {
        Ok(prepared) => Prepared::New(Box::new(prepared.without_content())),
        Err(error) => Prepared::Failed(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogs::NewDialog;
    use crate::dialogs::fixture::{TestDialogs, attachment, new_dialog};
    use crate::domain::Timestamp;

    const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);

    fn loaded(new: NewDialog) -> LoadedDialog {
        let (dialog, label_log) = new.complete(NOW);
        LoadedDialog { dialog, seen_log: Vec::new(), label_log }
    }

    fn load(stored: &TestDialogs, dialogs: Vec<NewDialog>) -> Vec<Result<Loaded, WriteError>> {
        stored.dialogs.load(dialogs.into_iter().map(loaded)).expect("the store works")
    }

    #[test]
    fn an_import_can_be_repeated() {
        let stored = TestDialogs::new();
        let first = load(&stored, (1..=100).map(new_dialog).collect());
        assert!(first.iter().all(|result| matches!(result, Ok(Loaded::Stored))), "{first:?}");
        let again = load(&stored, (51..=150).map(new_dialog).collect());
        let counted = again.iter().filter(|result| matches!(result, Ok(Loaded::AlreadyThere))).count();
        assert_eq!(counted, 50);
        stored.dialogs.flush().expect("the index commits");
        stored.assert_consistent(150);
        stored.reopened(|_| {}).assert_consistent(150);
    }

    #[test]
    fn a_refused_dialog_harms_no_other() {
        let stored = TestDialogs::new();
        let mut clashing = [new_dialog(1), new_dialog(2), new_dialog(3)];
        clashing[0].attachments = vec![attachment(9)];
        clashing[1].attachments = vec![attachment(9)];
        let results = load(&stored, clashing.into());
        assert!(matches!(
            results[..],
            [Ok(Loaded::Stored), Err(WriteError::IdInUse { part: Part::Attachment, .. }), Ok(Loaded::Stored)]
        ));
        stored.assert_consistent(2);
    }

    #[test]
    fn the_same_id_twice_in_a_batch_is_stored_once() {
        let stored = TestDialogs::new();
        let results = load(&stored, vec![new_dialog(1), new_dialog(1)]);
        assert!(matches!(results[..], [Ok(Loaded::Stored), Ok(Loaded::AlreadyThere)]), "{results:?}");
        assert!(load(&stored, Vec::new()).is_empty());
        stored.assert_consistent(1);
    }
}
