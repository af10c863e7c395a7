#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::super::source::Impersonation;
use super::*;

fn env(name: &str) -> Option<String> {
    match name {
        "SUBJECT" => Some(" sub.ject\n".to_owned()),
        "EMPTY" => Some(" ".to_owned()),
        _ => None,
    }
}

fn load(json: &str) -> Result<(Principal, Option<Impersonation>), Fault> {
    let token = Endpoint::parse("https://token.example/x");
    read(&serde_json::from_str(json).unwrap(), token, &env)
}

const KEY: &str =
    r#""type":"service_account","client_email":"a@b","private_key":"-----BEGIN PRIVATE KEY-----\nx\n""#;

const EXTERNAL: &str = r#""type":"external_account","audience":"//iam/x","subject_token_type":"urn:jwt""#;

#[test]
fn a_service_account() {
    let json = format!(
        r#"{{{KEY},"private_key_id":"k1","project_id":"p","token_uri":"https://other.example/token"}}"#
    );
    let Ok((Principal::ServiceAccount { email, private_key, key_id, token }, None)) = load(&json) else {
        panic!("{json}");
    };
    assert_eq!((email.as_str(), key_id.as_deref()), ("a@b", Some("k1")));
    assert_eq!(private_key, "-----BEGIN PRIVATE KEY-----\nx\n");
    assert_eq!(token.url, "https://token.example/x", "as Kong, never the file's");
    let twice = json.replace("\\n", "\\\\n");
    assert!(
        matches!(load(&twice), Ok((Principal::ServiceAccount { private_key: key, .. }, None)) if key == private_key)
    );
    let file = serde_json::from_str(&json).unwrap();
    let Ok((Principal::ServiceAccount { token, .. }, None)) = read(&file, None, &env) else {
        panic!("{json}");
    };
    assert_eq!((token.authority.as_str(), token.path.as_str()), ("oauth2.googleapis.com", "/token"));
}

#[test]
fn an_external_account() {
    let url = r#""credential_source":{"url":"http://169.254.169.254:80/token?x=y","headers":{"Metadata":"True"},
                 "format":{"type":"json","subject_token_field_name":"access_token"}}"#;
    let json = format!(r#"{{{EXTERNAL},{url},"token_info_url":"https://x","quota_project_id":"q"}}"#);
    let Ok((
        Principal::External {
            audience,
            token_type,
            subject: Subject::Url { endpoint, headers, member },
            token,
        },
        None,
    )) = load(&json)
    else {
        panic!("{json}");
    };
    assert_eq!((audience.as_str(), token_type.as_str()), ("//iam/x", "urn:jwt"));
    assert_eq!((endpoint.authority.as_str(), endpoint.path.as_str()), ("169.254.169.254:80", "/token?x=y"));
    assert_eq!(headers, [("metadata".to_owned(), "True".to_owned())]);
    assert_eq!(member.as_deref(), Some("access_token"));
    assert_eq!((token.authority.as_str(), token.path.as_str()), ("sts.googleapis.com", "/v1/token"));

    let more = r#""credential_source":{"environment_variable":"SUBJECT"},"token_url":"https://STS.example",
                  "service_account_impersonation_url":"https://iam.example/v1/x:generateAccessToken",
                  "service_account_impersonation":{"token_lifetime_seconds":900}"#;
    let json = format!("{{{EXTERNAL},{more}}}");
    let Ok((Principal::External { subject: Subject::Env(subject), token, .. }, Some(target))) = load(&json)
    else {
        panic!("{json}");
    };
    assert_eq!(
        (subject.as_str(), token.authority.as_str(), token.path.as_str()),
        ("sub.ject", "sts.example", "/")
    );
    assert_eq!((target.endpoint.path.as_str(), target.lifetime), ("/v1/x:generateAccessToken", 900));
}

