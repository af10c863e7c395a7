use super::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn names_lose_their_prefixes() {
    for (given, resource) in [
        ("gemini-2.5-flash", "models/gemini-2.5-flash"),
        ("models/gemini-2.5-flash", "models/gemini-2.5-flash"),
        ("google/gemini-3-pro-preview", "models/gemini-3-pro-preview"),
        ("gemini/models/gemma-3-27b-it", "models/gemma-3-27b-it"),
        ("projects/p/locations/l/publishers/google/models/gemini-2.5-pro", "models/gemini-2.5-pro"),
        ("tunedModels/my-model-1", "tunedModels/my-model-1"),
        ("publishers/google/models/multimodalembedding@001", "models/multimodalembedding@001"),
    ] {
        assert_eq!(Model::parse(given).unwrap().resource(Backend::Developer), resource);
    }
}

#[test]
fn a_name_that_would_change_the_path_is_refused() {
    for given in [
        "",
        "models/",
        "..",
        ".",
        "../files/x",
        "a/b",
        "a?b",
        "a#b",
        "a/b:countTokens",
        "a:countTokens",
        "%2e%2e",
        "a b",
        "a\nb",
        "a\0",
        "é",
        "tunedModels/../x",
        "tunedModels/",
        ".hidden",
    ] {
        let error = Model::parse(given).unwrap_err();
        assert_eq!(error.status(), 400, "{given:?}");
    }
    assert!(Model::parse(&"a".repeat(129)).is_err());
}

#[test]
fn how_a_model_thinks() {
    let budget = |off, least, most| Thinking::Budget { off, least, most };
    for (name, thinking) in [
        ("gemini-2.0-flash", Thinking::None),
        ("gemma-3-27b-it", Thinking::None),
        ("gemini-2.5-flash-image", Thinking::None),
        ("gemini-2.5-flash-preview-tts", Thinking::None),
        ("gemini-2.5-flash-native-audio-latest", Thinking::None),
        ("gemini-2.5-flash", budget(true, 1, 24_576)),
        ("gemini-2.5-flash-lite", budget(true, 512, 24_576)),
        ("gemini-2.5-pro", budget(false, 128, 32_768)),
        ("gemini-3-flash-preview", Thinking::Level { minimal: true }),
        ("gemini-3.1-flash-lite", Thinking::Level { minimal: true }),
        ("gemini-3.1-pro", Thinking::Level { minimal: false }),
        ("gemini-3.7-flash", Thinking::Level { minimal: false }),
        ("gemini-flash-latest", Thinking::Level { minimal: false }),
    ] {
        assert_eq!(Model::parse(name).unwrap().thinking(), thinking, "{name}");
    }
}

