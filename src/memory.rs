//! Thought signatures kept for clients that drop them.
//!
//! Gemini 3 wants the signature of a call back with that call. Most clients of OpenAI's keep only the fields they know,
//! so the gateway remembers, for a while, which signature belongs to which call. What is remembered is bound to the
//! configuration and to the caller's credential: nobody gets another's.
//! <https://ai.google.dev/gemini-api/docs/thought-signatures>

use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use crate::headers::Headers;

/// Headers that tell who is calling.
const CREDENTIALS: [&str; 4] = ["authorization", "x-api-key", "api-key", "x-goog-api-key"];

/// Where signatures are kept: shared by all workers, bounded, forgetful.
pub trait Memory {
    /// What was kept under `key`, unless it has expired at `now` (seconds since 1970).
    fn recall(&self, key: Key, now: u64) -> Option<String>;

    /// Keeps `signature` until `expiry` (seconds since 1970), where there is room.
    fn keep(&self, key: Key, signature: &str, expiry: u64);

    /// Random bytes that all workers share: who does not know them cannot aim at another's keys.
    fn secret(&self) -> [u8; 16];
}

/// One call of one caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u128);

impl Key {
    /// Big-endian bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

/// The signatures of one caller: of one configuration and one credential.
#[derive(Clone)]
pub struct Signatures {
    memory: Rc<dyn Memory>,
    /// Whose they are; not secret by itself, so that a request without calls does not ask the host for the secret.
    caller: u128,
    now: u64,
    /// Seconds to keep one.
    ttl: u64,
}

impl Signatures {
    /// Those of the caller that `headers` tell, the one named `token` among them, under the configuration with this
    /// `fingerprint`.
    #[must_use]
    pub fn of(
        memory: Rc<dyn Memory>,
        headers: &Headers,
        token: Option<&str>,
        fingerprint: u64,
        now: u64,
        ttl: u64,
    ) -> Self {
        let credentials = CREDENTIALS.map(|name| headers.get(name));
        let token = token.and_then(|name| headers.get(name));
        let caller = hash([0; 16], &(fingerprint, credentials, token));
        Self { memory, caller, now, ttl }
    }

    /// The signature of the call `id` of the function `name`, the client's name of it.
    #[must_use]
    pub fn recall(&self, id: &str, name: &str) -> Option<String> {
        self.memory.recall(self.key(id, name), self.now)
    }

    /// Keeps it.
    pub fn keep(&self, id: &str, name: &str, signature: &str) {
        self.memory.keep(self.key(id, name), signature, self.now.saturating_add(self.ttl));
    }

    fn key(&self, id: &str, name: &str) -> Key {
        Key(hash(self.memory.secret(), &(self.caller, id, name)))
    }
}

/// 128 bits that nobody can aim at without `secret`.
fn hash(secret: [u8; 16], value: &impl Hash) -> u128 {
    let half = |number: u8| {
        let mut hasher = DefaultHasher::new();
        (secret, number).hash(&mut hasher);
        value.hash(&mut hasher);
        secret.hash(&mut hasher);
        u128::from(hasher.finish())
    };
    (half(0) << 64) | half(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::encode;
    use crate::testing::Remembered;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn of(memory: &Rc<Remembered>, credential: &str, fingerprint: u64, now: u64) -> Signatures {
        let name = if credential.starts_with("Bearer") { "authorization" } else { "x-token" };
        let headers = Headers::decode(encode(&[(name, credential.as_bytes())]));
        Signatures::of(Rc::<Remembered>::clone(memory), &headers, Some("x-token"), fingerprint, now, 10)
    }

    #[test]
    fn a_signature_is_found_by_its_own_caller_and_call_only() {
        let memory = Rc::new(Remembered::default());
        of(&memory, "Bearer a", 1, 100).keep("call_1", "f", "c2ln");
        let recall = |credential, fingerprint, now, id, name| {
            of(&memory, credential, fingerprint, now).recall(id, name)
        };
        assert_eq!(recall("Bearer a", 1, 109, "call_1", "f").as_deref(), Some("c2ln"));
        assert_eq!(recall("Bearer b", 1, 109, "call_1", "f"), None);
        of(&memory, "token a", 1, 100).keep("call_3", "f", "c2ln");
        assert_eq!(recall("token a", 1, 109, "call_3", "f").as_deref(), Some("c2ln"));
        assert_eq!(recall("token b", 1, 109, "call_3", "f"), None);
        assert_eq!(recall("Bearer a", 2, 109, "call_1", "f"), None);
        assert_eq!(recall("Bearer a", 1, 109, "call_2", "f"), None);
        assert_eq!(recall("Bearer a", 1, 109, "call_1", "g"), None);
        assert_eq!(recall("Bearer a", 1, 111, "call_1", "f"), None, "expired");
    }
}
