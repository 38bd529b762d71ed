use dialog_index::query::FacetField;

/// The name of a facet in requests and answers.
pub(crate) fn facet_name(field: FacetField) -> &'static str {
    match field {
        FacetField::Status => "status",
        FacetField::SystemLabel => "systemLabel",
        FacetField::Org => "org",
        FacetField::ServiceResource => "serviceResource",
        FacetField::Party => "party",
        FacetField::ExtendedStatus => "extendedStatus",
        FacetField::IsContentSeen => "isContentSeen",
        FacetField::ServiceOwnerLabel => "serviceOwnerLabel",
        FacetField::Process => "process",
        FacetField::ContentUpdatedYear => "contentUpdatedYear",
    }
}

/// The facet of that name, compared without case.
pub(super) fn parse_facet(text: &str) -> Option<FacetField> {
    FACETS.into_iter().find(|field| facet_name(*field).eq_ignore_ascii_case(text))
}

const FACETS: [FacetField; 10] = [
    FacetField::Status,
    FacetField::SystemLabel,
    FacetField::Org,
    FacetField::ServiceResource,
    FacetField::Party,
    FacetField::ExtendedStatus,
    FacetField::IsContentSeen,
    FacetField::ServiceOwnerLabel,
    FacetField::Process,
    FacetField::ContentUpdatedYear,
];