#[test]
fn what_a_model_embeds() {
    use Embedding::{Content, Multimodal, Text};
    for (name, told, embedding, inputs) in [
        ("gemini-embedding-001", "{}", Text, 1),
        ("gemini-embedding-exp-03-07", "{}", Text, 1),
        ("gemini-embedding-2", "{}", Content, 100),
        ("gemini-embedding-2-preview", "{}", Content, 100),
        ("gemini-embedding-3-flash", "{}", Content, 100),
        ("text-embedding-005", "{}", Text, 250),
        ("text-multilingual-embedding-002", "{}", Text, 250),
        ("textembedding-gecko@003", "{}", Text, 250),
        ("1234567890", "{}", Text, 250),
        ("multimodalembedding@001", "{}", Multimodal, 1),
        ("gemini-embedding-001", r#"{"embedding_inputs":250}"#, Text, 250),
        ("gemini-embedding-2", r#"{"embedding_inputs":1}"#, Content, 1),
        ("1234567890", r#"{"embedding":"content"}"#, Content, 100),
        ("gemini-embedding-2", r#"{"embedding":"text"}"#, Text, 1),
        ("1234567890", r#"{"embedding":"multimodal"}"#, Multimodal, 1),
    ] {
        let model = Model::parse(name).unwrap().told(serde_json::from_str(told).unwrap());
        assert_eq!((model.embedding(), model.embedding_inputs()), (embedding, inputs), "{name} {told}");
    }
    assert_eq!(Model::parse("multimodalembedding@001").unwrap().shown(), "multimodalembedding");
}

/// Everything a model can do, by the names of the configuration.
fn abilities(model: &Model) -> Vec<&'static str> {
    let all = [
        ("thought_signatures", model.wants_signatures()),
        ("call_ids", model.has_call_ids()),
        ("media_in_results", model.has_media_in_results()),
        ("media_resolution_per_part", model.has_part_resolution()),
        ("prefill", model.has_prefill()),
        ("system_instruction", model.has_system_instruction()),
        ("penalties", model.has_penalties()),
        ("sampling", model.has_sampling()),
        ("json_output", model.has_json_output()),
        ("json_schema", model.has_json_schema()),
        ("json_with_tools", model.has_json_with_tools()),
        ("built_in_tools_with_functions", model.has_mixed_tools()),
    ];
    all.into_iter().filter(|(_, can)| *can).map(|(name, _)| name).collect()
}

#[test]
fn what_a_model_can_do() {
    let old = ["prefill", "system_instruction", "sampling", "json_output"];
    let new = [
        "thought_signatures",
        "call_ids",
        "media_in_results",
        "media_resolution_per_part",
        "system_instruction",
        "sampling",
        "json_output",
        "json_schema",
        "json_with_tools",
        "built_in_tools_with_functions",
    ];
    for (name, base, more, less) in [
        ("gemini-pro", &old[..], &[][..], &[][..]),
        ("gemini-1.5-pro-001", &old, &[], &[]),
        ("gemini-1.5-pro-002", &old, &["penalties"], &[]),
        ("tunedModels/x", &old, &[], &[]),
        ("1234567890", &old, &[], &[]),
        ("gemma-3-27b-it", &old, &[], &["system_instruction", "json_output"]),
        ("gemini-2.0-flash", &old, &["penalties", "json_schema"], &[]),
        ("gemini-2.5-flash", &old, &["json_schema"], &[]),
        ("gemini-2.5-pro", &old, &["json_schema"], &[]),
        ("gemini-2.5-flash-preview-tts", &old, &["json_schema"], &["json_output"]),
        ("gemini-2.5-flash-image", &old, &["json_schema"], &["system_instruction", "json_output"]),
        ("gemini-3-pro-preview", &new, &[], &[]),
        ("gemini-3-pro-image-preview", &new, &[], &["json_output"]),
        ("gemini-3.5-flash", &new, &[], &[]),
        ("gemini-3.5-flash-lite", &new, &[], &["sampling"]),
        ("gemini-3.6-flash", &new, &[], &["sampling"]),
        ("gemini-4-pro", &new, &[], &[]),
        ("gemini-flash-latest", &new, &[], &[]),
        ("gemini-robotics-er", &new, &[], &[]),
    ] {
        let mut expected: Vec<_> = base.iter().chain(more).filter(|name| !less.contains(name)).collect();
        let mut found = abilities(&Model::parse(name).unwrap());
        expected.sort();
        found.sort();
        assert!(found.iter().eq(expected), "{name}: {found:?}");
    }
}

#[test]
fn every_ability_can_be_told() {
    let told = |name: &str, json: &str| {
        Model::parse(name).unwrap().told(serde_json::from_str::<Capabilities>(json).unwrap())
    };
    for name in ["gemini-2.5-flash-image", "gemini-3.7-flash", "gemma-3-27b-it", "gemini-2.0-flash"] {
        let known = abilities(&Model::parse(name).unwrap());
        for ability in [
            "thought_signatures",
            "call_ids",
            "media_in_results",
            "media_resolution_per_part",
            "prefill",
            "system_instruction",
            "penalties",
            "sampling",
            "json_output",
            "json_schema",
            "json_with_tools",
            "built_in_tools_with_functions",
        ] {
            let without: Vec<_> = known.iter().filter(|name| **name != ability).copied().collect();
            let off = told(name, &format!(r#"{{"{ability}":false}}"#));
            assert_eq!(abilities(&off), without, "{name} {ability}");
            let on = told(name, &format!(r#"{{"{ability}":true}}"#));
            let more = abilities(&on);
            assert!(more.contains(&ability), "{name} {ability}");
            assert!(more.iter().filter(|name| **name != ability).eq(&without), "{name} {ability}");
        }
    }
    for (name, json, thinking, output) in [
        ("gemini-3.7-flash", r#"{"thinking":"none"}"#, Thinking::None, Output::Text),
        ("gemini-3.7-flash", r#"{"minimal_thinking":true}"#, Thinking::Level { minimal: true }, Output::Text),
        (
            "gemini-3.7-flash",
            r#"{"thinking":"budget","thinking_off":false}"#,
            Thinking::Budget { off: false, least: 1, most: 24_576 },
            Output::Text,
        ),
        (
            "gemini-2.5-flash-image",
            r#"{"thinking":"level"}"#,
            Thinking::Level { minimal: true },
            Output::Image,
        ),
        ("gemini-2.5-flash", r#"{"output":"audio"}"#, Thinking::None, Output::Audio),
        ("gemma-3-27b-it", r#"{"output":"image"}"#, Thinking::None, Output::Image),
        ("gemini-3-pro-image", r#"{"output":"text"}"#, Thinking::Level { minimal: false }, Output::Text),
    ] {
        let model = told(name, json);
        assert_eq!((model.thinking(), model.output()), (thinking, output), "{name} {json}");
    }
}

#[test]
fn tuned_models_of_vertex_are_endpoints() {
    for (given, developer, vertex) in [
        ("gemini-2.5-flash", "models/gemini-2.5-flash", "publishers/google/models/gemini-2.5-flash"),
        ("google/gemini-2.5-flash", "models/gemini-2.5-flash", "publishers/google/models/gemini-2.5-flash"),
        ("1234567890", "models/1234567890", "endpoints/1234567890"),
        ("endpoints/my-endpoint", "endpoints/my-endpoint", "endpoints/my-endpoint"),
        ("tunedModels/mine", "tunedModels/mine", "tunedModels/mine"),
    ] {
        let model = Model::parse(given).unwrap();
        assert_eq!(model.resource(Backend::Developer), developer);
        assert_eq!(model.resource(Backend::Vertex), vertex);
    }
    assert!(Model::parse("endpoints/../x").is_err());
}
