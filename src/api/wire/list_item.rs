use super::marks::{Marked, Marks};
use super::{Activity, ContentValue, Reader, SeenEntry};
use dialog_index::domain::{
    DialogId, ListItem, ListItemContent, Org, Party, Revision, ServiceOwnerLabel, SystemLabel, Timestamp,
};

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// What a list shows of a dialog to everybody.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DialogListItem<'a> {
    #[schema(value_type = uuid::Uuid)]
    id: DialogId,
    org: &'a str,
    service_resource: &'a str,
    /// In lower case.
    #[schema(value_type = String)]
    service_resource_type: ServiceResourceType<'a>,
    party: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preceding_process: Option<&'a str>,
    /// Dialog attachments with at least one URL for people.
    gui_attachment_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_reference: Option<&'a str>,
    #[serde(serialize_with = "super::time")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    created_at: Timestamp,
    #[serde(serialize_with = "super::time")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    updated_at: Timestamp,
    #[serde(serialize_with = "super::time")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    content_updated_at: Timestamp,
    #[serde(serialize_with = "super::optional_time", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    due_at: Option<Timestamp>,
    #[schema(value_type = super::DialogStatusChoice)]
    status: &'static str,
    /// Default, Bin or Archive. Use the labels of `endUserContext` instead.
    #[schema(deprecated, value_type = super::SystemLabelChoice)]
    system_label: &'static str,
    has_unopened_content: bool,
    from_service_owner_transmissions_count: u16,
    from_party_transmissions_count: u16,
    is_api_only: bool,
    is_content_seen: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_activity: Option<Activity<'a>>,
    seen_since_last_update: Vec<SeenEntry<'a>>,
    seen_since_last_content_update: Vec<SeenEntry<'a>>,
    end_user_context: EndUserContext,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Content<'a>>,
}

/// What a list shows of a dialog to its service owner.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceOwnerDialogListItem<'a> {
    #[schema(value_type = uuid::Uuid)]
    revision: Revision,
    #[serde(serialize_with = "super::optional_time", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    deleted_at: Option<Timestamp>,
    #[serde(serialize_with = "super::optional_time", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    visible_from: Option<Timestamp>,
    service_owner_context: ServiceOwnerContext<'a>,
    #[serde(flatten)]
    shared: DialogListItem<'a>,
}

#[derive(Clone, Debug)]
struct ServiceResourceType<'a> {
    name: &'a str,
    marks: Option<&'a Marks>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DialogEndUserContext)]
pub(super) struct EndUserContext {
    #[schema(value_type = uuid::Uuid)]
    pub(super) revision: Revision,
    #[serde(serialize_with = "label_names")]
    #[schema(value_type = Vec<super::SystemLabelChoice>)]
    pub(super) system_labels: Vec<SystemLabel>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DialogServiceOwnerContext)]
pub(super) struct ServiceOwnerContext<'a> {
    #[schema(value_type = uuid::Uuid)]
    revision: Revision,
    service_owner_labels: Vec<Label<'a>>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DialogServiceOwnerLabel)]
struct Label<'a> {
    value: &'a str,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DialogContentSummary)]
struct Content<'a> {
    title: ContentValue<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<ContentValue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_name: Option<ContentValue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_status: Option<ContentValue<'a>>,
}

/// What an item has to know of its service and does not hold itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Service<'a> {
    /// In lower case; empty for a service that the register no longer knows.
    pub(super) resource_type: &'a str,
    /// Whether the reader may read more than the non-sensitive texts.
    pub(super) shows_whole_text: bool,
}

