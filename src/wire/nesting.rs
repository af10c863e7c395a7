//! Where a JSON document ends that comes in pieces.

use super::scan::first_of;

/// Counts brackets; a document that is neither object nor array has no end.
#[derive(Debug, Default)]
pub struct Nesting {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Nesting {
    /// Takes the next piece. Whether the outermost bracket is closed in it; then nothing may come but white space.
    pub fn closes(&mut self, piece: &[u8]) -> bool {
        let mut rest = piece;
        loop {
            if self.escaped && !rest.is_empty() {
                self.escaped = false;
                rest = rest.get(1..).unwrap_or_default();
            }
            let found = if self.in_string {
                first_of(rest, [b'"', b'\\'])
            } else {
                rest.iter().position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']'))
            };
            let Some((byte, after)) = found.and_then(|at| rest.get(at..)?.split_first()) else {
                return false;
            };
            rest = after;
            match byte {
                b'\\' => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                _ => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return true;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// How many bytes were taken when the document ended, in pieces of `size`.
    fn end(json: &str, size: usize) -> Option<usize> {
        let mut nesting = Nesting::default();
        let mut taken = 0_usize;
        json.as_bytes().chunks(size).find_map(|piece| {
            taken = taken.saturating_add(piece.len());
            nesting.closes(piece).then_some(taken)
        })
    }

    #[test]
    fn a_document_ends_with_its_outermost_bracket() {
        for (json, expected) in [
            (r#"{}"#, Some(2)),
            (r#" {"a":[{}, "}"]} "#, Some(16)),
            (r#"{"a\\":"\"}{","é":"\\"}"#, Some(24)),
            (r#"[[],[]] x"#, Some(7)),
            (r#"{"a":"}"#, None),
            (r#"{"a":{}"#, None),
            (r#""}""#, None),
            ("null", None),
            ("", None),
        ] {
            assert_eq!(end(json, 1), expected, "{json}");
            for size in 2..json.len() {
                assert_eq!(end(json, size).is_some(), expected.is_some(), "{json} in pieces of {size}");
            }
        }
    }
}
