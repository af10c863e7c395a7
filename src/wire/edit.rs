//! Changes a JSON text in place: what is not changed stays as it was written, byte for byte.
//!
//! Changes are collected while the text is read, and written in one pass over it: a body with large media is copied once.

use serde_json::value::RawValue;

use super::lenient::Members;

/// What becomes of a member: another value, as JSON, or nothing.
pub type Change<'n> = (&'n str, Option<String>);

/// The changes of one text.
#[derive(Debug)]
pub struct Edits<'a> {
    text: &'a str,
    /// Where each begins and ends, and what stands there instead. They do not overlap.
    changes: Vec<(usize, usize, String)>,
}

impl<'a> Edits<'a> {
    /// None yet, of `text`.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text, changes: Vec::new() }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Puts `json` in the place of `value`, which is a part of the text.
    pub fn replace(&mut self, value: &'a RawValue, json: String) {
        let (start, end) = self.place(value.get());
        self.changes.push((start, end, json));
    }

    /// Changes members of `object`, a part of the text, whose members are `members`: values are replaced where they
    /// are, members that are new come last. All changes of an object that loses members, or has none, must be made at once.
    pub fn change(&mut self, object: &'a str, members: &Members<'a>, changes: &[Change<'_>]) {
        let (start, _) = self.place(object);
        let (mut end, mut kept) = (start.saturating_add(1), false);
        for (position, (name, value)) in members.0.iter().enumerate() {
            let (from, to) = self.place(value.get());
            match changes.iter().find(|(changed, _)| changed == name) {
                Some((_, None)) => self.changes.push((end, to, String::new())),
                change => {
                    if position > 0 && !kept {
                        // All before it go, and with them the comma after them.
                        let comma = self.text.get(end..from).and_then(|gap| gap.find(',')).unwrap_or(0);
                        self.changes.push((end, end.saturating_add(comma).saturating_add(1), String::new()));
                    }
                    kept = true;
                    if let Some((_, Some(json))) =
                        change.filter(|(_, json)| json.as_deref() != Some(value.get()))
                    {
                        self.changes.push((from, to, json.clone()));
                    }
                }
            }
            end = to;
        }
        for (name, json) in changes {
            let Some(json) = json.as_ref().filter(|_| !members.0.iter().any(|(member, _)| member == name))
            else {
                continue;
            };
            let comma = if kept { "," } else { "" };
            self.changes.push((end, end, format!("{comma}{}:{json}", quoted(name))));
            kept = true;
        }
    }

    /// Sets the member at `path` within `object`, a part of the text; objects on the way there are made where there
    /// are none.
    pub fn set(&mut self, object: &'a str, path: &[&str], json: String) {
        let (Some(members), Some((name, rest))) = (Members::of(object), path.split_first()) else {
            return;
        };
        match members.get(name) {
            Some(inner) if !rest.is_empty() && inner.get().starts_with('{') => {
                self.set(inner.get(), rest, json)
            }
            _ => {
                let json = rest.iter().rev().fold(json, |json, name| format!("{{{}:{json}}}", quoted(name)));
                self.change(object, &members, &[(*name, Some(json))]);
            }
        }
    }

    /// The changed text.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.changes.sort_by_key(|(start, ..)| *start);
        let added = self.changes.iter().map(|(.., json)| json.len()).fold(0, usize::saturating_add);
        let mut out = Vec::with_capacity(self.text.len().saturating_add(added));
        let mut at = 0;
        for (start, end, json) in &self.changes {
            out.extend_from_slice(self.text.as_bytes().get(at..*start).unwrap_or_default());
            out.extend_from_slice(json.as_bytes());
            at = *end;
        }
        out.extend_from_slice(self.text.as_bytes().get(at..).unwrap_or_default());
        out
    }

    /// Where `part` begins and ends: all that is read borrows from the text.
    fn place(&self, part: &str) -> (usize, usize) {
        let start = part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        (start, start.saturating_add(part.len()))
    }
}

