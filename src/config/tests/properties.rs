//! No document panics, and no secret comes out in an error.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::apisix::WHOLE as APISIX;
use super::deck::FILE as DECK;
use super::{EVERY_FIELD, env};
use crate::config::Config;

const SECRET: &str = "AIzaSecret";

fn outcome(json: &[u8]) -> String {
    match Config::load(json, &env) {
        Ok(config) => format!("{config:?} {:?}", config.auth),
        Err(error) => format!("{error} {error:?}"),
    }
}

proptest! {
    #[test]
    fn any_bytes_never_panic(bytes: Vec<u8>) {
        outcome(&bytes);
    }

    #[test]
    fn a_changed_byte_never_panics(at in 0..EVERY_FIELD.len(), byte: u8) {
        let mut json = EVERY_FIELD.as_bytes().to_vec();
        json[at] = byte;
        outcome(&json);
    }

    #[test]
    fn a_changed_byte_of_what_is_pasted_never_panics(at in 0..APISIX.len().min(DECK.len()), byte: u8) {
        for document in [APISIX, DECK] {
            let mut json = document.as_bytes().to_vec();
            json[at] = byte;
            outcome(&json);
        }
    }

    #[test]
    fn any_message_never_panics(bytes in prop::collection::vec(0u8..48, 0..40)) {
        outcome(&[b"\n".as_slice(), &bytes].concat());
    }

    #[test]
    fn urls_never_panic(url in r"https://[\[\]:@a.%é0-9/?# ]{0,20}") {
        outcome(json!({"model": {"options": {"upstream_url": url}}}).to_string().as_bytes());
    }

    #[test]
    fn references_never_panic(text in r"(\{vault://|\$env://|env/)?[A-Za-z/ é{}$-]{0,10}\}?") {
        outcome(json!({"auth": {"header_value": text}}).to_string().as_bytes());
    }
}

/// Puts a secret, and things made of it, into every place of a document in turn.
#[test]
fn a_secret_in_the_wrong_place_is_not_shown() {
    for sample in [EVERY_FIELD, APISIX, DECK] {
        put_everywhere(&serde_json::from_str(sample).unwrap());
    }
}

fn put_everywhere(sample: &Value) {
    let places = places(sample);
    assert!(places.len() > 20, "{}", places.len());
    for pointer in places {
        for wrong in [
            json!(SECRET),
            json!(format!("{SECRET}\n")),
            json!(format!("https://{SECRET}/?")),
            json!(format!(" {{vault://env/{SECRET}")),
            json!(format!("$({SECRET})")),
            json!([SECRET]),
            json!([[SECRET]]),
        ] {
            let mut document = sample.clone();
            *document.pointer_mut(&pointer).unwrap() = wrong;
            let shown = outcome(document.to_string().as_bytes());
            // Names of models and headers and the host are configuration, not secrets, once they are accepted.
            let public = [
                "/model/name",
                "/model/model_alias",
                "/model/options/upstream_url",
                "/auth/param_name",
                "/options/model",
                "/provider_conf",
                "/services/0/routes/1/plugins/1/config/model/name",
            ];
            if !(shown.starts_with("Config") && public.iter().any(|place| pointer.starts_with(place))) {
                assert!(!shown.contains(SECRET), "{pointer}: {shown}");
            }
        }
    }
}

/// JSON pointers to every value below the root.
fn places(value: &Value) -> Vec<String> {
    let below = |name: String, value: &Value| {
        let deeper = places(value).into_iter().map(|rest| format!("/{name}{rest}"));
        std::iter::once(format!("/{name}")).chain(deeper).collect::<Vec<_>>()
    };
    match value {
        Value::Object(members) => {
            members.iter().flat_map(|(name, value)| below(name.clone(), value)).collect()
        }
        Value::Array(elements) => {
            elements.iter().enumerate().flat_map(|(i, value)| below(i.to_string(), value)).collect()
        }
        _ => Vec::new(),
    }
}
