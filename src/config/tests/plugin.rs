//! Routes, their metadata, and templates.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::rc::Rc;

use super::env;
use crate::config::{Asked, Config, Plugin, Refusal, Route};
use crate::headers::{self, Headers};

#[track_caller]
fn plugin(json: &str) -> Plugin {
    Plugin::load(json.as_bytes(), Box::new(env)).unwrap_or_else(|error| panic!("{json}\n{error}"))
}

#[track_caller]
fn refused(json: &str) -> String {
    match Plugin::load(json.as_bytes(), Box::new(env)) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{json}"),
    }
}

/// A request for `https://HOST/PATH` on the route NAME.
fn select(plugin: &Plugin, name: &str, url: &str, metadata: &str) -> Result<Rc<Config>, Refusal> {
    select_with(plugin, name, url, metadata, &[])
}

fn select_with(
    plugin: &Plugin,
    name: &str,
    url: &str,
    metadata: &str,
    extra: &[(&str, &[u8])],
) -> Result<Rc<Config>, Refusal> {
    let (host, path) = url.split_once('/').unwrap();
    let path = format!("/{path}");
    let mut map: Vec<(&str, &[u8])> = vec![(":authority", host.as_bytes()), (":path", path.as_bytes())];
    map.extend(extra);
    let headers = Headers::decode(headers::encode(&map));
    let dynamic = |namespace: &str, key: &str| {
        (namespace == "j2m.x" && key == "model").then(|| "gemini-from-metadata".to_owned())
    };
    let route = Route { name, host, path: path.split('?').next().unwrap() };
    plugin.select(route, metadata.as_bytes(), &Asked { headers: &headers, metadata: &dynamic })
}

fn key(config: &Config) -> Option<&str> {
    config.auth.header().map(|(_, value)| value)
}

fn told(refusal: &Refusal) -> String {
    String::from_utf8(refusal.error.body()).unwrap()
}

#[test]
fn the_first_rule_that_fits_is_laid_over_the_base() {
    let plugin = plugin(
        r#"{"auth":{"header_value":"base"},"model":{"name":"m","options":{"max_tokens":5,"top_k":3}},
            "unmatched":"pass","routes":[
            {"match":{"name":"r1","path_prefix":"/a"},"config":{"auth":{"param_name":"k","param_value":"one","param_location":"query"}}},
            {"match":{"name":"r1"},"config":{"model":{"options":{"top_k":4}},"unmatched":null}},
            {"match":{"host":"*.example.com"},"config":{"model":{"name":"n","options":null}}},
            {"match":{"path_prefix":"/b/"},"config":{"config":{"model":{"name":"pasted"}}}}]}"#,
    );
    assert!(plugin.needs_route_name());
    let select = |name, url| select(&plugin, name, url, "").unwrap();
    let base = select("", "x/v1");
    assert_eq!((key(&base), base.model.name.as_deref()), (Some("base"), Some("m")));
    assert!(Rc::ptr_eq(&base, plugin.base()));
    let one = select("r1", "x/a/v1");
    assert_eq!((key(&one), one.auth.query()), (None, Some(("k", "one"))), "credentials are never mixed");
    let two = select("r1", "x/v1");
    assert_eq!((two.options.max_tokens, two.options.top_k), (Some(5), Some(4)));
    assert_ne!(two.unmatched, base.unmatched);
    for host in ["a.example.com/v1", "A.Example.Com:8443/v1"] {
        let three = select("r2", host);
        assert_eq!(
            (three.model.name.as_deref(), three.options.top_k, key(&three)),
            (Some("n"), None, Some("base"))
        );
    }
    assert_eq!(select("", "example.com/v1").model.name.as_deref(), Some("m"));
    assert_eq!(select("", "x/b/v1").model.name.as_deref(), Some("pasted"));
    assert_eq!(select("", "x/bc").model.name.as_deref(), Some("m"));
}

