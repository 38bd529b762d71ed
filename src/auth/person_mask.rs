use dialog_index::domain::ActorId;
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};

const PERSON: &str = "urn:altinn:person:identifier-no:";
const EPHEMERAL_PERSON: &str = "urn:altinn:person:identifier-ephemeral:";
/// Bytes of the digest that a masked id shows.
const SHOWN_BYTES: usize = 5;

/// Makes ids of persons that tell people apart and do not tell who they are. They hold for as long as the process
/// runs, as the contract has it.
#[derive(Clone, Copy)]
pub struct PersonMask {
    salt: [u8; 16],
}

impl PersonMask {
    pub(crate) fn new() -> Self {
        let mut salt = [0; 16];
        aws_lc_rs::rand::fill(&mut salt).expect("the system has random numbers");
        Self { salt }
    }

    /// The id to show in place of a person's number. `None` for other actors, whose ids are no secret.
    pub(crate) fn masked(&self, actor: &ActorId) -> Option<String> {
        let id = actor.as_str();
        if !id.starts_with(PERSON) {
            return None;
        }
        let digest = Sha256::new().chain_update(id).chain_update(self.salt).finalize();
        let mut masked = String::with_capacity(EPHEMERAL_PERSON.len() + 2 * SHOWN_BYTES);
        masked.push_str(EPHEMERAL_PERSON);
        for byte in &digest[..SHOWN_BYTES] {
            // Writing to a String cannot fail.
            let _ = write!(masked, "{byte:02x}");
        }
        Some(masked)
    }
}

/// With the salt, the numbers that persons can have could all be tried.
impl fmt::Debug for PersonMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonMask")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSON: &str = "urn:altinn:person:identifier-no:03886595947";

    #[track_caller]
    fn check(id: &str, expected: Option<&str>) {
        let mask = PersonMask { salt: [7; 16] };
        assert_eq!(mask.masked(&ActorId::parse(id).expect("a valid id")).as_deref(), expected);
    }

    #[test]
    fn persons_are_masked_and_nobody_else() {
        check(PERSON, Some("urn:altinn:person:identifier-ephemeral:de8166c15f"));
        check("urn:altinn:organization:identifier-no:974761076", None);
        check("urn:altinn:person:idporten-email:a@b.no", None);
        check("urn:altinn:systemuser:uuid:0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11", None);
    }

    #[test]
    fn processes_mask_differently() {
        let actor = ActorId::parse(PERSON).expect("a valid id");
        assert_ne!(PersonMask::new().masked(&actor), PersonMask::new().masked(&actor));
    }
}
