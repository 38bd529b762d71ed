//! The document of service owners.

use super::{
    Contract, Exceptions, IN_ITS_TRANSACTION, NEVER_IN_PROBLEMS, NO_ID_OF_ROLES, ONLY_OF_THE_MAIN_REFERENCE, PARAMETERS,
};

pub(super) fn contract() -> Contract {
    Contract {
        document: serde_json::from_str(include_str!("../../contract/openapi.serviceowner.json")).expect("JSON"),
        ours: "/swagger/v1.serviceowner/swagger.json",
        exceptions: EXCEPTIONS,
    }
}

const EXCEPTIONS: Exceptions = Exceptions {
    never_answered: &[
        ("BulkSetDialogSystemLabels", "409", IN_ITS_TRANSACTION),
        ("CreateDialogActivity", "409", IN_ITS_TRANSACTION),
        ("CreateServiceOwnerLabel", "409", IN_ITS_TRANSACTION),
        ("DeleteDialog", "409", IN_ITS_TRANSACTION),
        ("DeleteServiceOwnerLabel", "409", IN_ITS_TRANSACTION),
        ("FreezeDialog", "409", IN_ITS_TRANSACTION),
        ("PurgeDialog", "409", IN_ITS_TRANSACTION),
        ("RestoreDialog", "409", IN_ITS_TRANSACTION),
        ("SetDialogSystemLabels", "409", IN_ITS_TRANSACTION),
        ("SetDialogSystemLabels", "410", "a deleted dialog is not found, as in the reference"),
    ],
    never_filled: &[
        ("*", ".additionalInfo.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
        ("*", ".contentReference.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
        ("*", ".extendedStatus.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
        ("*", ".nonSensitiveSummary.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
        ("*", ".nonSensitiveTitle.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
        ("*", ".senderName.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
        ("*", ".summary.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
        ("*", ".title.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
        ("GetServiceResourceMetadata", ".roles[].links", NO_ID_OF_ROLES),
        ("SearchDialogs", ".content.nonSensitiveSummary", NOT_IN_LISTS),
        ("SearchDialogs", ".content.nonSensitiveTitle", NOT_IN_LISTS),
    ],
    never_told: &[
        (".code", NEVER_IN_PROBLEMS),
        (".detail", "none of these refusals says more, and those of the service itself are no part of the document"),
        (".statusDescription", NEVER_IN_PROBLEMS),
        (".validationErrors", NEVER_IN_PROBLEMS),
    ],
    problems_by_their_name: &[("PatchDialog", "the reference answers problem details as well")],
    differences: &[
        ("CreateDialog", "body .content.additionalInfo.isAuthorized: missing", ONLY_ANSWERED),
        ("CreateDialogTransmission", "body .content.contentReference.isAuthorized: missing", ONLY_ANSWERED),
        ("GetServiceResourceMetadata", "200 .items[].roles[].links: missing", NO_ID_OF_ROLES),
        ("SearchDialogs", "200 .items[].content.nonSensitiveSummary: missing", NOT_IN_LISTS),
        ("SearchDialogs", "200 .items[].content.nonSensitiveTitle: missing", NOT_IN_LISTS),
        ("UpdateDialog", "body .content.additionalInfo.isAuthorized: missing", ONLY_ANSWERED),
        ("UpdateDialogTransmission", "body .content.contentReference.isAuthorized: missing", ONLY_ANSWERED),
    ],
    never_referred_to: &[("GetDialogLookupRequest", PARAMETERS), ("GetServiceResourceMetadataRequest", PARAMETERS)],
};
const NOT_IN_LISTS: &str = "the reference never fills it in lists";
const ONLY_ANSWERED: &str = "it is ignored in what is sent";
