//! What is stored today is read tomorrow, and what is damaged is refused.

use super::*;
use crate::dialogs::fixture::text;
use crate::domain::{
    Activity, ActivityId, ActivityType, Actor, ActorId, ApiAction, ApiEndpoint, Attachment, AttachmentUrl,
    ConsumerType, ContentValue, Dialog, DialogContent, DialogId, DialogStatus, EndUserContext, GuiAction,
    GuiActionPriority, HttpVerb, LabelAction, LabelAssignment, LanguageCode, ListItem, Localization, Localizations,
    MediaType, NavigationalAction, Org, Party, Revision, SeenEntry, ServiceOwnerContext, ServiceOwnerLabel,
    ServiceResource, SystemLabel, SystemLabels, Timestamp, Transmission, TransmissionContent, TransmissionId,
    TransmissionType,
};
use std::error::Error;
use std::fmt::Debug;
use uuid::Uuid;

const PERSON: &str = "urn:altinn:person:identifier-no:03886595947";
const AT: Timestamp = Timestamp::from_micros(1_785_000_000_123_456);

/// One of each kind of value that is stored, with something in every field.
struct Values {
    dialog: Dialog,
    transmissions: Vec<Transmission>,
    activities: Vec<Activity>,
    seen_log: Vec<SeenEntry>,
    label_log: Vec<LabelAssignment>,
    item: ListItem,
}

impl Values {
    fn new() -> Self {
        let seen_log = vec![SeenEntry { id: id(1), seen_at: AT, seen_by: person(), is_via_service_owner: true }];
        let label_log = vec![LabelAssignment {
            created_at: AT,
            label: SystemLabel::MarkedAsUnopened,
            action: LabelAction::Remove,
            performed_by: Actor::Named { name: "Solbakken Kari".to_owned() },
        }];
        let whole = whole_dialog();
        let item = ListItem::of(&whole, &seen_log);
        let (transmissions, activities) = (whole.transmissions.clone(), whole.activities.clone());
        let dialog = Dialog { transmissions: Vec::new(), activities: Vec::new(), ..whole };
        Self { dialog, transmissions, activities, seen_log, label_log, item }
    }

    fn encoded(&self) -> [(&'static str, Vec<u8>); 6] {
        [
            ("dialog", encode(&self.dialog)),
            ("transmission", encode(&self.transmissions)),
            ("activity", encode(&self.activities)),
            ("seen log", encode(&self.seen_log)),
            ("label log", encode(&self.label_log)),
            ("list item", encode_plain(&self.item)),
        ]
        .map(|(what, bytes)| (what, bytes.expect("the value is encoded")))
    }
}

/// Reads a value as what it is; whether that was possible.
fn is_read(what: &'static str, bytes: &[u8]) -> Result<(), StoreError> {
    match what {
        "dialog" => decode::<Dialog>(bytes, what).map(drop),
        "transmission" => decode::<Vec<Transmission>>(bytes, what).map(drop),
        "activity" => decode::<Vec<Activity>>(bytes, what).map(drop),
        "seen log" => decode::<Vec<SeenEntry>>(bytes, what).map(drop),
        "label log" => decode::<Vec<LabelAssignment>>(bytes, what).map(drop),
        "list item" => decode::<ListItem>(bytes, what).map(drop),
        _ => panic!("{what} is no kind of value"),
    }
}

/// The source of the error that this is refused with.
#[track_caller]
fn reason(bytes: &[u8]) -> Option<String> {
    let error = decode::<Vec<SeenEntry>>(bytes, "seen log").expect_err("it is damaged");
    assert_eq!(error.to_string(), "the store holds a damaged seen log");
    error.source().map(ToString::to_string)
}

fn fingerprint(bytes: &[u8]) -> String {
    Uuid::new_v5(&Uuid::nil(), bytes).to_string()
}

#[test]
fn every_kind_of_value_comes_back() {
    #[track_caller]
    fn check<T: DeserializeOwned + PartialEq + Debug>(bytes: &[u8], expected: &T) {
        assert_eq!(decode::<T>(bytes, "value").expect("the value is decoded"), *expected);
    }
    let values = Values::new();
    let [dialog, transmissions, activities, seen_log, label_log, item] = values.encoded().map(|(_, bytes)| bytes);
    check(&dialog, &values.dialog);
    check(&transmissions, &values.transmissions);
    check(&activities, &values.activities);
    check(&seen_log, &values.seen_log);
    check(&label_log, &values.label_log);
    check(&item, &values.item);
    assert_eq!((dialog[1], item[1]), (ZSTD_1, PLAIN));
}

#[test]
fn what_does_not_get_smaller_is_not_packed() {
    let noise: Vec<u8> = (1..20u8).map(|n| n.wrapping_mul(151)).collect();
    let bytes = encode(&noise).expect("the value is encoded");
    assert_eq!((bytes[1], bytes.len()), (PLAIN, 2 + 1 + noise.len()));
    assert_eq!(decode::<Vec<u8>>(&bytes, "noise").expect("the value is decoded"), noise);
    let blank = vec![0; 1 << 20];
    let bytes = encode(&blank).expect("the value is encoded");
    assert!(bytes[1] == ZSTD_1 && bytes.len() < 1 << 10, "{} bytes", bytes.len());
    assert_eq!(decode::<Vec<u8>>(&bytes, "blank").expect("the value is decoded"), blank);
}

#[test]
fn a_value_that_was_cut_off_is_refused() {
    for (what, bytes) in Values::new().encoded() {
        is_read(what, &bytes).expect("the whole value is read");
        for length in 0..bytes.len() {
            is_read(what, &bytes[..length]).expect_err("part of a value is read");
        }
        let longer = [bytes, vec![0]].concat();
        is_read(what, &longer).expect_err("more than a value is read");
    }
}

/// Any outcome will do but a panic: the pages of the store have checksums of their own.
#[test]
fn a_flipped_bit_harms_nobody_else() {
    for (what, bytes) in Values::new().encoded() {
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = is_read(what, &flipped);
        }
        is_read(what, &bytes).expect("the next value is read");
    }
}

