"""What the contract's documents leave out, although the contract answers it. It is added before answers are held
against them. Our own documents are left as they are: they have to be complete."""

import schemathesis

PROBLEM = "application/problem+json"
JSON = "application/json"

ALL_WITH_IDS = "every operation with an id in its path"
ALL_WITH_BODIES = "every operation with a body"

# Operation, statuses, the media type of their bodies, and what is answered so: in both documents, and in one of them.
LEFT_OUT = [
    (ALL_WITH_IDS, ["400"], PROBLEM, "an id that is no UUID"),
    (ALL_WITH_BODIES, ["413", "415"], PROBLEM, "a body that is too long or is not said to be JSON"),
    ("GetDialogLookup", ["409"], PROBLEM, "a label of several dialogs: see docs/differences.md"),
    ("GetLimits", ["406"], PROBLEM, "a caller that does not take JSON"),
    ("GetServiceResourceMetadata", ["400"], PROBLEM, "a language that is none"),
    ("SearchDialogActivities", ["410"], PROBLEM, "a deleted dialog"),
    ("SearchDialogs", ["400"], PROBLEM, "the mistakes of a filter"),
]
LEFT_OUT_OF = {
    "enduser": [
        ("GetDialog", ["410"], PROBLEM, "a deleted dialog"),
        ("GetDialogActivity", ["410"], PROBLEM, "a deleted dialog"),
        ("GetDialogSeenLog", ["410"], PROBLEM, "a deleted dialog"),
        ("GetParties", ["406"], PROBLEM, "a caller that does not take JSON"),
        ("SearchAuthorizedServiceResources", ["400"], PROBLEM, "a party that is none: see docs/differences.md"),
        ("SearchDialogSeenLogs", ["410"], PROBLEM, "a deleted dialog"),
    ],
    "serviceowner": [
        ("BulkSetDialogSystemLabels", ["400"], JSON, "the person named is judged before the operation, in plain JSON"),
        ("CheckNotificationCondition", ["404"], PROBLEM, "an unknown dialog"),
        ("CreateServiceOwnerLabel", ["404"], PROBLEM, "an unknown dialog"),
        ("GetDialog", ["400"], JSON, "the person named is judged before the operation, in plain JSON"),
        ("PatchDialog", ["400", "404", "409", "410", "412", "422"], PROBLEM, "only unfit patches are plain JSON"),
        ("SearchDialogEndUserContexts", ["400"], PROBLEM, "the mistakes of a filter"),
        ("SearchDialogs", ["400"], JSON, "the person named is judged before the operation, in plain JSON"),
        ("SetDialogSystemLabels", ["400"], JSON, "the person named is judged before the operation, in plain JSON"),
    ],
}

# The contract's documents say what the header is read as. This is how it is written.
LANGUAGES = {"type": "string", "enum": ["nb", "en;q=0.5, nn", "*", "nb;;"]}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    if raw_schema["openapi"].startswith("3.1"):
        return
    operations = [operation for item in raw_schema["paths"].values() for operation in item.values()]
    for operation in operations:
        for parameter in operation.get("parameters", []):
            if parameter["name"].lower() == "accept-language":
                parameter["schema"] = LANGUAGES
    [left_out] = [rows for audience, rows in LEFT_OUT_OF.items() if f"/api/v1/{audience}/dialogs" in raw_schema["paths"]]
    for named, statuses, media_type, _ in LEFT_OUT + left_out:
        meant = [operation for operation in operations if is_meant(named, operation)]
        if not meant:
            raise ValueError(f"the contract has no operation {named}")
        for operation in meant:
            for status in statuses:
                answer = operation["responses"].setdefault(status, {"description": "left out of the document"})
                problem = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
                answer.setdefault("content", {}).setdefault(media_type, problem)


def is_meant(named, operation):
    if named == ALL_WITH_IDS:
        return any(parameter["in"] == "path" for parameter in operation.get("parameters", []))
    if named == ALL_WITH_BODIES:
        return "requestBody" in operation
    return operation["operationId"] == named
