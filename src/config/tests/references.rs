//! References to the environment of the VM.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{load, refused};
use crate::config::ResponseStreaming;

#[test]
fn references_to_the_environment() {
    for (reference, value) in [
        ("$env://GEMINI_API_KEY", "AIzaFromEnv"),
        ("{vault://env/GEMINI_API_KEY}", "AIzaFromEnv"),
        ("{vault://env/gemini-api-key}", "AIzaFromEnv"),
        ("$env://DECK_key", "AIzaLower"),
        ("$env://PADDED", "AIzaPadded"),
    ] {
        let config = load(&format!(r#"{{"auth":{{"header_value":"{reference}"}}}}"#));
        assert_eq!(config.auth.header(), Some(("x-goog-api-key", value)));
    }
    let config = load(
        r#"{"response_streaming":"$env://STREAMING","model":{"name":"$env://MODEL","model_alias":["{vault://env/model}"]}}"#,
    );
    assert_eq!(config.response_streaming, ResponseStreaming::Deny);
    assert_eq!(config.model.name.as_deref(), Some("gemini-2.5-pro"));
    assert_eq!(config.model.aliases, ["gemini-2.5-pro"]);
    let name_rule =
        "auth.header_value: the name of an environment variable is made of letters, digits and `_`";
    for (reference, message) in [
        (
            "$env://MISSING",
            "auth.header_value: environment variable `MISSING` is not set, Envoy passes on those named in \
             `vm_config.environment_variables`",
        ),
        (
            "{vault://env/deck-key}",
            "auth.header_value: environment variable `DECK_KEY` is not set, Envoy passes on those named in \
             `vm_config.environment_variables`",
        ),
        ("$env://EMPTY", "auth.header_value: environment variable `EMPTY` is empty"),
        ("$env://", name_rule),
        ("{vault://env/}", name_rule),
        ("$env://A/b", name_rule),
        ("{vault://env/a?prefix=b}", name_rule),
        ("{vault://aws/x}", "auth.header_value: only vault `env` is supported, `{vault://env/NAME}`"),
        ("Bearer $env://X", "auth.header_value: a reference to the environment must be the whole value"),
        ("{vault://env/X} ", "auth.header_value: a reference to the environment must be the whole value"),
        (
            "$env://TWO_LINES",
            "auth.header_value: expected printable ASCII characters without spaces or line ends around them",
        ),
        (
            "${{ env \\\"DECK_KEY\\\" }}",
            "auth.header_value: holds a decK template that was not rendered, use `$env://NAME` instead",
        ),
    ] {
        let json = format!(r#"{{"auth":{{"header_value":"{reference}"}}}}"#);
        assert_eq!(refused(&json), message, "{reference}");
    }
    assert_eq!(
        refused(r#"{"model":{"name":"m","model_alias":["a","$env://MISSING"]}}"#),
        "model.model_alias[1]: environment variable `MISSING` is not set, Envoy passes on those named in \
         `vm_config.environment_variables`"
    );
}
