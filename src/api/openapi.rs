//! The OpenAPI documents, made from the operations themselves, and the page that shows them.

use super::rest::Rest;
use serde_json::Value;
use std::collections::HashSet;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApi, PathItem, RefOr, Response, path::Operation};
use utoipa_swagger_ui::{SwaggerUi, Url};

const VERSION: &str = "v1";
const BEARER: &str = "bearer";

/// One document for each audience and one for both.
pub(super) struct Documents {
    end_user: Value,
    service_owner: Value,
    combined: Value,
}

impl Documents {
    /// Adds to each operation what the router does before it: tokens are asked for, and anything may be closed.
    pub(super) fn of(rest: &Rest) -> serde_json::Result<Self> {
        let mut metadata = rest.metadata.clone();
        operations(&mut metadata).for_each(refuse);
        let document = |title: &str, mut document: OpenApi| {
            operations(&mut document).for_each(ask_for_token);
            operations(&mut document).for_each(read_body);
            document.merge(metadata.clone());
            document.info = InfoBuilder::new().title(title).version(VERSION).build();
            let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
            document
                .components
                .get_or_insert_with(Components::new)
                .security_schemes
                .insert(BEARER.to_owned(), SecurityScheme::Http(bearer).into());
            serde_json::to_value(document)
        };
        let end_user = document("Dialogs for end users", rest.end_user.clone())?;
        let service_owner = document("Dialogs for service owners", rest.service_owner.clone())?;
        let combined = combine(&end_user, &service_owner);
        Ok(Self { end_user, service_owner, combined })
    }

    /// Method, path and id of each operation of both.
    pub(super) fn operations(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        members(&self.combined, "/paths").flat_map(|(path, item)| {
            let operations = item.as_object().into_iter().flatten();
            operations.filter_map(move |(method, operation)| {
                Some((method.as_str(), path.as_str(), operation.get("operationId")?.as_str()?))
            })
        })
    }

    /// The page `/swagger` and the documents `/swagger/v1….json` that it shows.
    pub(super) fn into_page(self) -> SwaggerUi {
        let url = |name: &'static str, path: &'static str, primary| Url::with_primary(name, path, primary);
        SwaggerUi::new("/swagger").external_urls_from_iter_unchecked([
            (url("End users", "/swagger/v1.enduser/swagger.json", true), self.end_user),
            (url("Service owners", "/swagger/v1.serviceowner/swagger.json", false), self.service_owner),
            (url("All", "/swagger/v1/swagger.json", false), self.combined),
        ])
    }
}

fn operations(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    document.paths.paths.values_mut().flat_map(|item: &mut PathItem| {
        [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten()
    })
}

fn ask_for_token(operation: &mut Operation) {
    operation.security.get_or_insert_with(|| vec![SecurityRequirement::new(BEARER, Vec::<String>::new())]);
    answer(operation, "401", "No token, or one that is not valid");
    answer(operation, "403", "The token is not enough for this operation");
    refuse(operation);
}

/// Whatever the operation, before it is looked at.
fn refuse(operation: &mut Operation) {
    answer(operation, "400", "There are too many parameters");
    answer(operation, "414", "The URL is too long");
    answer(operation, "429", "The caller has sent too many requests");
    answer(operation, "431", "The headers are too large");
    answer(operation, "503", "The service is closed or overloaded");
}

/// Streams may be of any length.
fn read_body(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &operation.request_body else { return };
    if body.content.contains_key("application/json") {
        answer(operation, "413", "The body is too long");
        answer(operation, "415", "The body is not said to be JSON");
    }
}

fn answer(operation: &mut Operation, status: &str, description: &str) {
    operation.responses.responses.entry(status.to_owned()).or_insert_with(|| Response::new(description).into());
}

/// Both audiences in one document. Where they use one name for different things, the service owner's gets a prefix.
fn combine(end_user: &Value, service_owner: &Value) -> Value {
    let mut combined = end_user.clone();
    let mut other = service_owner.clone();
    let clashing: HashSet<String> = members(end_user, "/components/schemas")
        .filter(|(name, schema)| {
            members(service_owner, "/components/schemas").any(|(other, shape)| other == *name && shape != *schema)
        })
        .map(|(name, _)| name.clone())
        .collect();
    let used_ids: HashSet<String> = operation_ids(end_user).collect();
    rename(&mut other, &|member, text| match member {
        "$ref" => {
            let name = text.strip_prefix("#/components/schemas/")?;
            clashing.contains(name).then(|| format!("#/components/schemas/ServiceOwner{name}"))
        }
        "operationId" => used_ids.contains(text).then(|| format!("ServiceOwner{text}")),
        _ => None,
    });
    for part in ["/components/schemas", "/paths"] {
        let added: Vec<_> = members(&other, part)
            .map(|(name, value)| match clashing.contains(name) {
                true => (format!("ServiceOwner{name}"), value.clone()),
                false => (name.clone(), value.clone()),
            })
            .collect();
        if let Some(target) = combined.pointer_mut(part).and_then(Value::as_object_mut) {
            for (name, value) in added {
                target.entry(name).or_insert(value);
            }
        }
    }
    combined["info"]["title"] = Value::from("Dialogs");
    combined
}

fn members<'a>(document: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    document.pointer(pointer).and_then(Value::as_object).into_iter().flatten()
}

/// Without those of the metadata, which both documents share.
fn operation_ids(document: &Value) -> impl Iterator<Item = String> {
    members(document, "/paths")
        .filter(|(path, _)| !path.contains("/metadata/"))
        .flat_map(|(_, item)| item.as_object().into_iter().flatten())
        .filter_map(|(_, operation)| Some(operation.get("operationId")?.as_str()?.to_owned()))
}

/// Replaces texts by what `new` gives for the member that holds them.
fn rename(value: &mut Value, new: &impl Fn(&str, &str) -> Option<String>) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, new)),
        Value::Object(members) => {
            for (name, member) in members {
                if let Some(text) = member.as_str() {
                    if let Some(text) = new(name, text) {
                        *member = Value::from(text);
                    }
                } else {
                    rename(member, new);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn clashes_between_audiences_get_a_prefix() {
        let document = |path: &str, schema: &str| {
            json!({
                "info": {},
                "paths": {
                    path: { "get": { "operationId": "GetDialog", "answer": { "$ref": "#/components/schemas/Dialog" } } },
                    "/api/v1/metadata/limits": { "get": { "operationId": "GetLimits" } },
                },
                "components": { "schemas": { "Dialog": schema, "Actor": "same" } },
            })
        };
        let combined = combine(&document("/a", "first"), &document("/b", "second"));
        assert_eq!(
            combined["components"]["schemas"],
            json!({ "Dialog": "first", "ServiceOwnerDialog": "second", "Actor": "same" })
        );
        assert_eq!(combined["paths"]["/a"]["get"]["operationId"], "GetDialog");
        assert_eq!(combined["paths"]["/b"]["get"]["operationId"], "ServiceOwnerGetDialog");
        assert_eq!(combined["paths"]["/b"]["get"]["answer"]["$ref"], "#/components/schemas/ServiceOwnerDialog");
        assert_eq!(combined["paths"]["/api/v1/metadata/limits"]["get"]["operationId"], "GetLimits");
    }
}
