//! What could be read but never work: it is refused at load, by name.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::env;
use crate::config::Plugin;

/// How a whole plugin configuration is refused; empty where it is not.
fn refused(json: &str) -> String {
    Plugin::load(json.as_bytes(), Box::new(env)).err().map(|error| error.to_string()).unwrap_or_default()
}

/// Patterns that name no host of any request, and some that do.
const NO_HOSTS: [&str; 13] = [
    "*",
    "*.",
    "*a.com",
    "*.com.",
    "*.*.com",
    "a.*",
    "a.com:443",
    "*.a.com:443",
    "https://a.com",
    "//a.com",
    "a.com/x",
    "a com",
    "*.[::1]",
];
const HOSTS: [&str; 6] = ["a", "A.example.com", "*.example.com", "*.com", "10.0.0.1", "[::1]"];

#[test]
fn hosts_that_no_request_has() {
    let message = "expected a host without scheme, port and path, or `*.` and a domain";
    let matched =
        |host: &str| refused(&format!(r#"{{"routes":[{{"match":{{"host":"{host}"}},"config":{{}}}}]}}"#));
    let allowed = |host: &str| refused(&format!(r#"{{"allowed_hosts":["ok.test","{host}"]}}"#));
    for host in NO_HOSTS {
        assert_eq!(matched(host), format!("routes[0].match.host: {message}"), "{host}");
        assert_eq!(allowed(host), format!("allowed_hosts[1]: {message}"), "{host}");
    }
    for host in HOSTS {
        assert_eq!((matched(host), allowed(host)), Default::default(), "{host}");
    }
    assert_eq!(matched(""), format!("routes[0].match.host: {message}"));
    assert_eq!(allowed(""), "allowed_hosts[1]: must not be empty");
}

#[test]
fn prefixes_that_no_path_has() {
    for prefix in ["/v1?", "/v1?a=b", "/v1#", "/#x"] {
        assert_eq!(
            refused(&format!(r#"{{"routes":[{{"match":{{"path_prefix":"{prefix}"}},"config":{{}}}}]}}"#)),
            "routes[0].match.path_prefix: expected a path without query and fragment, which are not compared"
        );
    }
}

#[test]
fn paths_that_no_request_has() {
    let names = "expected `{NAME}` as a whole segment, with letters, digits and `-_` for the name";
    let star = "expected `*` as the last segment only, where it stands for anything";
    for (template, message) in [
        ("gemini/{model}", "expected a path, starting with `/`"),
        ("/{model}?x", "expected a path without query and fragment, which are not compared"),
        ("/{}", names),
        ("/{a.b}", names),
        ("/{a b}", names),
        ("/x{a}", names),
        ("/{a}x", names),
        ("/{a", names),
        ("/a}", names),
        ("/{{a}}", names),
        ("/{a}/{b}/{a}", "expected each `{NAME}` once"),
        ("/*/{a}", star),
        ("/*/", star),
        ("/{a}/x*", star),
        ("/**", star),
    ] {
        let json = format!(r#"{{"uri_template":"{template}"}}"#);
        assert_eq!(refused(&json), format!("uri_template: {message}"), "{template}");
    }
    for template in ["/", "/*", "/{a}", "/{a}/{b-1}/x/*", "/v1/{a_b}/"] {
        assert_eq!(refused(&format!(r#"{{"uri_template":"{template}"}}"#)), "", "{template}");
    }
}

#[test]
fn captures_that_no_path_gives() {
    let message = "model.name: `$(uri_captures.NAME)` needs a `uri_template` with `{NAME}` for a segment";
    for (rest, message) in [
        ("", message),
        (r#","uri_template":"/{other}/model""#, message),
        (r#","uri_template":"/{Model}""#, message),
        (r#","uri_template":"/{other}/{model}/*""#, ""),
    ] {
        let json = format!(r#"{{"model":{{"name":"m-$(uri_captures.model)"}}{rest}}}"#);
        assert_eq!(refused(&json), message, "{rest}");
    }
    let routes = r#""routes":[{"match":{"name":"r"},"config":{"model":{"name":"$(uri_captures.m)"}}}]"#;
    assert!(
        refused(&format!("{{{routes}}}")).starts_with("routes[0].config.model.name: `$(uri_captures.NAME)`")
    );
    assert_eq!(refused(&format!(r#"{{"uri_template":"/{{m}}",{routes}}}"#)), "");
}

#[test]
fn templates_where_none_is_filled_in() {
    for (json, path) in [
        (r#"{"auth":{"header_value":"Bearer $(headers.x-token)"}}"#, "auth.header_value"),
        (
            r#"{"auth":{"param_name":"k","param_value":"$(query_params.k)","param_location":"query"}}"#,
            "auth.param_value",
        ),
        (r#"{"upstream_cluster":"$(metadata.a.b)"}"#, "upstream_cluster"),
        (r#"{"allowed_hosts":["a.test","$(uri_captures.h)"]}"#, "allowed_hosts[1]"),
        (r#"{"uri_template":"/$(headers.x)"}"#, "uri_template"),
        (
            r#"{"routes":[{"match":{"name":"r"},"config":{"upstream_cluster":"$(headers.c)"}}]}"#,
            "routes[0].config.upstream_cluster",
        ),
    ] {
        assert_eq!(refused(json), format!("{path}: templates are for `model` only"));
    }
    for value in ["$(not.a.template)", "$(headers)", "$headers.x", "headers.x)", "$(headersx.y)"] {
        assert_eq!(refused(&format!(r#"{{"auth":{{"header_value":"{value}"}}}}"#)), "", "{value}");
    }
}

#[test]
fn headers_that_have_another_use() {
    let set = "is a header that the filter or Envoy sets itself";
    let own = r#""auth":{"header_name":"X-Own-Key","header_value":"k"},"#;
    let token = r#""auth":{"gcp_access_token_header":"X-Token"},"#;
    for (auth, field, name, message) in [
        ("", "cluster_header", "authorization", set),
        ("", "cluster_header", "X-Goog-Api-Key", set),
        ("", "cluster_header", "x-vertex-ai-llm-shared-request-type", set),
        ("", "cluster_header", "x-llm-dropped", set),
        ("", "cluster_header", "content-type", set),
        (own, "cluster_header", "x-own-key", set),
        (token, "cluster_header", "x-token", "is `auth.gcp_access_token_header` already"),
        ("", "model_name_header", "X-LLM-Dropped", set),
    ] {
        let json = format!(r#"{{{auth}"{field}":"{name}"}}"#);
        assert_eq!(refused(&json), format!("{field}: {message}"), "{json}");
    }
    assert_eq!(refused(&format!(r#"{{{own}"cluster_header":"x-other"}}"#)), "");
}

#[test]
fn waits_of_no_time() {
    let token = |wait: &str| {
        refused(&format!(r#"{{"auth":{{"gcp_use_service_account":true,"gcp_token_wait":{wait}}}}}"#))
    };
    let body = |wait: &str| refused(&format!(r#"{{"body_wait":{wait}}}"#));
    for wait in ["0", "-1", "1e-9", "0.0009"] {
        assert_eq!(body(wait), "body_wait: expected a number of seconds from 0.001 to 3600");
        assert_eq!(token(wait), "auth.gcp_token_wait: expected a number of seconds from 0.001 to 600");
    }
    assert_eq!((body("0.001"), token("0.001")), Default::default());
}

#[test]
fn folders_for_videos() {
    let gemini = r#""model":{"options":{"gemini":{"project_id":"p","location_id":"global"}}}"#;
    let on_vertex = |uri: &str| refused(&format!(r#"{{"video_storage_uri":"{uri}",{gemini}}}"#));
    for uri in ["gs://b", "gs://my.bucket_1/a-b/c/", "gs://b/"] {
        assert_eq!(on_vertex(uri), "", "{uri}");
    }
    for uri in [
        "b",
        "gs://",
        "gs:///a",
        "gs://b//a",
        "gs://b/../a",
        "gs://b/a b",
        "gs://b/a?x",
        "https://b/a",
        "GS://b",
    ] {
        let message =
            "video_storage_uri: expected a folder of Cloud Storage, such as `gs://my-bucket/videos`";
        assert_eq!(on_vertex(uri), message, "{uri}");
    }
    for rest in ["", r#","model":{"options":{"gemini":{"express_mode":true}}}"#] {
        let found = refused(&format!(r#"{{"video_storage_uri":"gs://b"{rest}}}"#));
        assert!(found.starts_with("video_storage_uri: needs Vertex AI with a project"), "{found}");
    }
}
