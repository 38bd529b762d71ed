//! A JSON Patch (RFC 6902) of what a service owner may say of a dialog.
//!
//! Names in paths and values are taken in any case. What is patched always has the shape of the body of an update, so
//! that no operation can nest values deeper than that body does.

use super::accept_language::AcceptedLanguages;
use super::json::read_tree;
use super::new_dialog::UpdateDialog;
use super::problem::Problem;
use super::wire::{PersonIds, Reader, Rights, SeenSince, ServiceOwnerDialog, View};
use dialog_index::domain::Dialog;
use json_patch::jsonptr::{Pointer, PointerBuf};
use json_patch::{AddOperation, CopyOperation, MoveOperation, Patch, PatchOperation, RemoveOperation, TestOperation};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// Elements of lists that the operations of one patch may move out of their way, all together.
const MAX_SHIFTS: usize = 100_000_000;

/// The members that an update has; a list stands for its elements.
static SHAPE: LazyLock<Value> = LazyLock::new(|| {
    let texts = json!([{ "value": null, "languageCode": null }]);
    let content = json!({ "value": texts, "mediaType": null });
    let actor = json!({ "actorType": null, "actorName": null, "actorId": null });
    let attachments = json!([{
        "id": null,
        "displayName": texts,
        "name": null,
        "urls": [{ "id": null, "url": null, "mediaType": null, "consumerType": null }],
        "expiresAt": null,
    }]);
    json!({
        "progress": null,
        "extendedStatus": null,
        "externalReference": null,
        "dueAt": null,
        "process": null,
        "precedingProcess": null,
        "expiresAt": null,
        "isApiOnly": null,
        "status": null,
        "content": {
            "title": content,
            "nonSensitiveTitle": content,
            "summary": content,
            "nonSensitiveSummary": content,
            "senderName": content,
            "additionalInfo": content,
            "extendedStatus": content,
            "mainContentReference": content,
        },
        "searchTags": [{ "value": null }],
        "attachments": attachments,
        "transmissions": [{
            "id": null,
            "idempotentKey": null,
            "createdAt": null,
            "authorizationAttribute": null,
            "extendedType": null,
            "externalReference": null,
            "relatedTransmissionId": null,
            "type": null,
            "sender": actor,
            "content": { "title": content, "summary": content, "contentReference": content },
            "attachments": attachments,
            "navigationalActions": [{ "title": texts, "url": null, "expiresAt": null }],
        }],
        "guiActions": [{
            "id": null,
            "action": null,
            "url": null,
            "authorizationAttribute": null,
            "isDeleteDialogAction": null,
            "httpMethod": null,
            "priority": null,
            "title": texts,
            "prompt": texts,
        }],
        "apiActions": [{
            "id": null,
            "action": null,
            "name": null,
            "authorizationAttribute": null,
            "endpoints": [{
                "id": null,
                "version": null,
                "url": null,
                "httpMethod": null,
                "documentationUrl": null,
                "requestSchema": null,
                "responseSchema": null,
                "deprecated": null,
                "sunsetAt": null,
            }],
        }],
        "activities": [{
            "id": null,
            "createdAt": null,
            "extendedType": null,
            "type": null,
            "transmissionId": null,
            "performedBy": actor,
            "description": texts,
        }],
    })
});

/// The update that the patch makes of the dialog as it is, of at most so many bytes.
pub(crate) fn patched(stored: &Dialog, patch: &Patch, max_bytes: usize) -> Result<UpdateDialog, Problem> {
    let mut patching = Patching { body: body_of(stored)?, max_bytes, copied: 0, shifted: 0 };
    for operation in &patch.0 {
        patching.apply(operation).map_err(Problem::unusable_patch)?;
    }
    let json = serde_json::to_vec(&patching.body).map_err(Problem::internal)?;
    if json.len() > max_bytes {
        return Err(Problem::unusable_patch(too_large(max_bytes)));
    }
    read_tree(&json).and_then(|tree| tree.read()).map_err(|error| Problem::unusable_patch(error.to_string()))
}

/// The update that would change nothing.
fn body_of(stored: &Dialog) -> Result<Value, Problem> {
    let bare = Dialog { transmissions: Vec::new(), activities: Vec::new(), ..stored.clone() };
    let languages = AcceptedLanguages::default();
    let reader = Reader { languages: &languages, person_ids: PersonIds::Shown, end_user: None, marks: None };
    let view = View { reader: &reader, rights: Rights::Untold, service_resource_type: "" };
    let seen = SeenSince::of(&bare, &[]);
    let shown = serde_json::to_value(ServiceOwnerDialog::of(&bare, &seen, &view)).map_err(Problem::internal)?;
    shaped(&shown, &SHAPE).map_err(Problem::unusable_patch)
}

struct Patching {
    body: Value,
    max_bytes: usize,
    copied: usize,
    shifted: usize,
}

