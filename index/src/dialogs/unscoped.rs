//! What is told without a scope. Each of these says so little that it needs none, and why the contract asks for it;
//! whatever shows a dialog takes a scope.

use super::Dialogs;
use super::late_reading::LateReading;
use crate::domain::{ActivityType, DialogId, Org, Party, ServiceOwnerLabel, ServiceResource, TransmissionId};
use crate::query::{DeletedFilter, Filter, LabelPattern, Order, PageSize, Position};
use crate::store::Kind;
use crate::{AuthorizedScope, ReadError};
use std::collections::BTreeSet;

impl Dialogs {
    /// The service owner that a dialog belongs to: for administrators, who then ask within that owner's scope, and for
    /// the contract's own 403.
    pub fn owner_of(&self, id: DialogId) -> Result<Option<Org>, ReadError> {
        let reading = self.inner.store.read()?;
        let Some(number) = reading.number_of(id)? else { return Ok(None) };
        Ok(reading.record(number)?.map(|record| record.org))
    }

    /// The parties of those of the dialogs that there are, each once: for asking elsewhere what a user may do for them. No
    /// caller is told.
    pub fn parties_of(&self, ids: &[DialogId]) -> Result<Vec<Party>, ReadError> {
        let reading = self.inner.store.read()?;
        let mut parties = BTreeSet::new();
        for id in ids {
            if let Some(number) = reading.number_of(*id)? {
                parties.extend(reading.record(number)?.map(|record| record.party));
            }
        }
        Ok(parties.into_iter().collect())
    }

    /// The dialog that a service owner has created under an idempotent key, unless it is deleted: for the answer to its
    /// next creation under the same key, by itself or by an administrator.
    pub fn id_of_idempotent_key(&self, org: &Org, key: &str) -> Result<Option<DialogId>, ReadError> {
        let reading = self.inner.store.read()?;
        let Some(number) = reading.holder_of_idempotent_key(org, key)? else { return Ok(None) };
        Ok(reading.record(number)?.filter(|record| record.deleted_at.is_none()).map(|record| record.id))
    }

    /// The service owners of the dialogs that carry a label, deleted ones included: as [`Dialogs::owner_of`] for dialogs
    /// that a label names.
    pub fn owners_of_label(&self, label: &ServiceOwnerLabel) -> Result<Vec<Org>, ReadError> {
        let view = self.inner.index.view();
        let names = self.inner.store.dictionaries();
        if names.number_of(Kind::ServiceOwnerLabel, label.as_str()).is_none() {
            return Ok(Vec::new());
        }
        let filter = Filter {
            service_owner_labels: vec![LabelPattern::Exact(label.clone())],
            deleted: DeletedFilter::Include,
            ..Filter::default()
        };
        let one = PageSize::new(1).expect("one is within the bounds");
        let reading = LateReading::of(&self.inner.store);
        let mut owners = Vec::new();
        // A search each: there are some hundred service owners, and few dialogs of one label.
        for org in names.names_from(Kind::Org, 0) {
            let org = Org::new(&org);
            let scope = AuthorizedScope::owned_by(org.clone());
            let selection = self.inner.resolver.selection(names, &reading, &scope, &filter)?;
            let (hits, _) = view.search(&selection, &Order::default(), &Position::First, one, None)?;
            if !hits.numbers.is_empty() {
                owners.push(org);
            }
        }
        Ok(owners)
    }

    /// Whether a dialog has an activity of this type, and about this transmission if one is given; `None` if there is no
    /// such dialog. For the notification system, which asks about every owner's dialogs and learns nothing else of them.
    pub fn has_activity(
        &self,
        id: DialogId,
        activity_type: ActivityType,
        transmission: Option<TransmissionId>,
    ) -> Result<Option<bool>, ReadError> {
        let reading = self.inner.store.read()?;
        let Some(number) = reading.number_of(id)? else { return Ok(None) };
        let activities = reading.activities(number)?;
        Ok(Some(activities.iter().any(|activity| {
            activity.activity_type == activity_type
                && transmission.is_none_or(|transmission| activity.transmission_id == Some(transmission))
        })))
    }