/// `text` as a JSON string.
#[must_use]
pub fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn changed(text: &str, changes: &[(&str, Option<&str>)]) -> String {
        let members = Members::of(text).unwrap();
        let changes: Vec<Change<'_>> =
            changes.iter().map(|(name, json)| (*name, json.map(str::to_owned))).collect();
        let mut edits = Edits::new(text);
        edits.change(text, &members, &changes);
        String::from_utf8(edits.finish()).unwrap()
    }

    #[test]
    fn members_change_and_the_rest_stays() {
        let odd = "{ \"a\" : 1.50 ,\n\t\"\\u0062\":[ {} ], \"c\":\"é\" }";
        for (text, changes, expected) in [
            (odd, &[][..], odd),
            (odd, &[("a", Some("2"))], "{ \"a\" : 2 ,\n\t\"\\u0062\":[ {} ], \"c\":\"é\" }"),
            (
                odd,
                &[("b", Some("2")), ("d", Some("3"))],
                "{ \"a\" : 1.50 ,\n\t\"\\u0062\":2, \"c\":\"é\",\"d\":3 }",
            ),
            (odd, &[("a", None)], "{\n\t\"\\u0062\":[ {} ], \"c\":\"é\" }"),
            (odd, &[("b", None)], "{ \"a\" : 1.50, \"c\":\"é\" }"),
            (odd, &[("c", None), ("a", Some("0"))], "{ \"a\" : 0 ,\n\t\"\\u0062\":[ {} ] }"),
            (odd, &[("a", None), ("b", None)], "{ \"c\":\"é\" }"),
            (odd, &[("a", None), ("c", None)], "{\n\t\"\\u0062\":[ {} ] }"),
            (odd, &[("a", None), ("b", None), ("c", None)], "{ }"),
            (
                odd,
                &[("a", None), ("b", None), ("c", None), ("d", Some("4")), ("e", Some("5"))],
                "{\"d\":4,\"e\":5 }",
            ),
            ("{}", &[("a", Some("1")), ("b", Some("2")), ("c", None)], r#"{"a":1,"b":2}"#),
            (r#"{"a":1,"a":2}"#, &[("a", Some("3"))], r#"{"a":3,"a":3}"#),
        ] {
            assert_eq!(changed(text, changes), expected);
        }
    }

    #[test]
    fn a_path_is_made_as_far_as_it_is_missing() {
        for (text, expected) in [
            ("{}", r#"{"a":{"b":{"c":1}}}"#),
            (r#"{"x":0}"#, r#"{"x":0,"a":{"b":{"c":1}}}"#),
            (r#"{"a":null}"#, r#"{"a":{"b":{"c":1}}}"#),
            (r#"{"a":[],"x":0}"#, r#"{"a":{"b":{"c":1}},"x":0}"#),
            (r#"{"a":{"b":"","y":0}}"#, r#"{"a":{"b":{"c":1},"y":0}}"#),
            (r#"{"a":{"b":{"y":0}}}"#, r#"{"a":{"b":{"y":0,"c":1}}}"#),
            (r#"{"a":{"b":{"c":2}}}"#, r#"{"a":{"b":{"c":1}}}"#),
        ] {
            let mut edits = Edits::new(text);
            edits.set(text, &["a", "b", "c"], "1".to_owned());
            assert_eq!(String::from_utf8(edits.finish()).unwrap(), expected);
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    mod properties {
        use super::*;
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn a_changed_object_reads_as_meant(
                members in proptest::collection::vec(("[a-e]", "(1|\"x,}\"|\\[1, \\{\\}\\]|null)", "[ \n]{0,2}"), 0..6),
                changes in proptest::collection::vec(("[a-g]", proptest::option::of("[0-9]")), 0..6),
            ) {
                let list: Vec<_> =
                    members.iter().map(|(name, value, gap)| format!("{gap}\"{name}\"{gap}:{gap}{value}{gap}")).collect();
                let text = format!("{{{}}}", list.join(","));
                let mut wanted: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
                let mut once: Vec<(&str, Option<&str>)> = Vec::new();
                for (name, json) in &changes {
                    if once.iter().all(|(known, _)| known != name) {
                        once.push((name, json.as_deref()));
                        match json {
                            Some(json) => drop(wanted.insert(name.clone(), serde_json::from_str(json).unwrap())),
                            None => drop(wanted.remove(name)),
                        }
                    }
                }
                let found: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(&changed(&text, &once)).unwrap();
                prop_assert_eq!(found, wanted);
            }
        }
    }
}