impl Patching {
    fn apply(&mut self, operation: &PatchOperation) -> Result<(), String> {
        let (path, shape) = known(operation.path())?;
        self.count_shifts(&path)?;
        let operation = match operation {
            PatchOperation::Add(add) => {
                PatchOperation::Add(AddOperation { path, value: shaped(&add.value, shape).map_err(at(&add.path))? })
            }
            PatchOperation::Replace(replace) => {
                // A member that the body leaves out has the value null.
                let is_there = self.body.pointer(path.as_str()).is_some();
                if !is_there && !self.is_member(&path) {
                    return Err(nothing_at(&path));
                }
                let value = shaped(&replace.value, shape).map_err(at(&replace.path))?;
                match self.body.pointer_mut(path.as_str()) {
                    Some(place) => {
                        *place = value;
                        return Ok(());
                    }
                    None => PatchOperation::Add(AddOperation { path, value }),
                }
            }
            PatchOperation::Remove(_) => {
                if self.body.pointer(path.as_str()).is_none() && self.is_member(&path) {
                    return Ok(());
                }
                PatchOperation::Remove(RemoveOperation { path })
            }
            PatchOperation::Test(test) => {
                let value = shaped(&test.value, shape).map_err(at(&test.path))?;
                if self.body.pointer(path.as_str()).is_none() && self.is_member(&path) && value.is_null() {
                    return Ok(());
                }
                PatchOperation::Test(TestOperation { path, value })
            }
            PatchOperation::Move(moving) => {
                let from = self.source(&moving.from, &path, shape)?;
                self.count_shifts(&from)?;
                PatchOperation::Move(MoveOperation { from, path })
            }
            PatchOperation::Copy(copy) => {
                let from = self.source(&copy.from, &path, shape)?;
                self.copied += self.body.pointer(from.as_str()).map_or(0, size_of);
                if self.copied > self.max_bytes {
                    return Err(too_large(self.max_bytes));
                }
                PatchOperation::Copy(CopyOperation { from, path })
            }
        };
        json_patch::patch_unsafe(&mut self.body, std::slice::from_ref(&operation))
            .map_err(|error| format!("{}: {}.", error.path, error.kind))
    }

    /// Where a value comes from that is to stand at a path.
    fn source(&mut self, from: &Pointer, path: &Pointer, shape: &Value) -> Result<PointerBuf, String> {
        let (from, shape_there) = known(from)?;
        let Some(value) = self.body.pointer(from.as_str()) else { return Err(nothing_at(&from)) };
        if shape_there != shape {
            self.copied += size_of(value);
            if self.copied > self.max_bytes {
                return Err(too_large(self.max_bytes));
            }
            // Nothing is left out of it: what is there would otherwise nest ever deeper.
            if shaped(value, shape).as_ref() != Ok(value) {
                return Err(format!("{path}: what stands at {from} is of another kind."));
            }
        }
        Ok(from)
    }

    /// Whether the path leads to a member of an object that is there, though the member may not be.
    fn is_member(&self, path: &Pointer) -> bool {
        path.parent().and_then(|parent| self.body.pointer(parent.as_str())).is_some_and(Value::is_object)
    }

    /// What stands behind an element moves when it comes or goes.
    fn count_shifts(&mut self, path: &Pointer) -> Result<(), String> {
        let list = path.parent().and_then(|parent| self.body.pointer(parent.as_str())).and_then(Value::as_array);
        self.shifted += list.map_or(0, Vec::len);
        if self.shifted > MAX_SHIFTS { Err("The patch changes too much.".to_owned()) } else { Ok(()) }
    }
}

/// The path in the contract's spelling, and what stands there.
fn known(path: &Pointer) -> Result<(PointerBuf, &'static Value), String> {
    let mut shape: &'static Value = &SHAPE;
    let mut known = PointerBuf::new();
    for token in path.tokens() {
        let name = token.decoded();
        shape = match shape {
            Value::Object(members) => {
                let member = members.iter().find(|(member, _)| member.eq_ignore_ascii_case(&name));
                let (member, shape) = member.ok_or_else(|| nothing_at(path))?;
                known.push_back(member.as_str());
                shape
            }
            Value::Array(elements) => {
                known.push_back(token);
                elements.first().ok_or_else(|| nothing_at(path))?
            }
            _ => return Err(nothing_at(path)),
        };
    }
    if known.is_root() { Err("The whole dialog cannot be patched at once.".to_owned()) } else { Ok((known, shape)) }
}

/// The value with its members in the contract's spelling; others are left out.
fn shaped(value: &Value, shape: &Value) -> Result<Value, String> {
    match (value, shape) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Object(members), Value::Object(shapes)) => {
            let mut read = Map::new();
            for (name, value) in members {
                if let Some((member, shape)) = shapes.iter().find(|(member, _)| member.eq_ignore_ascii_case(name)) {
                    read.insert(member.clone(), shaped(value, shape)?);
                }
            }
            Ok(Value::Object(read))
        }
        (Value::Array(elements), Value::Array(shapes)) => {
            let shape = shapes.first().unwrap_or(&Value::Null);
            elements.iter().map(|element| shaped(element, shape)).collect()
        }
        (_, Value::Object(_)) => Err("the value must be an object".to_owned()),
        (_, Value::Array(_)) => Err("the value must be a list".to_owned()),
        (Value::Object(_) | Value::Array(_), _) => Err("the value must be neither an object nor a list".to_owned()),
        (value, _) => Ok(value.clone()),
    }
}

/// About how many bytes of JSON a value is.
fn size_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 4,
        Value::String(text) => text.len() + 2,
        Value::Array(elements) => 2 + elements.iter().map(|element| size_of(element) + 1).sum::<usize>(),
        Value::Object(members) => {
            2 + members.iter().map(|(name, value)| name.len() + 4 + size_of(value)).sum::<usize>()
        }
    }
}

fn nothing_at(path: &Pointer) -> String {
    format!("{path}: there is nothing at this path.")
}

fn at(path: &Pointer) -> impl Fn(String) -> String {
    move |reason| format!("{path}: {reason}.")
}

fn too_large(max_bytes: usize) -> String {
    format!("The patched dialog would be larger than {max_bytes} bytes.")
}

#[cfg(test)]
mod tests;