#[test]
fn a_claimed_length_is_not_believed_beyond_what_the_bytes_bear_out() {
    let claiming = |bytes: u32| {
        // A frame whose length has four bytes, and a block of one repeated byte that is the last.
        let frame = [&[0x28, 0xB5, 0x2F, 0xFD, 0xA0][..], &bytes.to_le_bytes(), &[0x0B, 0, 0, b'x']].concat();
        [&[LAYOUT, ZSTD_1], &frame[..]].concat()
    };
    assert_eq!(reason(&claiming(200 << 20)).as_deref(), Some("no believable length"));
    assert_eq!(reason(&claiming(u32::MAX)).as_deref(), Some("no believable length"));
    assert_ne!(reason(&claiming(1)).as_deref(), Some("no believable length"));
}

#[test]
fn other_layouts_and_packings_are_refused_by_name() {
    let (_, bytes) = Values::new().encoded()[3].clone();
    let with = |at: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = value;
        bytes
    };
    assert_eq!(reason(&with(0, LAYOUT + 1)).as_deref(), Some("it has an unknown layout (2)"));
    assert_eq!(reason(&with(0, 0)).as_deref(), Some("it has an unknown layout (0)"));
    assert_eq!(reason(&with(1, ZSTD_1 + 1)).as_deref(), Some("it is packed in an unknown way (2)"));
    assert_eq!(reason(&[LAYOUT + 1]).as_deref(), Some("it has an unknown layout (2)"));
    assert_eq!((reason(&[LAYOUT]), reason(&[])), (None, None));
}

/// When this fails, stored values cannot be read any more: another dictionary is another packing.
#[test]
fn the_dictionary_never_changes() {
    assert_eq!(fingerprint(DICTIONARY_1), "923c440c-2169-5683-a29f-3ec48a6f44f4");
    let (_, dialog) = &Values::new().encoded()[0];
    let named = zstd::zstd_safe::get_dict_id_from_frame(&dialog[2..]);
    assert!(named.is_some() && named == zstd::zstd_safe::get_dict_id_from_dict(DICTIONARY_1), "{named:?}");
}

/// When this fails, a type that is stored has changed: [`LAYOUT`] must go up, and the old one be read as well.
#[test]
fn the_layout_is_that_of_its_number() {
    let plain = |value: Result<Vec<u8>, StoreError>| fingerprint(&value.expect("the value is encoded"));
    let values = Values::new();
    let found = [
        plain(encode_plain(&values.dialog)),
        plain(encode_plain(&values.transmissions)),
        plain(encode_plain(&values.activities)),
        plain(encode_plain(&values.seen_log)),
        plain(encode_plain(&values.label_log)),
        plain(encode_plain(&values.item)),
    ];
    assert_eq!(
        found,
        [
            "0e617586-38f6-50d4-b7df-47bf8eda5792",
            "7d5998ac-740d-5a68-afb8-684d8d49eadc",
            "caedd4c1-41c3-5c99-9919-cf806c5d5752",
            "ddfc816e-ab59-5104-a197-89e010bcbcb1",
            "66bd315a-28c0-5a8e-8752-c9e3dbbf6e99",
            "bb716026-30b0-5ce5-8afb-645e3c854c2f",
        ]
    );
}

/// When this fails, data folders of today will not be read.
#[test]
fn a_value_stored_long_ago_is_read() {
    let stored = "010128b52ffd23e5609a7e58dd01000403011001930e3c8a007c529a5f000180c9f3aed6dcab33383836353935\
                  393437010e536f6c62616b6b656e204b6172690102fc89511903020802";
    let bytes: Vec<u8> = (0..stored.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&stored[at..at + 2], 16).expect("hexadecimal digits"))
        .collect();
    assert_eq!(bytes[..2], [1, 1]);
    let read: Vec<SeenEntry> = decode(&bytes, "seen log").expect("the value is decoded");
    assert_eq!(read, Values::new().seen_log);
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0193_0e3c_8a00_7c52_9a5f_0000_0000_0000 + n)
}

fn person() -> Actor {
    Actor::Identified { id: ActorId::parse(PERSON).expect("a valid actor"), name: Some("Solbakken Kari".to_owned()) }
}

