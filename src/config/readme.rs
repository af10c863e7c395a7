//! The README's configuration blocks are what they say.

use super::{Capabilities, Config, Plugin};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const README: &str = include_str!("../../README.md");

fn blocks() -> impl Iterator<Item = &'static str> {
    README.split("```json\n").skip(1).filter_map(|rest| rest.split_once("```").map(|(block, _)| block))
}

fn environment(name: &str) -> Option<String> {
    let key_file = r#"{"type":"service_account","client_email":"a@b.iam.gserviceaccount.com",
        "private_key":"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"}"#;
    Some(if name == "GCP_SERVICE_ACCOUNT" { key_file.to_owned() } else { "key".to_owned() })
}

#[test]
fn every_block_loads() {
    assert!(blocks().count() >= 2);
    for block in blocks() {
        if let Err(error) = Plugin::load(block.as_bytes(), Box::new(environment)) {
            panic!("{error}\n{block}");
        }
    }
}

#[test]
fn the_sample_shows_every_field_of_the_table() {
    let sample = blocks().next().unwrap();
    let (_, table) =
        README.split_once("| field | values | default | meaning |\n|---|---|---|---|\n").unwrap();
    for line in table.lines().take_while(|line| line.starts_with("| `")) {
        let field = line.trim_start_matches("| `").split('`').next().unwrap();
        let name = field.rsplit('.').next().unwrap();
        let optional = ["param_name", "force_query", "allow_override"].contains(&name);
        assert!(optional || sample.contains(&format!("\"{name}\":")), "{field} is not in the sample");
    }
}

#[test]
fn every_capability_is_in_the_table() {
    let (_, table) =
        README.split_once("| capability | values | known of | meaning |\n|---|---|---|---|\n").unwrap();
    let mut documented = 0;
    for line in table.lines().take_while(|line| line.starts_with("| `")) {
        let mut columns = line.split('|').skip(1).map(str::trim);
        let name = columns.next().unwrap().trim_matches('`');
        for value in columns.next().unwrap().split(", ") {
            let value = if value == "boolean" { "true".to_owned() } else { value.replace('`', "\"") };
            let json = format!(r#"{{"model":{{"capabilities":{{"{name}":{value}}}}}}}"#);
            let config = Config::load(json.as_bytes(), &|_| None).unwrap_or_else(|error| panic!("{error}"));
            assert_ne!(config.model.capabilities, Capabilities::default(), "{json}");
        }
        documented += 1;
    }
    let Err(error) = Config::load(br#"{"model":{"capabilities":{"flight":true}}}"#, &|_| None) else {
        panic!("no model flies");
    };
    assert_eq!(error.to_string().matches(['`']).count(), 2 * (documented + 1), "{error}");
}
