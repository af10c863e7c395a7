//! Token counts: `total_tokens` = `prompt_tokens` + `completion_tokens`, always.
//!
//! Google counts thinking in the total alone. <https://platform.openai.com/docs/api-reference/chat/object>

use super::envelope::number;
use crate::pipe;
use crate::wire::edit::{Change, Edits};
use crate::wire::lenient::Members;

/// The counts, and what they change in the `usage` object that has `members`.
fn counts(members: &Members<'_>) -> (pipe::Usage, Vec<Change<'static>>) {
    let of = |name| number(members.get(name)).unwrap_or_default();
    let (prompt, said, total) = (of("prompt_tokens"), of("completion_tokens"), of("total_tokens"));
    let completion = said.max(total.saturating_sub(prompt));
    let told = pipe::Usage { prompt, completion };
    let counts = [
        ("prompt_tokens", prompt),
        ("completion_tokens", completion),
        ("total_tokens", prompt.saturating_add(completion)),
    ];
    let mut changes: Vec<Change<'static>> =
        counts.into_iter().map(|(name, count)| (name, Some(count.to_string()))).collect();
    let thinking = completion.saturating_sub(said);
    if thinking > 0 && members.get(DETAILS).is_none() {
        changes.push((DETAILS, Some(format!("{{\"reasoning_tokens\":{thinking}}}"))));
    }
    (told, changes)
}

const DETAILS: &str = "completion_tokens_details";

/// Repairs the `usage` object at `usage`, a part of the text that is edited. Nothing where it is no object.
pub(super) fn repair<'a>(edits: &mut Edits<'a>, usage: &'a str) -> Option<pipe::Usage> {
    let members = Members::of(usage)?;
    let (told, changes) = counts(&members);
    edits.change(usage, &members, &changes);
    Some(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_total_is_the_sum() {
        for (usage, prompt, completion, expected) in [
            (
                r#"{"completion_tokens":11,"prompt_tokens":3,"total_tokens":14}"#,
                3,
                11,
                r#"{"completion_tokens":11,"prompt_tokens":3,"total_tokens":14}"#,
            ),
            // As recorded: 28 tokens of thinking.
            (
                r#"{"completion_tokens":6,"prompt_tokens":66,"total_tokens":100}"#,
                66,
                34,
                r#"{"completion_tokens":34,"prompt_tokens":66,"total_tokens":100,"completion_tokens_details":{"reasoning_tokens":28}}"#,
            ),
            (
                r#"{"prompt_tokens":5,"total_tokens":9,"completion_tokens_details":{"reasoning_tokens":4}}"#,
                5,
                4,
                r#"{"prompt_tokens":5,"total_tokens":9,"completion_tokens_details":{"reasoning_tokens":4},"completion_tokens":4}"#,
            ),
            (
                r#"{"prompt_tokens":5,"completion_tokens":2,"total_tokens":0,"x":1.0}"#,
                5,
                2,
                r#"{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7,"x":1.0}"#,
            ),
            ("{}", 0, 0, r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#),
        ] {
            let mut edits = Edits::new(usage);
            assert_eq!(repair(&mut edits, usage), Some(pipe::Usage { prompt, completion }), "{usage}");
            assert_eq!(String::from_utf8(edits.finish()).unwrap(), expected);
        }
        assert_eq!(repair(&mut Edits::new("[]"), "[]"), None);
    }
}