#[test]
fn an_impersonated_account() {
    let impersonated = r#""type":"impersonated_service_account","delegates":["projects/-/serviceAccounts/d@e"],
        "service_account_impersonation_url":"https://iam.example/v1/x:generateAccessToken""#;
    let json = format!(r#"{{{impersonated},"source_credentials":{{{KEY}}}}}"#);
    let Ok((Principal::ServiceAccount { .. }, Some(target))) = load(&json) else {
        panic!("{json}");
    };
    assert_eq!(target.delegates, ["projects/-/serviceAccounts/d@e"]);
    assert_eq!(target.lifetime, 3600);
    let nested = format!(r#"{{{impersonated},"source_credentials":{{{impersonated}}}}}"#);
    assert_eq!(load(&nested).err().unwrap().path, "source_credentials.type");
    let user = format!(r#"{{{impersonated},"source_credentials":{{"type":"authorized_user"}}}}"#);
    assert_eq!(load(&user).err().unwrap().path, "source_credentials.type");
    let none = format!(r#"{{{impersonated}}}"#);
    assert_eq!(load(&none).err().unwrap().path, "source_credentials");
}

#[test]
fn what_cannot_be_used_is_named() {
    let external = |source: &str| format!(r#"{{{EXTERNAL},"credential_source":{source}}}"#);
    for (json, path, message) in [
        ("{}".to_owned(), "type", "is missing"),
        (r#"{"type":7}"#.to_owned(), "type", "expected a string"),
        (
            r#"{"type":"SECRET"}"#.to_owned(),
            "type",
            "expected one of `service_account`, `external_account`, `impersonated_service_account`",
        ),
        (
            r#"{"type":"authorized_user","refresh_token":"SECRET"}"#.to_owned(),
            "type",
            "a person's credentials are not supported, use a service account's",
        ),
        (r#"{"type":"service_account","private_key":"SECRET"}"#.to_owned(), "client_email", "is missing"),
        (
            r#"{"type":"service_account","client_email":"a@b","private_key":"SECRET"}"#.to_owned(),
            "private_key",
            "expected a private key in PEM, `-----BEGIN PRIVATE KEY-----` and so on",
        ),
        (
            format!(r#"{{{KEY},"universe_domain":"x.example"}}"#),
            "universe_domain",
            "only `googleapis.com` is supported",
        ),
        (format!("{{{EXTERNAL}}}"), "credential_source", "expected either `environment_variable` or `url`"),
        (
            external(r#"{"file":"/SECRET"}"#),
            "credential_source.file",
            "a filter reads no files, use `environment_variable` or `url`",
        ),
        (
            external(r#"{"executable":{"command":"SECRET"}}"#),
            "credential_source.executable",
            "a filter runs no programs, use `environment_variable` or `url`",
        ),
        (
            external(r#"{"environment_id":"aws1","url":"http://x"}"#),
            "credential_source.environment_id",
            "AWS signatures are not supported, use `environment_variable` or `url`",
        ),
        (
            external(r#"{"environment_variable":"EMPTY"}"#),
            "credential_source.environment_variable",
            "environment variable `EMPTY` is not set or empty, Envoy passes on those named in \
             `vm_config.environment_variables`",
        ),
        (
            external(r#"{"url":"ftp://SECRET"}"#),
            "credential_source.url",
            "expected a URL, `https://host[:port][/path]`",
        ),
        (
            external(r#"{"url":"http://x","headers":{"a":"SECRET\n"}}"#),
            "credential_source.headers",
            "expected names and values of headers",
        ),
        (
            external(r#"{"url":"http://x","format":{"type":"json"}}"#),
            "credential_source.format.subject_token_field_name",
            "is missing",
        ),
        (
            external(r#"{"url":"http://x","format":{"type":"xml"}}"#),
            "credential_source.format.type",
            "expected `text` or `json`",
        ),
        (
            format!(r#"{{{EXTERNAL},"workforce_pool_user_project":"SECRET"}}"#),
            "workforce_pool_user_project",
            "workforce pools are not supported",
        ),
    ] {
        let Err(fault) = load(&json) else {
            panic!("{json}");
        };
        assert_eq!((fault.path.as_str(), fault.message.as_str()), (path, message), "{json}");
    }
}