fn words(value: &str) -> Localizations {
    let in_language = |language_code, value: &str| Localization { language_code, value: value.to_owned() };
    Localizations::new(vec![in_language(LanguageCode::NB, value), in_language(LanguageCode::EN, "In English")])
}

fn some(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn attachment(n: u128) -> Attachment {
    let url = AttachmentUrl {
        id: id(n + 1),
        url: format!("https://skd.example.no/vedlegg/{n}"),
        media_type: some("application/pdf"),
        consumer_type: ConsumerType::Gui,
    };
    Attachment {
        id: id(n),
        display_name: words("Vedtak"),
        name: some("vedtak.pdf"),
        expires_at: Some(AT),
        urls: vec![url],
    }
}

fn whole_dialog() -> Dialog {
    let embedded =
        ContentValue { media_type: MediaType::MarkdownEmbed, value: words("https://skd.example.no/innhold") };
    Dialog {
        id: DialogId(id(10)),
        revision: Revision(id(11)),
        org: Org::new("skd"),
        service_resource: ServiceResource::parse("urn:altinn:resource:skd-skattemelding").expect("a valid resource"),
        party: Party::parse(PERSON).expect("a valid party"),
        idempotent_key: some("2026-1"),
        progress: Some(40),
        extended_status: some("venter-på-svar"),
        external_reference: some("SKD-2026-000123"),
        visible_from: Some(AT),
        due_at: Some(AT),
        expires_at: Some(AT),
        process: some("urn:example:process:1"),
        preceding_process: some("urn:example:process:0"),
        status: DialogStatus::RequiresAttention,
        is_api_only: true,
        created_at: AT,
        updated_at: AT,
        content_updated_at: AT,
        deleted_at: Some(AT),
        frozen: true,
        seen_since_content_update: true,
        has_unopened_content: true,
        from_service_owner_transmissions_count: 300,
        from_party_transmissions_count: 7,
        content: Some(DialogContent {
            title: text("Skattemelding for 2025"),
            non_sensitive_title: Some(text("Melding")),
            summary: Some(text("Sjekk at opplysningene stemmer, og lever innen 30. april.")),
            non_sensitive_summary: Some(text("Sjekk")),
            sender_name: Some(text("Skatteetaten")),
            additional_info: Some(ContentValue { media_type: MediaType::Markdown, value: words("**Viktig**") }),
            extended_status: Some(text("Venter på svar")),
            main_content_reference: Some(embedded.clone()),
        }),
        search_tags: vec!["skatt".to_owned(), "2025".to_owned()],
        attachments: vec![attachment(20)],
        gui_actions: vec![GuiAction {
            id: id(30),
            action: "read".to_owned(),
            url: "https://skd.example.no/apne".to_owned(),
            authorization_attribute: some("element1"),
            is_delete_dialog_action: true,
            http_method: HttpVerb::Post,
            priority: GuiActionPriority::Secondary,
            title: words("Åpne"),
            prompt: words("Er du sikker?"),
        }],
        api_actions: vec![ApiAction {
            id: id(40),
            action: "write".to_owned(),
            name: some("lever"),
            authorization_attribute: some("element2"),
            endpoints: vec![ApiEndpoint {
                id: id(41),
                version: some("v2"),
                url: "https://skd.example.no/api".to_owned(),
                http_method: HttpVerb::Patch,
                documentation_url: some("https://skd.example.no/docs"),
                request_schema: some("https://skd.example.no/request.json"),
                response_schema: some("https://skd.example.no/response.json"),
                deprecated: true,
                sunset_at: Some(AT),
            }],
        }],
        service_owner_context: ServiceOwnerContext {
            revision: Revision(id(50)),
            labels: vec![ServiceOwnerLabel::parse("sakstype-1").expect("a valid label")],
        },
        end_user_context: EndUserContext {
            revision: Revision(id(51)),
            system_labels: SystemLabels::default().with(SystemLabel::Archive).with(SystemLabel::Sent),
        },
        transmissions: vec![Transmission {
            id: TransmissionId(id(60)),
            idempotent_key: some("1"),
            created_at: AT,
            transmission_type: TransmissionType::Correction,
            extended_type: some("purring"),
            external_reference: some("brev-1"),
            authorization_attribute: some("element3"),
            related_transmission_id: Some(TransmissionId(id(61))),
            sender: person(),
            content: Some(TransmissionContent {
                title: text("Vedtak"),
                summary: Some(text("Vedtaket er klart")),
                content_reference: Some(embedded),
            }),
            attachments: vec![attachment(70)],
            navigational_actions: vec![NavigationalAction {
                title: words("Gå til"),
                url: "https://skd.example.no/saken".to_owned(),
                expires_at: Some(AT),
            }],
        }],
        activities: vec![Activity {
            id: ActivityId(id(80)),
            created_at: AT,
            activity_type: ActivityType::CorrespondenceConfirmed,
            extended_type: some("annet"),
            transmission_id: Some(TransmissionId(id(60))),
            performed_by: Actor::ServiceOwner,
            description: words("Bekreftet"),
        }],
    }
}
