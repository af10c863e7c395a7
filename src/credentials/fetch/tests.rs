use std::time::Duration;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::super::source::{Clusters, Endpoint, Impersonation};
use super::*;

const NOW: u64 = 1_795_326_342;

fn source(principal: Principal, impersonation: Option<Impersonation>) -> Rc<Source> {
    let name = str::to_owned;
    let clusters = Clusters {
        oauth: name("oauth"),
        metadata: name("metadata"),
        sts: name("sts"),
        iam_credentials: name("iam"),
        subject_token: name("subject"),
    };
    Rc::new(Source::new(principal, impersonation, clusters, Duration::from_secs(5)))
}

fn url(url: &str) -> Endpoint {
    Endpoint::parse(url).unwrap()
}

fn service_account() -> Principal {
    Principal::ServiceAccount {
        email: "a@b".to_owned(),
        private_key: "PEM".to_owned(),
        key_id: None,
        token: url("https://oauth2.googleapis.com/token"),
    }
}

/// Signs with the claims themselves.
fn sign(key: &str, text: &str) -> Result<Vec<u8>, Unsigned> {
    assert_eq!(key, "PEM");
    Ok(text.len().to_be_bytes().to_vec())
}

fn reply(status: u16, body: &str) -> Reply {
    Reply { status, date: None, body: body.as_bytes().to_vec() }
}

fn shown(step: &Step) -> String {
    match step {
        Step::Call(Call { cluster, headers, body }) => {
            let headers: Vec<String> =
                headers.iter().map(|(name, value)| format!("{name} {value}")).collect();
            format!("{cluster} | {} | {}", headers.join(", "), String::from_utf8_lossy(body))
        }
        Step::Done { token, lifetime } => format!("{token} {lifetime}"),
        Step::Failed(failure) => failure.reason.clone(),
    }
}

