use super::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn shown(http: u16, body: &str) -> (u16, serde_json::Value) {
    let error = read(http, body.as_bytes(), &["s3cr3t".to_owned()]);
    let body: serde_json::Value = serde_json::from_slice(&error.body()).unwrap();
    (error.status(), body["error"].clone())
}

fn google(code: u16, status: &str, message: &str, details: &str) -> String {
    format!(
        r#"{{"error":{{"code":{code},"message":"{message}","status":"{status}","details":[{details}]}}}}"#
    )
}

#[test]
fn every_status_has_its_openai_form() {
    let key_invalid = r#"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}"#;
    let per_day = r#"{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}"#;
    let tokens = r#"{"violations":[{"quotaMetric":"x/generate_content_input_token_count"}]}"#;
    for (http, status, message, details, expected) in [
        (400, "INVALID_ARGUMENT", "x", "", (400, "invalid_request_error", None)),
        (
            400,
            "INVALID_ARGUMENT",
            "The input token count (9) exceeds the maximum number of tokens allowed (1).",
            "",
            (400, "invalid_request_error", Some("context_length_exceeded")),
        ),
        (400, "INVALID_ARGUMENT", "x", key_invalid, (401, "invalid_request_error", Some("invalid_api_key"))),
        (
            400,
            "FAILED_PRECONDITION",
            "User location is not supported for the API use.",
            "",
            (403, "invalid_request_error", Some("unsupported_country_region_territory")),
        ),
        (
            400,
            "FAILED_PRECONDITION",
            "Enable billing.",
            "",
            (429, "insufficient_quota", Some("insufficient_quota")),
        ),
        (401, "UNAUTHENTICATED", "x", "", (401, "invalid_request_error", Some("invalid_api_key"))),
        (403, "PERMISSION_DENIED", "x", "", (403, "invalid_request_error", Some("permission_denied"))),
        (404, "NOT_FOUND", "x", "", (404, "invalid_request_error", Some("model_not_found"))),
        (409, "ABORTED", "x", "", (409, "conflict_error", None)),
        (413, "", "x", "", (413, "invalid_request_error", Some("request_too_large"))),
        (429, "RESOURCE_EXHAUSTED", "x", "", (429, "requests", Some("rate_limit_exceeded"))),
        (429, "RESOURCE_EXHAUSTED", "x", per_day, (429, "insufficient_quota", Some("insufficient_quota"))),
        (429, "RESOURCE_EXHAUSTED", "x", tokens, (429, "tokens", Some("rate_limit_exceeded"))),
        (499, "CANCELLED", "x", "", (499, "server_error", None)),
        (500, "INTERNAL", "x", "", (500, "server_error", None)),
        (501, "UNIMPLEMENTED", "x", "", (501, "server_error", None)),
        (502, "", "x", "", (503, "server_error", Some("overloaded"))),
        (503, "UNAVAILABLE", "x", "", (503, "server_error", Some("overloaded"))),
        (504, "DEADLINE_EXCEEDED", "x", "", (504, "server_error", Some("timeout"))),
    ] {
        let (found, error) = shown(http, &google(http, status, message, details));
        let found = (found, error["type"].as_str().unwrap(), error["code"].as_str());
        assert_eq!(found, expected, "{http} {status} {message}");
        assert_eq!(error["message"], message);
    }
}

#[test]
fn every_kind_of_body_is_read() {
    let object = google(429, "RESOURCE_EXHAUSTED", "slow down", "");
    let escaped = object.replace('"', "\\\"");
    for body in [
        object.clone(),
        format!("\n [{object}]"),
        object.replace(',', ",\r\n  "),
        format!(r#"{{"error":{{"code":500,"message":"{escaped}"}}}}"#),
    ] {
        let (status, error) = shown(500, &body);
        assert_eq!((status, error["message"].as_str()), (429, Some("slow down")), "{body}");
    }
    for body in [
        "",
        "<html>Error 500 s3cr3t</html>",
        "upstream connect error",
        "[]",
        "{}",
        "{\"error\":\"x\"}",
        "null",
    ] {
        let (status, error) = shown(500, body);
        assert_eq!((status, error["message"].as_str()), (500, Some("The model service failed.")), "{body}");
    }
    assert_eq!(shown(302, "").0, 502);
    assert_eq!(shown(200, "{}").0, 502);
}

#[test]
fn the_member_at_fault_gets_its_openai_name() {
    for (field, param) in [
        ("generation_config.temperature", Some("temperature")),
        ("generation_config.max_output_tokens", Some("max_completion_tokens")),
        ("contents[3].parts[0].text", Some("messages")),
        ("safety_settings[0]", None),
    ] {
        let details = format!(r#"{{"fieldViolations":[{{"field":"{field}","description":"x"}}]}}"#);
        let (_, error) = shown(400, &google(400, "INVALID_ARGUMENT", "x", &details));
        assert_eq!(error["param"].as_str(), param, "{field}");
    }
}

#[test]
fn the_delay_is_found_wherever_google_puts_it() {
    for (message, details) in [
        ("x", r#"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"26.66s"}"#),
        ("x", r#"{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quotaResetDelay":"26660ms"}}"#),
        ("Please retry in 26.66s.", ""),
    ] {
        let error = read(429, google(429, "RESOURCE_EXHAUSTED", message, details).as_bytes(), &[]);
        assert_eq!(
            error.retry_headers(),
            [("retry-after", "27".to_owned()), ("retry-after-ms", "26660".to_owned())]
        );
    }
}