impl<'a> DialogListItem<'a> {
    pub(super) fn of(item: &'a ListItem, service: Service<'a>, reader: &Reader<'a>) -> Self {
        let seen = |since| {
            let entries = item.seen_since_content_update.iter().filter(move |entry| entry.seen_at >= since);
            entries.map(|entry| SeenEntry::of(entry, reader)).collect()
        };
        Self {
            id: item.id,
            org: Org::as_str(&item.org),
            service_resource: item.service_resource.as_str(),
            service_resource_type: ServiceResourceType { name: service.resource_type, marks: reader.marks },
            party: Party::as_str(&item.party),
            progress: item.progress,
            process: item.process.as_deref(),
            preceding_process: item.preceding_process.as_deref(),
            gui_attachment_count: item.gui_attachment_count,
            extended_status: item.extended_status.as_deref(),
            external_reference: item.external_reference.as_deref(),
            created_at: item.created_at,
            updated_at: item.updated_at,
            content_updated_at: item.content_updated_at,
            due_at: item.due_at,
            status: item.status.name(),
            system_label: item.end_user_context.system_labels.place().name(),
            has_unopened_content: item.has_unopened_content,
            from_service_owner_transmissions_count: item.from_service_owner_transmissions_count,
            from_party_transmissions_count: item.from_party_transmissions_count,
            is_api_only: item.is_api_only,
            is_content_seen: item.is_content_seen,
            latest_activity: item.latest_activity.as_ref().map(|activity| Activity::of(activity, reader)),
            seen_since_last_update: seen(item.updated_at),
            seen_since_last_content_update: seen(item.content_updated_at),
            end_user_context: EndUserContext {
                revision: item.end_user_context.revision,
                system_labels: item.end_user_context.system_labels.iter().collect(),
            },
            content: item.content.as_ref().map(|content| Content::of(content, service.shows_whole_text, reader)),
        }
    }
}

impl<'a> ServiceOwnerDialogListItem<'a> {
    pub(super) fn of(item: &'a ListItem, service: Service<'a>, reader: &Reader<'a>) -> Self {
        Self {
            revision: item.revision,
            deleted_at: item.deleted_at,
            visible_from: item.visible_from,
            service_owner_context: ServiceOwnerContext::of(
                item.service_owner_context_revision,
                &item.service_owner_labels,
            ),
            shared: DialogListItem::of(item, service, reader),
        }
    }
}

impl<'a> ServiceOwnerContext<'a> {
    pub(super) fn of(revision: Revision, labels: &'a [ServiceOwnerLabel]) -> Self {
        Self { revision, service_owner_labels: labels.iter().map(|label| Label { value: label.as_str() }).collect() }
    }
}

impl<'a> Content<'a> {
    /// Where the reader may not read the whole text, the non-sensitive title and summary stand in for the others if
    /// the dialog has them; where it has no others, they are shown to everybody.
    fn of(content: &'a ListItemContent, shows_whole_text: bool, reader: &Reader<'a>) -> Self {
        let value = |value: &'a dialog_index::domain::ContentValue| ContentValue::of(value, reader);
        let (title, summary) = if shows_whole_text {
            (&content.title, content.summary.as_ref().or(content.non_sensitive_summary.as_ref()))
        } else {
            (
                content.non_sensitive_title.as_ref().unwrap_or(&content.title),
                content.non_sensitive_summary.as_ref().or(content.summary.as_ref()),
            )
        };
        Self {
            title: value(title),
            summary: summary.map(value),
            sender_name: content.sender_name.as_ref().map(value),
            extended_status: content.extended_status.as_ref().map(value),
        }
    }
}

/// Whether readers who may not read the whole text are shown another one.
pub(super) fn depends_on_level(content: &ListItemContent) -> bool {
    content.non_sensitive_title.is_some() || (content.summary.is_some() && content.non_sensitive_summary.is_some())
}

impl Serialize for ServiceResourceType<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.marks {
            Some(marks) => marks.mark(Marked::ServiceResourceType, || serializer.serialize_str("")),
            None => serializer.serialize_str(self.name),
        }
    }
}