#[test]
fn the_metadata_server_is_asked_once() {
    let source =
        source(Principal::Metadata(url("http://metadata.google.internal/computeMetadata/v1/x")), None);
    let (mut fetch, step) = Fetch::start(&source, NOW, &sign);
    assert_eq!(
        shown(&step),
        "metadata | :method GET, :authority metadata.google.internal, :path /computeMetadata/v1/x, \
         metadata-flavor Google | "
    );
    let step = fetch.next(&reply(200, r#"{"access_token":"t","expires_in":60}"#), NOW, &sign);
    assert_eq!(shown(&step), "t 60");
    let step = fetch.next(&reply(503, ""), NOW, &sign);
    assert_eq!(shown(&step), "the metadata server answered 503, or cannot be reached");
}

#[test]
fn a_service_account_sends_an_assertion() {
    let source = source(service_account(), None);
    let (_, step) = Fetch::start(&source, NOW, &sign);
    let shown = shown(&step);
    assert!(
        shown.starts_with(
            "oauth | :method POST, :authority oauth2.googleapis.com, :path /token, content-type \
             application/x-www-form-urlencoded | \
             grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=eyJ"
        ),
        "{shown}"
    );
    assert_eq!(shown.matches('.').count() - "oauth2.googleapis.com".matches('.').count(), 2, "{shown}");
    let (_, step) = Fetch::start(&source, NOW, &|_, _| Err(Unsigned::BadKey));
    assert!(matches!(step, Step::Failed(Failure { permanent: true, .. })));
}

#[test]
fn a_clock_that_differs_is_corrected_once() {
    let source = source(service_account(), None);
    let (mut fetch, first) = Fetch::start(&source, NOW, &sign);
    let refused = |date: &str| Reply {
        date: Some(date.to_owned()),
        ..reply(400, r#"{"error":"invalid_grant","error_description":"Invalid JWT"}"#)
    };
    let later = refused("Sun, 22 Nov 2026 06:45:42 GMT");
    let second = fetch.next(&later, NOW, &sign);
    let (_, expected) = Fetch::start(&source, NOW + 3600, &sign);
    assert_eq!(shown(&second), shown(&expected));
    assert_ne!(shown(&second), shown(&first));
    let third = fetch.next(&later, NOW, &sign);
    assert_eq!(shown(&third), "the token endpoint answered 400: invalid_grant: Invalid JWT");
    let (mut fetch, _) = Fetch::start(&source, NOW, &sign);
    let step = fetch.next(&refused("Sun, 22 Nov 2026 05:46:02 GMT"), NOW, &sign);
    assert!(matches!(step, Step::Failed(Failure { permanent: true, .. })), "the clocks agree");
}

#[test]
fn an_external_account_impersonates() {
    let external = Principal::External {
        audience: "//iam/x y".to_owned(),
        token_type: "urn:ietf:params:oauth:token-type:jwt".to_owned(),
        subject: Subject::Url {
            endpoint: url("http://idp.example/token?x=y"),
            headers: vec![("metadata".to_owned(), "True".to_owned())],
            member: Some("value".to_owned()),
        },
        token: url("https://sts.googleapis.com/v1/token"),
    };
    let mut target = Impersonation::of("sa@p.iam.gserviceaccount.com").unwrap();
    target.delegates.push("d\"".to_owned());
    let source = source(external, Some(target));
    let (mut fetch, step) = Fetch::start(&source, NOW, &sign);
    assert_eq!(
        shown(&step),
        "subject | :method GET, :authority idp.example, :path /token?x=y, metadata True | "
    );
    let step = fetch.next(&reply(200, r#"{"value":"s.t"}"#), NOW, &sign);
    assert_eq!(
        shown(&step),
        "sts | :method POST, :authority sts.googleapis.com, :path /v1/token, content-type \
         application/x-www-form-urlencoded | grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&\
         audience=%2F%2Fiam%2Fx%20y&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform&\
         requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&subject_token=s.t&\
         subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt"
    );
    let step = fetch.next(&reply(200, r#"{"access_token":"f.1","expires_in":3600}"#), NOW, &sign);
    assert_eq!(
        shown(&step),
        "iam | :method POST, :authority iamcredentials.googleapis.com, :path \
         /v1/projects/-/serviceAccounts/sa@p.iam.gserviceaccount.com:generateAccessToken, content-type application/json, \
         authorization Bearer f.1 | {\"scope\":[\"https://www.googleapis.com/auth/cloud-platform\"],\"lifetime\":\"3600s\",\
         \"delegates\":[\"d\\\"\"]}"
    );
    let step = fetch.next(&reply(403, r#"{"error":{"status":"PERMISSION_DENIED"}}"#), NOW, &sign);
    assert_eq!(shown(&step), "the IAM credentials API answered 403: PERMISSION_DENIED");
    let step =
        fetch.next(&reply(200, r#"{"accessToken":"t","expireTime":"2026-11-22T06:45:42Z"}"#), NOW, &sign);
    assert_eq!(shown(&step), "t 3600");
}

#[test]
fn a_subject_token_of_the_environment_needs_no_call() {
    let external = Principal::External {
        audience: "a".to_owned(),
        token_type: "t".to_owned(),
        subject: Subject::Env("s.t".to_owned()),
        token: url("https://sts.googleapis.com/v1/token"),
    };
    let (_, step) = Fetch::start(&source(external, None), NOW, &sign);
    assert!(shown(&step).contains("&subject_token=s.t&"));
}

#[test]
fn sources_are_told_apart_and_show_nothing() {
    let account = |key: &str| Principal::ServiceAccount {
        email: "a@b".to_owned(),
        private_key: key.to_owned(),
        key_id: None,
        token: url("https://oauth2.googleapis.com/token"),
    };
    let plain = source(account("SECRET"), None);
    assert_eq!(plain.key(), source(account("SECRET"), None).key());
    assert_ne!(plain.key(), source(account("OTHER"), None).key());
    assert_ne!(plain.key(), source(account("SECRET"), Impersonation::of("x@y.z")).key());
    assert_eq!(format!("{plain:?}"), "Source(service account)");
    assert_eq!(plain.secrets(), ["SECRET"]);
    for email in ["", "a", "@b", "a@", "a@b/c", "a@b?x", "a b@c"] {
        assert!(Impersonation::of(email).is_none(), "{email}");
    }
}
