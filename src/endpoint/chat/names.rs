//! Function names that Google accepts, and the way back.
//!
//! Google's are `[A-Za-z_][A-Za-z0-9_.:-]*` with at most 64 characters; clients also use slashes, spaces and more. Within
//! one request every name has one emitted form and every emitted form one name.
//! <https://ai.google.dev/api/caching#FunctionDeclaration>

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value};

const LONGEST: usize = 64;

/// What is left of a name that needs a hash to stay unique: 55 + `_` + 8 digits.
const KEPT: usize = 55;

/// The names of one request: strings by strings, in the one map that is in the binary anyway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Google's by the client's.
    emitted: Map<String, Value>,
    /// The client's by Google's.
    given: Map<String, Value>,
}

impl Names {
    /// Google's form of the client's `name`.
    pub(super) fn emit(&mut self, name: &str) -> String {
        if let Some(emitted) = self.emitted.get(name).and_then(Value::as_str) {
            return emitted.to_owned();
        }
        let mut emitted = sanitise(name);
        let mut salt = 0_u32;
        while emitted.len() > LONGEST || self.given.contains_key(&emitted) {
            emitted = hashed(&sanitise(name), name, salt);
            salt = salt.saturating_add(1);
        }
        self.emitted.insert(name.to_owned(), emitted.clone().into());
        self.given.insert(emitted.clone(), name.into());
        emitted
    }

    /// The client's name for what Google `emitted`. Models now and then put the namespace they see before it.
    pub(super) fn client<'n>(&'n self, emitted: &'n str) -> &'n str {
        let find = |emitted: &str| self.given.get(emitted).and_then(Value::as_str);
        let bare = || emitted.strip_prefix("default_api").and_then(|rest| rest.strip_prefix([':', '.']));
        find(emitted).or_else(|| find(bare()?)).unwrap_or(emitted)
    }
}

fn sanitise(name: &str) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
    let mut clean: String = name.chars().map(|c| if legal(c) { c } else { '_' }).collect();
    if !clean.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        clean.insert(0, '_');
    }
    clean
}

#[expect(clippy::cast_possible_truncation, reason = "a part of the hash is enough")]
fn hashed(clean: &str, name: &str, salt: u32) -> String {
    let mut hasher = DefaultHasher::new();
    (name, salt).hash(&mut hasher);
    let kept: String = clean.chars().take(KEPT).collect();
    format!("{kept}_{:08x}", hasher.finish() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn good_names_stay_and_others_become_good() {
        for (name, emitted) in [
            ("get_weather", "get_weather"),
            ("_x.y:z-1", "_x.y:z-1"),
            ("1st", "_1st"),
            ("-x", "_-x"),
            ("mcp/server tool", "mcp_server_tool"),
            ("größe", "gr__e"),
            ("", "_"),
        ] {
            let mut names = Names::default();
            assert_eq!(names.emit(name), emitted);
            assert_eq!(names.client(emitted), name);
        }
    }

    #[test]
    fn names_that_would_collide_or_are_too_long_keep_apart() {
        let mut names = Names::default();
        let given = ["a b", "a/b", "a_b", &"x".repeat(65), &"x".repeat(66), &"é".repeat(64)];
        let emitted: Vec<String> = given.iter().map(|name| names.emit(name)).collect();
        assert_eq!(emitted[0], "a_b");
        for (index, (name, emitted)) in given.iter().zip(&emitted).enumerate() {
            assert!(emitted.len() <= LONGEST, "{emitted}");
            assert_eq!(names.client(emitted), *name);
            assert_eq!(names.emit(name), *emitted, "the same name is always the same");
            assert!(!given[..index].iter().any(|other| names.clone().emit(other) == *emitted));
        }
    }

    #[test]
    fn the_namespace_goes_only_from_names_we_know() {
        let mut names = Names::default();
        names.emit("f");
        assert_eq!(names.client("default_api:f"), "f");
        assert_eq!(names.client("default_api.f"), "f");
        assert_eq!(names.client("default_api:g"), "default_api:g");
        assert_eq!(names.client("g"), "g");
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        #[test]
        fn the_map_is_a_bijection(given in proptest::collection::hash_set(".{0,80}", 0..12)) {
            let mut names = Names::default();
            let emitted: std::collections::HashSet<String> = given.iter().map(|name| names.emit(name)).collect();
            proptest::prop_assert_eq!(emitted.len(), given.len());
            for name in &given {
                let emitted = names.emit(name);
                proptest::prop_assert!(emitted.len() <= LONGEST);
                proptest::prop_assert_eq!(names.client(&emitted), name);
            }
        }
    }
}