    /// The services that dialogs have been about, in lower case and in no order: for the public list of services. One
    /// whose dialogs have all been purged stays among them.
    pub fn services(&self) -> Vec<ServiceResource> {
        let names = self.inner.store.dictionaries().names_from(Kind::Resource, 0);
        names.iter().filter_map(|name| ServiceResource::parse(name).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogs::fixture::{TestDialogs, activity, new_dialog, transmission};
    use crate::domain::{Timestamp, TransmissionType};
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);

    fn id(id: u128) -> DialogId {
        DialogId(Uuid::from_u128(id))
    }

    fn label(text: &str) -> ServiceOwnerLabel {
        ServiceOwnerLabel::parse(text).expect("a valid label")
    }

    #[test]
    fn owners_are_told_by_id_and_by_label() {
        let stored = TestDialogs::new();
        for (number, org, labels) in [(1, "skd", vec!["one", "two"]), (2, "nav", vec!["two"]), (3, "nav", vec!["two"])]
        {
            let mut dialog = new_dialog(number);
            dialog.org = Org::new(org);
            dialog.service_owner_labels = labels.into_iter().map(label).collect();
            stored.dialogs.create(dialog, NOW).expect("a new dialog is created");
        }
        assert_eq!(stored.dialogs.owner_of(id(2)).expect("a read"), Some(Org::new("nav")));
        assert_eq!(stored.dialogs.owner_of(id(9)).expect("a read"), None);
        for (text, expected) in [("one", vec!["skd"]), ("two", vec!["nav", "skd"]), ("none", vec![])] {
            let mut owners = stored.dialogs.owners_of_label(&label(text)).expect("a search");
            owners.sort();
            assert_eq!(owners, expected.into_iter().map(Org::new).collect::<Vec<_>>(), "{text}");
        }
    }

    #[test]
    fn an_activity_is_asked_for_by_type_and_transmission() {
        let stored = TestDialogs::new();
        let mut dialog = new_dialog(1);
        let opened = transmission(2, TransmissionType::Information);
        let opened_id = opened.id;
        dialog.transmissions = vec![opened, transmission(3, TransmissionType::Information)];
        dialog.activities = vec![activity(4, ActivityType::TransmissionOpened, Some(opened_id))];
        stored.dialogs.create(dialog, NOW).expect("a new dialog is created");
        let has = |number, activity_type, transmission: Option<u128>| {
            let transmission = transmission.map(|id| TransmissionId(Uuid::from_u128(id)));
            stored.dialogs.has_activity(id(number), activity_type, transmission).expect("a read")
        };
        assert_eq!(has(9, ActivityType::TransmissionOpened, None), None);
        assert_eq!(has(1, ActivityType::TransmissionOpened, None), Some(true));
        assert_eq!(has(1, ActivityType::TransmissionOpened, Some(opened_id.0.as_u128())), Some(true));
        assert_eq!(has(1, ActivityType::TransmissionOpened, Some(3)), Some(false));
        assert_eq!(has(1, ActivityType::DialogOpened, None), Some(false));
    }

    #[test]
    fn services_are_told_once_and_in_lower_case() {
        let stored = TestDialogs::new();
        for (number, service) in [(1, "urn:altinn:resource:Tax"), (2, "urn:altinn:resource:tax")] {
            let mut dialog = new_dialog(number);
            dialog.service_resource = ServiceResource::parse(service).expect("a valid resource");
            stored.dialogs.create(dialog, NOW).expect("a new dialog is created");
        }
        assert_eq!(stored.dialogs.services(), [ServiceResource::parse("urn:altinn:resource:tax").expect("valid")]);
    }
}
