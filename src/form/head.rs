//! The head of one part of a form.

use crate::error::Error;

/// What the head of a part tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) name: String,
    /// `None` where the part is no file.
    pub(super) file_name: Option<String>,
    /// May be empty.
    pub(super) content_type: String,
}

impl Head {
    /// Reads header lines, without the empty line at their end.
    pub(super) fn parse(lines: &[u8]) -> Result<Self, Error> {
        let lines = String::from_utf8_lossy(lines);
        let header = |wanted: &str| {
            lines.split("\r\n").find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
            })
        };
        if let Some(encoding) = header("content-transfer-encoding")
            && !["7bit", "8bit", "binary"].iter().any(|plain| encoding.eq_ignore_ascii_case(plain))
        {
            return Err(Error::invalid(
                "A part of the form has a content-transfer-encoding: send its bytes as they are.",
            ));
        }
        let disposition = header("content-disposition").unwrap_or_default();
        let name = parameter(disposition, "name")
            .ok_or_else(|| Error::invalid("A part of the form has no name in its content-disposition."))?;
        let file_name = extended(disposition).or_else(|| parameter(disposition, "filename"));
        Ok(Self { name, file_name, content_type: header("content-type").unwrap_or_default().to_owned() })
    }
}

/// The parameter `name` of a header's value, quoted or not.
pub(super) fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (key, after) = rest.split_once('=')?;
        let (text, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let (text, after) = after.split_once(';').unwrap_or((after, ""));
                (text.trim().to_owned(), after)
            }
        };
        if key.trim_matches([';', ' ', '\t']).eq_ignore_ascii_case(name) {
            return Some(text);
        }
        rest = after;
    }
}

/// The text up to the closing quote, and what comes after it. A backslash only escapes a quote or itself: browsers send
/// others as they are.
fn unquote(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' if characters.as_str().starts_with(['"', '\\']) => text.extend(characters.next()),
            other => text.push(other),
        }
    }
    (text, characters.as_str())
}

/// `filename*=UTF-8''na%C3%AFve.png`, <https://www.rfc-editor.org/rfc/rfc5987>.
fn extended(disposition: &str) -> Option<String> {
    let value = parameter(disposition, "filename*")?;
    crate::endpoint::percent_decode(value.splitn(3, '\'').nth(2)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn heads_are_read() {
        for (lines, name, file_name, content_type) in [
            ("Content-Disposition: form-data; name=\"a\"", "a", None, ""),
            ("content-disposition:form-data;name=a", "a", None, ""),
            (
                "X: y\r\nContent-Disposition: form-data; name=\"image[]\"; filename=\"a \\\"b\\\".png\"\r\nContent-Type: image/png",
                "image[]",
                Some("a \"b\".png"),
                "image/png",
            ),
            (
                "Content-Disposition: form-data; filename=\"C:\\dir\\a.png\"; name=\"f\"",
                "f",
                Some("C:\\dir\\a.png"),
                "",
            ),
            ("Content-Disposition: form-data; name=\"f\"; filename=\"\"", "f", Some(""), ""),
            (
                "Content-Disposition: form-data; name=\"f\"; filename*=UTF-8''na%C3%AFve.png",
                "f",
                Some("naïve.png"),
                "",
            ),
            ("Content-Disposition: form-data; name=\"f\"; filename=\"ü;=.png\"", "f", Some("ü;=.png"), ""),
        ] {
            let expected = Head {
                name: name.to_owned(),
                file_name: file_name.map(str::to_owned),
                content_type: content_type.to_owned(),
            };
            assert_eq!(Head::parse(lines.as_bytes()).unwrap(), expected, "{lines}");
        }
        for lines in [
            "",
            "Content-Disposition: form-data",
            "Content-Type: image/png",
            "Content-Disposition: form-data; filename=\"a\"",
            "Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64",
        ] {
            assert!(Head::parse(lines.as_bytes()).is_err(), "{lines}");
        }
    }
}
