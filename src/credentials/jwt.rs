//! The assertion of a service account: a JWT that it signs itself.
//!
//! <https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests>

use serde_json::Value;

use super::SCOPE;
use crate::wire::base64::url_safe as base64url;

/// Seconds by which an assertion is back-dated: Google refuses one from its future, and clocks differ.
const BACKDATED: u64 = 60;

/// Seconds an assertion is valid, the most that Google accepts.
const VALID: u64 = 3600;

/// What is signed: `<header>.<claims>`; `audience` is the URL of the token endpoint, `now` in seconds since 1970.
pub(super) fn unsigned(email: &str, key_id: Option<&str>, audience: &str, now: u64) -> String {
    let key_id = key_id.map_or_else(String::new, |id| format!(r#","kid":{}"#, quoted(id)));
    let header = format!(r#"{{"alg":"RS256","typ":"JWT"{key_id}}}"#);
    let issued = now.saturating_sub(BACKDATED);
    let claims = format!(
        r#"{{"iss":{},"scope":"{SCOPE}","aud":{},"iat":{issued},"exp":{}}}"#,
        quoted(email),
        quoted(audience),
        issued.saturating_add(VALID)
    );
    format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()))
}

/// The whole assertion.
pub(super) fn signed(unsigned: &str, signature: &[u8]) -> String {
    format!("{unsigned}.{}", base64url(signature))
}

/// A JSON string.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn an_assertion_says_who_what_where_and_when() {
        let decoded = |text: &str| {
            let bytes: Vec<u8> = text.bytes().collect();
            let mut out = Vec::new();
            for group in bytes.chunks(4) {
                let bits = group.iter().fold(0_u32, |bits, byte| {
                    let place = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
                    let sextet = place.iter().position(|b| b == byte).unwrap();
                    (bits << 6) | u32::try_from(sextet).unwrap()
                }) << (6 * (4 - group.len()));
                out.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
            }
            String::from_utf8(out).unwrap()
        };
        let url = "https://oauth2.googleapis.com/token";
        let text = unsigned("a@b\"", Some("k1"), url, 1_700_000_060);
        let (header, claims) = text.split_once('.').unwrap();
        assert_eq!(decoded(header), r#"{"alg":"RS256","typ":"JWT","kid":"k1"}"#);
        assert_eq!(
            decoded(claims),
            r#"{"iss":"a@b\"","scope":"https://www.googleapis.com/auth/cloud-platform","aud":"https://oauth2.googleapis.com/token","iat":1700000000,"exp":1700003600}"#
        );
        let text = unsigned("a@b", None, url, 0);
        assert!(text.starts_with(&base64url(br#"{"alg":"RS256","typ":"JWT"}"#)));
        assert_eq!(signed("a.b", b"fo"), "a.b.Zm8");
    }
}
