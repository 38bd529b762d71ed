//! The contract's enums: every member has a name, which is written, and a number, which may be read as well.

use dialog_index::domain::{
    ActivityType, ConsumerType, DialogStatus, GuiActionPriority, HttpVerb, SystemLabel, TransmissionType,
};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// An enum of the contract.
pub(crate) trait ContractEnum: Copy + PartialEq + 'static {
    /// The contract's name of the enum.
    const NAME: &'static str;
    /// The members by the contract's names.
    const MEMBERS: &'static [(&'static str, Self)];

    /// The contract's number of a member; 0 is none's.
    fn number(self) -> i64;

    fn name(self) -> &'static str {
        Self::MEMBERS.iter().find(|(_, member)| *member == self).map_or("", |(name, _)| name)
    }

    /// The member of that name in any case.
    fn of_name(name: &str) -> Option<Self> {
        Self::MEMBERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, member)| *member)
    }

    fn of_number(number: i64) -> Option<Self> {
        Self::MEMBERS.iter().find(|(_, member)| member.number() == number).map(|(_, member)| *member)
    }
}

/// A member of an enum as it is read: by name in any case, or by number. A number that is no member's can be read
/// and breaks a rule afterwards, as does a value that is missing (0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice<T> {
    Member(T),
    Unknown(i64),
}

// Names of their own, because schemas are derived without a look at generic arguments.
pub(crate) type DialogStatusChoice = Choice<DialogStatus>;
pub(crate) type DialogStatusInputChoice = Choice<DialogStatusInput>;
pub(crate) type SystemLabelChoice = Choice<SystemLabel>;
pub(crate) type TransmissionTypeChoice = Choice<TransmissionType>;
pub(crate) type ActivityTypeChoice = Choice<ActivityType>;
pub(crate) type ActorTypeChoice = Choice<ActorType>;
pub(crate) type GuiActionPriorityChoice = Choice<GuiActionPriority>;
pub(crate) type HttpVerbChoice = Choice<HttpVerb>;
pub(crate) type ConsumerTypeChoice = Choice<ConsumerType>;
pub(crate) type NotificationConditionTypeChoice = Choice<NotificationConditionType>;

/// What a service owner can say of a dialog's status; two members are old names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DialogStatusInput {
    New = 1,
    InProgress = 2,
    Draft = 3,
    Sent = 4,
    RequiresAttention = 5,
    Completed = 6,
    NotApplicable = 7,
    Awaiting = 8,
}

impl From<DialogStatusInput> for DialogStatus {
    fn from(status: DialogStatusInput) -> Self {
        match status {
            DialogStatusInput::InProgress => Self::InProgress,
            DialogStatusInput::Draft => Self::Draft,
            DialogStatusInput::RequiresAttention => Self::RequiresAttention,
            DialogStatusInput::Completed => Self::Completed,
            DialogStatusInput::New | DialogStatusInput::NotApplicable => Self::NotApplicable,
            DialogStatusInput::Sent | DialogStatusInput::Awaiting => Self::Awaiting,
        }
    }
}

/// On whose side an actor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActorType {
    PartyRepresentative = 1,
    ServiceOwner = 2,
}

/// What lets a notification be sent: that the dialog does not have an activity, or that it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotificationConditionType {
    NotExists = 1,
    Exists = 2,
}

macro_rules! contract_enum {
    ($type:ident, $name:literal, $($member:ident = $text:literal),+ $(,)?) => {
        impl ContractEnum for $type {
            const NAME: &'static str = $name;
            const MEMBERS: &'static [(&'static str, Self)] = &[$(($text, Self::$member)),+];

            fn number(self) -> i64 {
                self as i64
            }
        }
    };
}

