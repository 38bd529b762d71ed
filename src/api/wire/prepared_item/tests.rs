//! An item that is copied is the same as one that is written for its reader.

use super::*;
use crate::api::wire::list_item::tests::{at, item as list_item};
use crate::auth::person_mask::PersonMask;
use dialog_index::domain::{
    Activity, ActivityId, ActivityType, Actor, ActorId, ContentValue, EndUserId, LanguageCode, ListItemContent,
    Localization, Localizations, MediaType, SeenEntry, ServiceOwnerLabel,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

const ALICE: &str = "urn:altinn:person:identifier-no:03886595947";
const MAIL: &str = "urn:altinn:person:idporten-email:bob@example.no";
const SYSTEM: &str = "urn:altinn:systemuser:uuid:0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11";
const ACME: &str = "urn:altinn:organization:identifier-no:974761076";
const LANGUAGES: [&str; 4] = ["nb", "nn", "en", "de"];
const ACCEPTED: [&str; 6] = ["", "nb", "nn,en;q=0.5", "sv", "fr", "de;q=0.1,nn"];
const HOURS: std::ops::Range<i64> = 0..4;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zæøå \"\\\\\u{1}]{0,8}",
        Just(r#"","languageCode":"nb"}],"isCurrentEndUser":false,"serviceResourceType":"""#.to_owned()),
    ]
}

prop_compose! {
    fn texts()(texts in btree_map(0..LANGUAGES.len(), text(), 0..LANGUAGES.len())) -> Localizations {
        let text = |(language, value): (usize, String)| Localization {
            language_code: LanguageCode::parse(LANGUAGES[language]).expect("a valid code"),
            value,
        };
        Localizations::new(texts.into_iter().map(text).collect())
    }
}

fn value() -> impl Strategy<Value = ContentValue> {
    let media_type = prop_oneof![Just(MediaType::PlainText), Just(MediaType::Markdown)];
    (media_type, texts()).prop_map(|(media_type, value)| ContentValue { media_type, value })
}

prop_compose! {
    fn content()(
        title in value(),
        others in [option::of(value()), option::of(value()), option::of(value()), option::of(value()), option::of(value())],
    ) -> ListItemContent {
        let [non_sensitive_title, summary, non_sensitive_summary, sender_name, extended_status] = others;
        ListItemContent { title, non_sensitive_title, summary, non_sensitive_summary, sender_name, extended_status }
    }
}

fn actor() -> impl Strategy<Value = Actor> {
    let id = prop::sample::select(&[ALICE, MAIL, SYSTEM, ACME][..]);
    let identified = (id, option::of(text()))
        .prop_map(|(id, name)| Actor::Identified { id: ActorId::parse(id).expect("a valid id"), name });
    prop_oneof![Just(Actor::ServiceOwner), text().prop_map(|name| Actor::Named { name }), identified]
}

prop_compose! {
    fn seen()(hour in HOURS, seen_by in actor(), is_via_service_owner in any::<bool>()) -> SeenEntry {
        SeenEntry { id: Uuid::from_u128(5), seen_at: at(hour), seen_by, is_via_service_owner }
    }
}

prop_compose! {
    fn activity()(performed_by in actor(), description in texts(), extended_type in option::of(text())) -> Activity {
        Activity {
            id: ActivityId(Uuid::from_u128(7)),
            created_at: at(6),
            activity_type: ActivityType::FormSaved,
            extended_type,
            transmission_id: None,
            performed_by,
            description,
        }
    }
}

prop_compose! {
    fn item()(
        [extended_status, external_reference, process, preceding_process] in [
            option::of(text()), option::of(text()), option::of(text()), option::of(text()),
        ],
        [visible_from, due_at, deleted_at] in [option::of(HOURS), option::of(HOURS), option::of(HOURS)],
        (progress, updated_at, is_api_only) in (option::of(0u8..100), HOURS, any::<bool>()),
        labels in vec("[a-z]{3,5}", 0..3),
        latest_activity in option::of(activity()),
        seen_since_content_update in vec(seen(), 0..4),
        content in option::of(content()),
    ) -> ListItem {
        ListItem {
            progress,
            extended_status,
            external_reference,
            visible_from: visible_from.map(at),
            due_at: due_at.map(at),
            process,
            preceding_process,
            is_api_only,
            updated_at: at(updated_at),
            content_updated_at: at(0),
            deleted_at: deleted_at.map(at),
            is_content_seen: !is_api_only,
            has_unopened_content: is_api_only,
            latest_activity,
            seen_since_content_update,
            service_owner_labels: labels.iter().map(|it| ServiceOwnerLabel::parse(it).expect("a label")).collect(),
            content,
            ..list_item()
        }
    }
}

#[track_caller]
fn check(item: &ListItem, audience: Audience, service: Service<'_>, reader: &Reader<'_>) {
    let written = match audience {
        Audience::EndUsers => serde_json::to_string(&DialogListItem::of(item, service, reader)),
        Audience::ServiceOwner => serde_json::to_string(&ServiceOwnerDialogListItem::of(item, service, reader)),
    };
    let is_whole = is_whole(item, || service.shows_whole_text);
    let prepared = PreparedItem::made(item, audience, reader.person_ids, is_whole);
    let mut copied = b"before".to_vec();
    prepared.write(service.resource_type, reader, &mut copied).expect("an item is JSON");
    let copied = String::from_utf8(copied).expect("JSON is text");
    let expected = written.expect("an item is JSON");
    assert_eq!(copied.strip_prefix("before"), Some(expected.as_str()), "{audience:?}, {service:?}, {reader:?}");
}

proptest! {
    #[test]
    fn an_item_is_the_same_for_every_reader(item in item(), resource_type in text()) {
        let mask = PersonMask::new();
        let users = [ALICE, MAIL, SYSTEM].map(|user| EndUserId::parse(user).expect("a valid user"));
        for end_user in users.iter().map(Some).chain([None]) {
            for accepted in ACCEPTED {
                let languages = AcceptedLanguages::parse(accepted).expect("a readable header");
                for shows_whole_text in [true, false] {
                    let service = Service { resource_type: &resource_type, shows_whole_text };
                    for (audience, person_ids) in [
                        (Audience::EndUsers, PersonIds::Masked(mask)),
                        (Audience::ServiceOwner, PersonIds::Shown),
                    ] {
                        let reader = Reader { languages: &languages, person_ids, end_user, marks: None };
                        check(&item, audience, service, &reader);
                    }
                }
            }
        }
    }
}