#[test]
fn metadata_is_laid_over_what_the_route_has() {
    let plugin = plugin(
        r#"{"model":{"name":"m"},"routes":[{"match":{"path_prefix":"/a"},"config":{"response_streaming":"deny"}}]}"#,
    );
    assert!(!plugin.needs_route_name());
    let metadata = r#"{"auth":{"header_value":"$env://GEMINI_API_KEY"}}"#;
    let one = select(&plugin, "", "x/b", metadata).unwrap();
    assert_eq!((key(&one), one.model.name.as_deref()), (Some("AIzaFromEnv"), Some("m")));
    assert!(Rc::ptr_eq(&one, &select(&plugin, "", "x/b", metadata).unwrap()), "parsed once");
    let two = select(&plugin, "", "x/a", metadata).unwrap();
    assert_ne!(one.response_streaming, two.response_streaming);
    assert_ne!(one.fingerprint, two.fingerprint);
    let other = select(&plugin, "", "x/b", r#"{"auth":{"header_value":"b"}}"#).unwrap();
    assert_eq!(key(&other), Some("b"));
    for _ in 0..3 {
        for index in 0..100 {
            let metadata = format!(r#"{{"auth":{{"header_value":"k{index}"}}}}"#);
            assert_eq!(key(&select(&plugin, "", "x/b", &metadata).unwrap()), Some(&*format!("k{index}")));
        }
    }
    assert!(plugin.held() <= 64);
}

#[test]
fn metadata_that_is_no_configuration_refuses_its_requests_alone() {
    let plugin = plugin("{}");
    for (metadata, reason) in [
        ("{", "invalid JSON: EOF while parsing an object at line 1 column 1"),
        ("[]", "expected an object"),
        (r#"{"modle":1}"#, "unknown field `modle`, expected one of `auth`"),
        (r#"{"routes":[]}"#, "routes: belongs into the filter's own configuration"),
        (
            r#"{"auth":{"header_value":"$env://NONE"}}"#,
            "auth.header_value: environment variable `NONE` is not set",
        ),
    ] {
        let first = select(&plugin, "", "x/", metadata).unwrap_err();
        assert_eq!(first.error.status(), 500);
        assert!(told(&first).contains("gateway_misconfigured"));
        assert!(first.reason.unwrap().to_string().starts_with(reason), "{metadata}");
        let second = select(&plugin, "", "x/", metadata).unwrap_err();
        assert!(second.reason.is_none(), "logged once");
    }
    assert!(select(&plugin, "", "x/", " ").is_ok());
}

#[test]
fn rules_are_checked_at_load() {
    for (rule, message) in [
        (r#"{"match":{},"config":{}}"#, "routes[0].match: needs one of `name`, `host`, `path_prefix`"),
        (r#"{"config":{}}"#, "routes[0]: missing field `match`"),
        (r#"{"match":{"name":"a"}}"#, "routes[0]: missing field `config`"),
        (
            r#"{"match":{"nom":"a"},"config":{}}"#,
            "routes[0].match: unknown field `nom`, expected one of `name`, `host`, `path_prefix`",
        ),
        (
            r#"{"match":{"path_prefix":"a"},"config":{}}"#,
            "routes[0].match.path_prefix: expected a path, starting with `/`",
        ),
        (r#"{"match":{"name":"a"},"config":[]}"#, "routes[0].config: expected an object"),
        (
            r#"{"match":{"name":"a"},"config":{"model":{"name":"../x"}}}"#,
            "routes[0].config.model.name: expected a model's name, made of letters, digits and `-._@`, such as \
             `gemini-2.5-flash`",
        ),
        (
            r#"{"match":{"name":"a"},"config":{"routes":[]}}"#,
            "routes[0].config.routes: belongs into the filter's own configuration",
        ),
    ] {
        assert_eq!(refused(&format!(r#"{{"routes":[{rule}]}}"#)), message);
    }
    assert_eq!(refused(r#"{"routes":{}}"#), "routes: expected an array, found an object");
}

#[test]
fn templates_are_filled_in_by_each_request() {
    let plugin = plugin(
        r#"{"uri_template":"/{team}/gemini/{model}/*",
            "model":{"name":"$(uri_captures.model)-$(headers.x_size)","model_alias":"$(metadata.j2m.x.model)",
                     "options":{"gemini":{"project_id":"$(query_params.p)","location_id":"us-central1"}}}}"#,
    );
    let select = |path: &str, extra: &[(&str, &[u8])]| select_with(&plugin, "", path, "", extra);
    let config = select("x/t/gemini/gemini-2.5/v1?a=b&p=my%2Dproject", &[("x-size", b"flash")]).unwrap();
    assert_eq!(config.model.name.as_deref(), Some("gemini-2.5-flash"));
    assert_eq!(config.model.aliases, ["gemini-from-metadata"]);
    assert_eq!(config.upstream.project.as_deref(), Some("projects/my-project/locations/us-central1"));
    let again = select("x/t/gemini/gemini-2.5/v2?p=my-project", &[("x-size", b"flash")]).unwrap();
    assert!(Rc::ptr_eq(&config, &again));
    for (path, size, message) in [
        ("x/t/gemini/m/v1?p=p", None, "headers key x_size was not provided"),
        ("x/t/gemini/m/v1", Some("s"), "query_params key p was not provided"),
        ("x/t/openai/m/v1?p=p", Some("s"), "uri_captures key model was not provided"),
        ("x/t/gemini/..%2Fx/v1?p=p", Some("s"), "model.name: expected a model's name"),
        ("x/t/gemini/m/v1?p=a/b", Some("s"), "model.options.gemini.project_id: expected the id"),
        // A reference to the environment is the operator's alone.
        ("x/t/gemini/m/v1?p=$env://MODEL", Some("s"), "model.options.gemini.project_id: expected the id"),
        (
            "x/t/gemini/m/v1?p=$(headers.x_size)",
            Some("s"),
            "model.options.gemini.project_id: expected the id",
        ),
    ] {
        let extra: Vec<(&str, &[u8])> = size.iter().map(|size: &&str| ("x-size", size.as_bytes())).collect();
        let refusal = select(path, &extra).unwrap_err();
        assert_eq!(refusal.error.status(), 400, "{path}");
        assert!(told(&refusal).contains(message), "{path}: {}", told(&refusal));
    }
}

#[test]
fn a_host_of_a_template_has_to_be_allowed() {
    let options =
        |options: &str, rest: &str| format!(r#"{{"model":{{"name":"m","options":{options}}}{rest}}}"#);
    let templated = r#"{"upstream_url":"https://$(headers.h)/x"}"#;
    assert_eq!(
        refused(&options(templated, "")),
        "allowed_hosts: must name the hosts that the templates of `model.options` may stand for"
    );
    let vertex = r#"{"gemini":{"api_endpoint":"$(headers.h)","project_id":"p","location_id":"l"}}"#;
    for options in
        [templated, vertex].map(|it| options(it, r#","allowed_hosts":["a.test","*.googleapis.com"]"#))
    {
        let plugin = plugin(&options);
        for (host, allowed) in [
            ("a.test", true),
            ("A.test", true),
            ("a.test:8443", true),
            ("us-central1-aiplatform.googleapis.com", true),
            ("googleapis.com", false),
            ("evil.test", false),
            ("a.test.evil.test", false),
            ("xgoogleapis.com", false),
            ("evil.test:443#a.test", false),
            ("a.test/other", false),
            ("a.test?", false),
        ] {
            match select_with(&plugin, "", "x/", "", &[("h", host.as_bytes())]) {
                Ok(_) => assert!(allowed, "{host}"),
                Err(refusal) => assert!(!allowed && refusal.error.status() == 400, "{host}"),
            }
        }
    }
    // Nor does a value bring more of the URL than it stands for.
    let plugin_of = |url: &str| {
        plugin(&options(&format!(r#"{{"upstream_url":"{url}"}}"#), r#","allowed_hosts":["a.test"]"#))
    };
    for (url, value, sent) in [
        ("https://$(headers.v)/p", "a.test:8443", Some(("a.test:8443", "/p"))),
        ("https://a.test/$(headers.v)/q", "p", Some(("a.test", "/p/q"))),
        ("https://a.test/$(headers.v)/q", "p/r", None),
        ("https://a.test/$(headers.v)/q", "..", None),
        ("https://a.test/$(headers.v)/q", "%2e%2e", None),
        ("https://a.test/m:$(headers.v)", "x:other", None),
    ] {
        let config = select_with(&plugin_of(url), "", "x/", "", &[("v", value.as_bytes())]).ok();
        let upstream = config.as_ref().map(|config| &config.upstream);
        let found = upstream.map(|it| (it.authority.as_str(), it.path.as_deref().unwrap_or_default()));
        assert_eq!(found, sent, "{url} {value}");
    }
    // A location makes a host of Google's, whatever it is.
    let plugin = plugin(&options(r#"{"gemini":{"project_id":"p","location_id":"$(headers.l)"}}"#, ""));
    let located = |location: &[u8]| select_with(&plugin, "", "x/", "", &[("l", location)]);
    assert_eq!(
        located(b"europe-west4").unwrap().upstream.authority,
        "europe-west4-aiplatform.googleapis.com"
    );
    assert_eq!(located(b"eu").unwrap().upstream.authority, "aiplatform.eu.rep.googleapis.com");
    assert_eq!(located(b"global").unwrap().upstream.authority, "aiplatform.googleapis.com");
    assert!(located(b"evil.test/").is_err());
}

#[test]
fn templates_are_checked_at_load() {
    for (template, message) in [
        ("$(model)", "model.name: cannot parse expression for field 'model.name'"),
        ("$(headers.a.b)", "model.name: cannot parse expression for field 'model.name'"),
        ("$(metadata.a)", "model.name: cannot parse expression for field 'model.name'"),
        ("$(headers.)", "model.name: cannot parse expression for field 'model.name'"),
        ("$(cookies.a)", "model.name: source 'cookies' is not supported"),
    ] {
        assert_eq!(refused(&format!(r#"{{"model":{{"name":"{template}"}}}}"#)), message);
    }
    let config = plugin(r#"{"auth":{"header_value":"$(not.a.template)"}}"#);
    assert_eq!(key(config.base()), Some("$(not.a.template)"));
    assert!(
        refused(r#"{"model":{"name":"$(headers.x"}}"#).starts_with("model.name: expected a model's name")
    );
}

/// Envoy hands over metadata that is no text as protobuf encodes it.
#[test]
fn metadata_that_is_no_text_is_not_passed_over() {
    let plugin = plugin(r#"{"auth":{"header_value":"base"}}"#);
    let headers = Headers::decode(headers::encode(&[]));
    let asked = Asked { headers: &headers, metadata: &|_, _| None };
    let field = |tag: u8, bytes: &[u8]| {
        let length = bytes.len();
        let low = u8::try_from(length & 0x7f).unwrap();
        [&[tag, low | 0x80, u8::try_from(length >> 7).unwrap()], bytes].concat()
    };
    let entry = |name: &[u8], value: &[u8]| field(10, &[field(10, name), field(18, value)].concat());
    let key = "k".repeat(130);
    let auth = entry(b"header_value", &field(26, key.as_bytes()));
    let written = entry(b"auth", &field(42, &auth));
    assert!(std::str::from_utf8(&written).is_err());
    let config = plugin.select(Route::default(), &written, &asked).unwrap();
    assert_eq!(config.auth.header(), Some(("x-goog-api-key", key.as_str())));
    for odd in [&written[1..], b"\xff\xfe", &[50, 3, 1, 2, 3]] {
        assert_eq!(plugin.select(Route::default(), odd, &asked).unwrap_err().error.status(), 500);
    }
}
