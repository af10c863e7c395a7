//! Principals of Google's: which is chosen, and what is refused.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Config, load, refused, refuses};
use crate::credentials::{Principal, Subject};

const KEY: &str = r#"{\"type\":\"service_account\",\"client_email\":\"a@b\",\"private_key\":\"-----BEGIN PRIVATE KEY-----\\nSECRET\\n\"}"#;

fn with(more: &str) -> String {
    format!(r#"{{"auth":{{"gcp_use_service_account":true{more}}}}}"#)
}

fn in_environment(more: &str, file: &str) -> Config {
    let file = file.to_owned();
    let env = move |name: &str| (name == "GCP_SERVICE_ACCOUNT").then(|| file.clone());
    Config::load(with(more).as_bytes(), &env).unwrap()
}

/// The kind, its endpoint's URL, and the seconds to wait.
fn chosen(config: &Config) -> (String, String, f64) {
    let source = config.auth.source().unwrap();
    let url = match source.principal() {
        Principal::ServiceAccount { token, .. } | Principal::External { token, .. } => token,
        Principal::Metadata(endpoint) => endpoint,
    };
    assert!(config.warnings().is_empty() && config.auth.header().is_none() && config.auth.query().is_none());
    (source.to_string(), format!("{}{}", url.authority, url.path), source.wait().as_secs_f64())
}

#[test]
fn the_order_of_principals() {
    let key = format!(r#","gcp_service_account_json":"{KEY}""#);
    let external = r#"{"type":"external_account","audience":"a","subject_token_type":"t",
        "credential_source":{"url":"http://idp.example/x"}}"#;
    let google = "oauth2.googleapis.com/token".to_owned();
    assert_eq!(chosen(&load(&with(&key))), ("service account".to_owned(), google.clone(), 5.0));
    assert_eq!(chosen(&in_environment(&key, external)), ("service account".to_owned(), google, 5.0));
    let sts = "sts.googleapis.com/v1/token".to_owned();
    assert_eq!(chosen(&in_environment("", external)), ("external account".to_owned(), sts, 5.0));
    let metadata = "metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token";
    assert_eq!(chosen(&load(&with(""))), ("metadata server".to_owned(), metadata.to_owned(), 5.0));
    for json in [r#"{"auth":{}}"#, r#"{"auth":{"gcp_use_service_account":false}}"#] {
        assert!(load(json).auth.source().is_none());
    }
}

#[test]
fn urls_clusters_and_the_wait() {
    let more = format!(
        r#","gcp_service_account_json":"{KEY}","gcp_oauth_token_url":"https://t.example:8443/x","gcp_token_wait":0.25,
            "gcp_oauth_token_cluster":"c1","gcp_metadata_cluster":"c2","gcp_sts_cluster":"c3",
            "gcp_iamcredentials_cluster":"c4","gcp_subject_token_cluster":"c5",
            "gcp_impersonate_service_account":"sa@p.iam.gserviceaccount.com""#
    );
    let config = load(&with(&more));
    assert_eq!(
        chosen(&config),
        ("service account, impersonating".to_owned(), "t.example:8443/x".to_owned(), 0.25)
    );
    let source = config.auth.source().unwrap();
    let clusters = source.clusters();
    assert_eq!(
        [
            &clusters.oauth,
            &clusters.metadata,
            &clusters.sts,
            &clusters.iam_credentials,
            &clusters.subject_token
        ],
        ["c1", "c2", "c3", "c4", "c5"]
    );
    let path = &source.impersonation().unwrap().endpoint.path;
    assert_eq!(path, "/v1/projects/-/serviceAccounts/sa@p.iam.gserviceaccount.com:generateAccessToken");
    for (url, expected) in [
        (
            "http://127.0.0.1:8080",
            "127.0.0.1:8080/computeMetadata/v1/instance/service-accounts/default/token",
        ),
        ("http://m.example/", "m.example/computeMetadata/v1/instance/service-accounts/default/token"),
        ("http://m.example/a/token?scopes=x", "m.example/a/token?scopes=x"),
    ] {
        assert_eq!(chosen(&load(&with(&format!(r#","gcp_metadata_url":"{url}""#)))).1, expected);
    }
    let clusters = load(&with(""));
    let clusters = clusters.auth.source().unwrap().clusters();
    assert_eq!(
        [
            &clusters.oauth,
            &clusters.metadata,
            &clusters.sts,
            &clusters.iam_credentials,
            &clusters.subject_token
        ],
        ["google-oauth", "google-metadata", "google-sts", "google-iamcredentials", "google-subject-token"]
    );
}

#[test]
fn subject_tokens_of_the_environment() {
    let file = r#"{\"type\":\"external_account\",\"audience\":\"a\",\"subject_token_type\":\"t\",
        \"credential_source\":{\"environment_variable\":\"MODEL\"}}"#
        .replace('\n', " ");
    let config = load(&with(&format!(r#","gcp_service_account_json":"{file}""#)));
    let Principal::External { subject: Subject::Env(token), .. } = config.auth.source().unwrap().principal()
    else {
        panic!("{config:?}");
    };
    assert_eq!(token, "gemini-2.5-pro");
}

#[test]
fn the_clients_own_token() {
    let config = load(r#"{"auth":{"gcp_access_token_header":"X-Goog-Token"}}"#);
    assert_eq!(config.auth.token_header(), Some("x-goog-token"));
    assert!(config.auth.source().is_none() && config.warnings().is_empty());
    refuses(&[(
        r#"{"auth":{"gcp_access_token_header":"a b"}}"#,
        "auth.gcp_access_token_header: expected a header name, made of letters, digits and `-`",
    )]);
}

#[test]
fn what_is_refused() {
    let unused = format!(r#"{{"auth":{{"gcp_service_account_json":"{KEY}"}}}}"#);
    assert_eq!(
        refused(&unused),
        "auth.gcp_service_account_json: needs `auth.gcp_use_service_account`: true beside it"
    );
    let together = "it cannot be told which credential is meant";
    for (more, message) in [
        (
            r#","header_value":"k""#,
            format!("auth: `auth.gcp_use_service_account` and `auth.header_value` together: {together}"),
        ),
        (
            r#","param_name":"key","param_value":"k","param_location":"query""#,
            format!("auth: `auth.gcp_use_service_account` and `auth.param_name` together: {together}"),
        ),
        (
            r#","gcp_access_token_header":"authorization""#,
            format!(
                "auth: `auth.gcp_use_service_account` and `auth.gcp_access_token_header` together: {together}"
            ),
        ),
        (
            r#","gcp_service_account_json":"SECRET""#,
            "auth.gcp_service_account_json: invalid JSON: expected value at line 1 column 1".to_owned(),
        ),
        (
            r#","gcp_service_account_json":"\"SECRET\"""#,
            "auth.gcp_service_account_json: expected the JSON text of a key file".to_owned(),
        ),
        (
            r#","gcp_service_account_json":"{\"type\":\"service_account\",\"private_key\":\"SECRET\"}""#,
            "auth.gcp_service_account_json.client_email: is missing".to_owned(),
        ),
        (
            r#","gcp_metadata_url":"SECRET""#,
            "auth.gcp_metadata_url: expected `https://host[:port][/path]`".to_owned(),
        ),
        (
            r#","gcp_oauth_token_url":"https://SECRET@x""#,
            "auth.gcp_oauth_token_url: expected `https://host[:port][/path]`".to_owned(),
        ),
        (
            r#","gcp_impersonate_service_account":"SECRET""#,
            "auth.gcp_impersonate_service_account: expected a service account's e-mail address".to_owned(),
        ),
        (
            r#","gcp_token_wait":0"#,
            "auth.gcp_token_wait: expected a number of seconds from 0.001 to 600".to_owned(),
        ),
        (
            r#","gcp_token_wait":601"#,
            "auth.gcp_token_wait: expected a number of seconds from 0.001 to 600".to_owned(),
        ),
        (r#","gcp_use_metadata":true"#, "auth: unknown field `gcp_use_metadata`".to_owned()),
    ] {
        let found = refused(&with(more));
        assert!(found.starts_with(&message) && !found.contains("SECRET"), "{found}\n{message}");
    }
    for (file, message) in [
        ("", "GCP_SERVICE_ACCOUNT: must not be empty"),
        ("/etc/SECRET.json", "GCP_SERVICE_ACCOUNT: invalid JSON: expected value at line 1 column 1"),
        (
            r#"{"type":"authorized_user"}"#,
            "GCP_SERVICE_ACCOUNT.type: a person's credentials are not supported, use a service account's",
        ),
    ] {
        let env = |name: &str| (name == "GCP_SERVICE_ACCOUNT").then(|| file.to_owned());
        let error = Config::load(with("").as_bytes(), &env).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn principals_show_no_secrets() {
    let config = load(&with(&format!(r#","gcp_service_account_json":"{KEY}""#)));
    assert!(!format!("{config:?} {:#?}", config.auth).contains("SECRET"));
    assert!(config.auth.secrets().iter().any(|secret| secret.contains("SECRET")));
}

#[test]
fn api_keys_are_no_bearer_tokens() {
    let warning = "auth.header_value: Google's own API takes no API key as a bearer token, it is sent as `x-goog-api-key`";
    for (value, expected, warned) in [
        ("Bearer AIzaSECRET", ("x-goog-api-key", "AIzaSECRET"), true),
        ("bearer  AQ.SECRET", ("x-goog-api-key", "AQ.SECRET"), true),
        ("Bearer ya29.token", ("authorization", "Bearer ya29.token"), false),
        ("Bearer gemini-key", ("authorization", "Bearer gemini-key"), false),
        ("AIzaSECRET", ("authorization", "AIzaSECRET"), false),
    ] {
        let config =
            load(&format!(r#"{{"auth":{{"header_name":"Authorization","header_value":"{value}"}}}}"#));
        assert_eq!(config.auth.header(), Some(expected));
        assert_eq!(config.warnings(), vec![warning; usize::from(warned)]);
    }
    let config = load(r#"{"auth":{"header_name":"X-Key","header_value":"Bearer AIzaSECRET"}}"#);
    assert_eq!(config.auth.header(), Some(("x-key", "Bearer AIzaSECRET")));
}

#[test]
fn the_project_is_a_secret_unless_its_name_is_too_short_for_one() {
    for (project, expected) in [("my-secret-project", true), ("p", false)] {
        let json = format!(
            r#"{{"auth":{{"gcp_access_token_header":"x-token"}},
                "model":{{"options":{{"gemini":{{"project_id":"{project}","location_id":"global"}}}}}}}}"#
        );
        let config = crate::testing::config(&json);
        assert_eq!(config.auth.secrets().contains(&project.to_owned()), expected, "{project}");
    }
}