contract_enum!(
    DialogStatus,
    "DialogStatus",
    InProgress = "InProgress",
    Draft = "Draft",
    RequiresAttention = "RequiresAttention",
    Completed = "Completed",
    NotApplicable = "NotApplicable",
    Awaiting = "Awaiting",
);
contract_enum!(
    DialogStatusInput,
    "DialogStatusInput",
    New = "New",
    InProgress = "InProgress",
    Draft = "Draft",
    Sent = "Sent",
    RequiresAttention = "RequiresAttention",
    Completed = "Completed",
    NotApplicable = "NotApplicable",
    Awaiting = "Awaiting",
);
contract_enum!(
    SystemLabel,
    "SystemLabel",
    Default = "Default",
    Bin = "Bin",
    Archive = "Archive",
    MarkedAsUnopened = "MarkedAsUnopened",
    Sent = "Sent",
);
contract_enum!(
    TransmissionType,
    "DialogTransmissionType",
    Information = "Information",
    Acceptance = "Acceptance",
    Rejection = "Rejection",
    Request = "Request",
    Alert = "Alert",
    Decision = "Decision",
    Submission = "Submission",
    Correction = "Correction",
);
contract_enum!(
    ActivityType,
    "DialogActivityType",
    DialogCreated = "DialogCreated",
    DialogClosed = "DialogClosed",
    Information = "Information",
    TransmissionOpened = "TransmissionOpened",
    PaymentMade = "PaymentMade",
    SignatureProvided = "SignatureProvided",
    DialogOpened = "DialogOpened",
    DialogDeleted = "DialogDeleted",
    DialogRestored = "DialogRestored",
    SentToSigning = "SentToSigning",
    SentToFormFill = "SentToFormFill",
    SentToSendIn = "SentToSendIn",
    SentToPayment = "SentToPayment",
    FormSubmitted = "FormSubmitted",
    FormSaved = "FormSaved",
    CorrespondenceOpened = "CorrespondenceOpened",
    CorrespondenceConfirmed = "CorrespondenceConfirmed",
);
contract_enum!(ActorType, "ActorType", PartyRepresentative = "PartyRepresentative", ServiceOwner = "ServiceOwner",);
contract_enum!(
    GuiActionPriority,
    "DialogGuiActionPriority",
    Primary = "Primary",
    Secondary = "Secondary",
    Tertiary = "Tertiary",
);
contract_enum!(
    HttpVerb,
    "HttpVerb",
    Get = "GET",
    Post = "POST",
    Put = "PUT",
    Patch = "PATCH",
    Delete = "DELETE",
    Head = "HEAD",
    Options = "OPTIONS",
    Trace = "TRACE",
    Connect = "CONNECT",
);
contract_enum!(ConsumerType, "AttachmentUrlConsumerType", Gui = "Gui", Api = "Api");
contract_enum!(NotificationConditionType, "NotificationConditionType", NotExists = "NotExists", Exists = "Exists");

impl<T> Choice<T> {
    pub(crate) fn member(self) -> Option<T> {
        match self {
            Self::Member(member) => Some(member),
            Self::Unknown(_) => None,
        }
    }
}

impl<T> Default for Choice<T> {
    fn default() -> Self {
        Self::Unknown(0)
    }
}

impl<'de, T: ContractEnum> Deserialize<'de> for Choice<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChoiceVisitor(PhantomData))
    }
}

struct ChoiceVisitor<T>(PhantomData<T>);

impl<T: ContractEnum> Visitor<'_> for ChoiceVisitor<T> {
    type Value = Choice<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {}", T::NAME)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match (T::of_name(text), text.parse()) {
            (Some(member), _) => Ok(Choice::Member(member)),
            (None, Ok(number)) => self.visit_i64(number),
            (None, Err(_)) => Err(E::custom(format_args!("The value is not a member of {}.", T::NAME))),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(T::of_number(number).map_or(Choice::Unknown(number), Choice::Member))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl<T: ContractEnum> PartialSchema for Choice<T> {
    fn schema() -> RefOr<Schema> {
        let names = T::MEMBERS.iter().map(|(name, _)| *name);
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
    }
}

impl<T: ContractEnum> ToSchema for Choice<T> {
    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[track_caller]
    fn check<T: ContractEnum + fmt::Debug>(value: Value, expected: Option<Choice<T>>) {
        assert_eq!(Choice::<T>::deserialize(&value).ok(), expected, "{value}");
    }

    #[test]
    fn members_are_read_by_name_and_by_number() {
        check(json!("GET"), Some(Choice::Member(HttpVerb::Get)));
        check(json!("get"), Some(Choice::Member(HttpVerb::Get)));
        check(json!("3"), Some(Choice::Member(HttpVerb::Put)));
        check(json!(3), Some(Choice::Member(HttpVerb::Put)));
        check::<HttpVerb>(json!(0), Some(Choice::Unknown(0)));
        check::<HttpVerb>(json!(u64::MAX), Some(Choice::Unknown(i64::MAX)));
        for refused in [json!("BREW"), json!(""), json!(null), json!(1.0), json!(true), json!([]), json!({})] {
            check::<HttpVerb>(refused, None);
        }
    }

    fn check_all<T: ContractEnum + fmt::Debug>(first: i64) {
        for (n, (name, member)) in T::MEMBERS.iter().enumerate() {
            assert_eq!((member.number(), member.name()), (first + n as i64, *name));
            assert_eq!(T::of_name(&name.to_lowercase()), Some(*member));
        }
    }

    #[test]
    fn members_are_numbered_in_the_contracts_order() {
        check_all::<DialogStatusInput>(1);
        check_all::<SystemLabel>(1);
        check_all::<TransmissionType>(1);
        check_all::<ActivityType>(1);
        check_all::<ActorType>(1);
        check_all::<GuiActionPriority>(1);
        check_all::<HttpVerb>(1);
        check_all::<ConsumerType>(1);
        check_all::<NotificationConditionType>(1);
    }

    #[test]
    fn the_domain_names_members_alike() {
        assert!(SystemLabel::ALL.iter().all(|label| SystemLabel::name(*label) == ContractEnum::name(*label)));
        assert!(DialogStatus::MEMBERS.iter().map(|(_, member)| *member).eq(DialogStatus::ALL));
        assert!(DialogStatus::MEMBERS.iter().all(|(name, member)| DialogStatus::name(*member) == *name));
        assert!(ActivityType::MEMBERS.iter().all(|(name, member)| ActivityType::name(*member) == *name));
    }
}
