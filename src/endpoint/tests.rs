use super::path::captured;
use super::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn found(route_type: RouteType, method: &str, path: &str) -> String {
    match Endpoint::find(route_type, method, path) {
        Found::Endpoint(row, captured) => format!("{} {captured}", row.path).trim_end().to_owned(),
        Found::Allowed(methods) => methods.join(" "),
        Found::Nothing => String::new(),
    }
}

#[test]
fn any_prefix_finds_the_endpoint() {
    for path in ["/v1/chat/completions", "/chat/completions", "/team-a/openai/v1/chat/completions"] {
        assert_eq!(found(RouteType::Auto, "POST", path), "/chat/completions", "{path}");
        assert_eq!(found(RouteType::Auto, "GET", path), "POST", "{path}");
    }
    for path in ["/v1/chat/completions/", "/v1/xchat/completion", "/", ""] {
        assert_eq!(found(RouteType::Auto, "POST", path), "", "{path}");
    }
    assert_eq!(found(RouteType::Chat, "POST", "/anything"), "/chat/completions");
    assert_eq!(found(RouteType::Chat, "GET", "/anything"), "POST");
    for (route_type, method, path, expected) in [
        (RouteType::Auto, "DELETE", "/v1/models/gemini-2.5-flash", "GET"),
        (RouteType::Auto, "POST", "/v1/models/gemini-2.5-flash", "GET"),
        (RouteType::Auto, "POST", "/v1beta/models/gemini-2.5-flash:generateContent", ""),
        (RouteType::Auto, "PUT", "/v1/videos/video_1", "DELETE GET"),
        (RouteType::Auto, "HEAD", "/v1/videos/video_1/content", "GET"),
        (RouteType::Auto, "PATCH", "/v1/videos", "GET POST"),
        (RouteType::ImageEdits, "GET", "/x", "POST"),
        (RouteType::Models, "POST", "/x", "GET"),
    ] {
        assert_eq!(found(route_type, method, path), expected, "{method} {path}");
    }
}

#[test]
fn ids_are_taken_out_of_paths() {
    for (pattern, path, expected) in [
        ("/models", "/v1/models", Some("")),
        ("/models", "/v1/models/", None),
        ("/models/{id}", "/v1/models/gemini-2.5-pro", Some("gemini-2.5-pro")),
        ("/models/{id}", "/v1/models/models%2Fgemini-2.5-pro", Some("models/gemini-2.5-pro")),
        ("/models/{id}", "/v1/models/google/gemini-2.5-pro", Some("google/gemini-2.5-pro")),
        ("/models/{id}", "/v1/models/", None),
        ("/models/{id}", "/v1/models/a%2", None),
        ("/models/{id}", "/v1/models/a%zz", None),
        ("/models/{id}", "/v1/models/a%FF", None),
        ("/videos/{id}/content", "/v1/videos/video_1/content", Some("video_1")),
        ("/videos/{id}/content", "/videos/videos/x/content", Some("x")),
        ("/videos/{id}/content", "/v1/videos//content", None),
        ("/videos/{id}/content", "/v1/videos/a/b/content", None),
        ("/videos/{id}/content", "/v1/videos/content", None),
    ] {
        assert_eq!(captured(pattern, path).as_deref(), expected, "{pattern} {path}");
    }
}

#[test]
fn every_endpoint_has_goldens() {
    for endpoint in ENDPOINTS {
        let folder = endpoint.path.trim_start_matches('/').split('/').next().unwrap_or_default();
        assert!(crate::testing::cases(folder).count() > 0, "{folder}");
    }
}
