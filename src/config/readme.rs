//! The README's configuration blocks are what they say.

use super::Config;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const README: &str = include_str!("../../README.md");

fn blocks() -> impl Iterator<Item = &'static str> {
    README.split("```json\n").skip(1).filter_map(|rest| rest.split_once("```").map(|(block, _)| block))
}

#[test]
fn every_block_loads() {
    assert!(blocks().count() >= 2);
    for block in blocks() {
        if let Err(error) = Config::load(block.as_bytes(), &|_| Some("key".to_owned())) {
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
