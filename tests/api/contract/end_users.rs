//! The document of end users.

use super::{
    Contract, Exceptions, IN_ITS_TRANSACTION, NEVER_IN_PROBLEMS, NO_ID_OF_ROLES, ONLY_OF_THE_MAIN_REFERENCE, PARAMETERS,
};

pub(super) fn contract() -> Contract {
    Contract {
        document: serde_json::from_str(include_str!("../../contract/openapi.enduser.json")).expect("JSON"),
        ours: "/swagger/v1.enduser/swagger.json",
        exceptions: EXCEPTIONS,
    }
}

const EXCEPTIONS: Exceptions = Exceptions {
    never_answered: &[
        ("BulkSetDialogSystemLabels", "409", IN_ITS_TRANSACTION),
        ("BulkSetDialogSystemLabels", "422", ALL_IS_SAID_BEFORE),
        ("SearchDialogLabelAssignmentLogs", "410", NOT_FOUND_WHEN_DELETED),
        ("SearchDialogs", "422", "no search is too broad to be completed"),
        ("SetDialogSystemLabels", "409", IN_ITS_TRANSACTION),
        ("SetDialogSystemLabels", "410", NOT_FOUND_WHEN_DELETED),
        ("SetDialogSystemLabels", "422", ALL_IS_SAID_BEFORE),
    ],
    never_filled: &[
        ("*", ".additionalInfo.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
        ("*", ".contentReference.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
        ("*", ".extendedStatus.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
        ("*", ".senderName.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
        ("*", ".summary.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
        ("*", ".title.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
        ("GetDialogTransmission", ".deletedAt", NEVER_DELETED),
        ("GetServiceResourceMetadata", ".roles[].links", NO_ID_OF_ROLES),
        ("SearchAuthorizedServiceResources", ".roles[].links", NO_ID_OF_ROLES),
        ("SearchDialogTransmissions", ".deletedAt", NEVER_DELETED),
    ],
    never_told: &[
        (".code", NEVER_IN_PROBLEMS),
        (".detail", "none of these refusals says more, and those of the service itself are no part of the document"),
        (".statusDescription", NEVER_IN_PROBLEMS),
        (".validationErrors", NEVER_IN_PROBLEMS),
    ],
    problems_by_their_name: &[],
    differences: &[
        ("GetDialogTransmission", "200 .deletedAt: missing", NEVER_DELETED),
        ("GetServiceResourceMetadata", "200 .items[].roles[].links: missing", NO_ID_OF_ROLES),
        ("SearchAuthorizedServiceResources", "200 .items[].roles[].links: missing", NO_ID_OF_ROLES),
        ("SearchDialogTransmissions", "200 [].deletedAt: missing", NEVER_DELETED),
    ],
    never_referred_to: &[
        ("GetDialogActivityRequest", PARAMETERS),
        ("GetDialogLookupRequest", PARAMETERS),
        ("GetDialogRequest", PARAMETERS),
        ("GetDialogTransmissionRequest", PARAMETERS),
        ("GetServiceResourceMetadataRequest", PARAMETERS),
        ("SearchAuthorizedServiceResourcesRequest", PARAMETERS),
        ("SearchDialogActivitiesRequest", PARAMETERS),
        ("SearchDialogTransmissionsRequest", PARAMETERS),
        ("SearchDialogsRequest", PARAMETERS),
    ],
};
const ALL_IS_SAID_BEFORE: &str = "labels that cannot be set are mistakes of the request";
const NOT_FOUND_WHEN_DELETED: &str = "a deleted dialog is not found, as in the reference";
const NEVER_DELETED: &str = "transmissions are not deleted, and the reference never fills it";