fn label_names<S: Serializer>(labels: &[SystemLabel], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(labels.iter().map(|label| label.name()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::api::accept_language::AcceptedLanguages;
    use crate::api::wire::PersonIds;
    use dialog_index::domain::{
        self, Activity, ActivityId, ActivityType, Actor, ActorId, DialogStatus, EndUserId, LanguageCode, Localization,
        Localizations, MediaType, SeenEntry, ServiceResource, SystemLabels,
    };
    use serde_json::{Value, json};
    use uuid::Uuid;

    const ALICE: &str = "urn:altinn:person:identifier-no:03886595947";
    const MAIL: &str = "urn:altinn:person:idporten-email:bob@example.no";

    pub(in crate::api::wire) fn at(hour: i64) -> Timestamp {
        Timestamp::from_micros(1_767_225_600_000_000 + hour * 3_600_000_000)
    }

    fn hour(hour: i64) -> String {
        format!("2026-01-01T{hour:02}:00:00.0000000Z")
    }

    fn text(value: &str) -> domain::ContentValue {
        let value = Localization { language_code: LanguageCode::NB, value: value.to_owned() };
        domain::ContentValue { media_type: MediaType::PlainText, value: Localizations::new(vec![value]) }
    }

    fn shown(value: &str) -> Value {
        json!({ "value": [{ "value": value, "languageCode": "nb" }], "mediaType": "text/plain" })
    }

    fn actor(id: &str) -> Actor {
        Actor::Identified { id: ActorId::parse(id).expect("a valid id"), name: Some("Nordmann Kari".to_owned()) }
    }

    /// Without anything optional but for who has seen it.
    pub(in crate::api::wire) fn item() -> ListItem {
        let seen = |id, hour, by| SeenEntry {
            id: Uuid::from_u128(id),
            seen_at: at(hour),
            seen_by: actor(by),
            is_via_service_owner: false,
        };
        ListItem {
            id: DialogId(Uuid::from_u128(1)),
            revision: Revision(Uuid::from_u128(2)),
            org: Org::new("skd"),
            service_resource: ServiceResource::parse("urn:altinn:resource:Tax").expect("a valid name"),
            party: Party::parse(ALICE).expect("a valid party"),
            progress: None,
            extended_status: None,
            external_reference: None,
            visible_from: None,
            due_at: None,
            expires_at: None,
            process: None,
            preceding_process: None,
            status: DialogStatus::RequiresAttention,
            is_api_only: false,
            created_at: at(0),
            updated_at: at(2),
            content_updated_at: at(1),
            deleted_at: None,
            is_content_seen: true,
            has_unopened_content: false,
            from_service_owner_transmissions_count: 3,
            from_party_transmissions_count: 4,
            gui_attachment_count: 0,
            latest_activity: None,
            seen_since_content_update: vec![seen(5, 1, ALICE), seen(6, 2, MAIL)],
            service_owner_context_revision: Revision(Uuid::from_u128(3)),
            service_owner_labels: vec![],
            end_user_context: domain::EndUserContext {
                revision: Revision(Uuid::from_u128(4)),
                system_labels: SystemLabels::default().with(SystemLabel::Sent).with(SystemLabel::Archive),
            },
            content: None,
        }
    }

    fn service(shows_whole_text: bool) -> Service<'static> {
        Service { resource_type: "genericaccessresource", shows_whole_text }
    }

    /// The item as JSON for a reader who is Alice and may know her number.
    fn written(item: &ListItem, shows_whole_text: bool) -> Value {
        let alice = EndUserId::parse(ALICE).expect("a valid id");
        let languages = AcceptedLanguages::default();
        let person_ids = PersonIds::Shown;
        let reader = Reader { languages: &languages, person_ids, end_user: Some(&alice), marks: None };
        let service = service(shows_whole_text);
        serde_json::to_value(DialogListItem::of(item, service, &reader)).expect("an item is JSON")
    }

    #[test]
    fn an_item_without_anything_optional() {
        let mut item = item();
        item.seen_since_content_update.clear();
        assert_eq!(
            written(&item, true),
            json!({
                "id": "00000000-0000-0000-0000-000000000001",
                "org": "skd",
                "serviceResource": "urn:altinn:resource:Tax",
                "serviceResourceType": "genericaccessresource",
                "party": ALICE,
                "guiAttachmentCount": 0,
                "createdAt": hour(0),
                "updatedAt": hour(2),
                "contentUpdatedAt": hour(1),
                "status": "RequiresAttention",
                "systemLabel": "Archive",
                "hasUnopenedContent": false,
                "fromServiceOwnerTransmissionsCount": 3,
                "fromPartyTransmissionsCount": 4,
                "isApiOnly": false,
                "isContentSeen": true,
                "seenSinceLastUpdate": [],
                "seenSinceLastContentUpdate": [],
                "endUserContext":
                    { "revision": "00000000-0000-0000-0000-000000000004", "systemLabels": ["Archive", "Sent"] },
            })
        );
    }

    #[test]
    fn an_item_with_everything_for_its_owner() {
        let mut item = item();
        item.progress = Some(40);
        item.extended_status = Some("Paid".to_owned());
        item.external_reference = Some("ref".to_owned());
        item.process = Some("urn:p:2".to_owned());
        item.preceding_process = Some("urn:p:1".to_owned());
        item.due_at = Some(at(3));
        item.visible_from = Some(at(4));
        item.deleted_at = Some(at(5));
        item.service_owner_labels = vec![domain::ServiceOwnerLabel::parse("case-1").expect("a valid label")];
        item.latest_activity = Some(Activity {
            id: ActivityId(Uuid::from_u128(7)),
            created_at: at(6),
            activity_type: ActivityType::FormSaved,
            extended_type: None,
            transmission_id: None,
            performed_by: Actor::ServiceOwner,
            description: Localizations::default(),
        });
        let languages = AcceptedLanguages::default();
        let reader = Reader { languages: &languages, person_ids: PersonIds::Shown, end_user: None, marks: None };
        let service = service(true);
        let written = serde_json::to_value(ServiceOwnerDialogListItem::of(&item, service, &reader));
        let written = written.expect("an item is JSON");
        for (member, expected) in [
            ("revision", json!("00000000-0000-0000-0000-000000000002")),
            ("progress", json!(40)),
            ("extendedStatus", json!("Paid")),
            ("externalReference", json!("ref")),
            ("process", json!("urn:p:2")),
            ("precedingProcess", json!("urn:p:1")),
            ("dueAt", json!(hour(3))),
            ("visibleFrom", json!(hour(4))),
            ("deletedAt", json!(hour(5))),
            (
                "serviceOwnerContext",
                json!({ "revision": "00000000-0000-0000-0000-000000000003",
                    "serviceOwnerLabels": [{ "value": "case-1" }] }),
            ),
            (
                "latestActivity",
                json!({ "id": "00000000-0000-0000-0000-000000000007", "createdAt": hour(6), "type": "FormSaved",
                    "performedBy": { "actorType": "ServiceOwner" }, "description": [] }),
            ),
        ] {
            assert_eq!(written[member], expected, "{member}");
        }
        assert_eq!(written["seenSinceLastContentUpdate"][0]["isCurrentEndUser"], json!(false));
    }

    #[test]
    fn who_has_seen_it_since_when() {
        let entry = |id: u128, at: String, by: &str, is_alice: bool| {
            json!({ "id": Uuid::from_u128(id), "seenAt": at, "isViaServiceOwner": false, "isCurrentEndUser": is_alice,
                "seenBy": { "actorType": "PartyRepresentative", "actorName": "Nordmann Kari", "actorId": by } })
        };
        let written = written(&item(), true);
        let (alice, bob) = (entry(5, hour(1), ALICE, true), entry(6, hour(2), MAIL, false));
        assert_eq!(written["seenSinceLastContentUpdate"], json!([alice, bob]));
        assert_eq!(written["seenSinceLastUpdate"], json!([bob]));
    }

    /// What stands as title and summary, where each text is its own name.
    #[track_caller]
    fn check_texts(shows_whole_text: bool, given: &[&str], expected: [&str; 2]) {
        let given = |name: &str| given.contains(&name).then(|| text(name));
        let content = ListItemContent {
            title: text("title"),
            non_sensitive_title: given("open title"),
            summary: given("summary"),
            non_sensitive_summary: given("open summary"),
            sender_name: Some(text("sender")),
            extended_status: Some(text("status")),
        };
        let item = ListItem { content: Some(content), ..item() };
        let [title, summary] = expected.map(shown);
        assert_eq!(
            written(&item, shows_whole_text)["content"],
            json!({ "title": title, "summary": summary, "senderName": shown("sender"),
                "extendedStatus": shown("status") })
        );
    }

    #[test]
    fn texts_by_level() {
        let all = &["open title", "summary", "open summary"];
        check_texts(true, all, ["title", "summary"]);
        check_texts(false, all, ["open title", "open summary"]);
        check_texts(false, &["summary"], ["title", "summary"]);
        check_texts(true, &["open summary"], ["title", "open summary"]);
    }
}
