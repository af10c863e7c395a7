//! Data URLs: `data:[type][;parameter…][;base64],payload`.
//!
//! <https://www.rfc-editor.org/rfc/rfc2397>, <https://fetch.spec.whatwg.org/#data-urls>

use crate::wire::literal::Characters;

/// No type with its parameters is longer; what has no comma by then is not a data URL.
const LONGEST_HEAD: usize = 512;

/// The parts of a data URL.
pub(super) struct DataUrl<'a> {
    /// The type with its parameters, as given.
    pub(super) mime_type: Option<String>,
    /// Whether the payload is base64.
    pub(super) base64: bool,
    /// The payload, still escaped for JSON.
    pub(super) payload: &'a str,
}

/// Takes a data URL apart; `None` for anything else.
pub(super) fn parse(inner: &str) -> Result<Option<DataUrl<'_>>, &'static str> {
    let mut characters = Characters(inner.trim_start());
    let mut head = String::new();
    let mut comma = false;
    for character in characters.by_ref().skip_while(|first| first.is_ascii_whitespace()).take(LONGEST_HEAD) {
        if character == ',' {
            comma = true;
            break;
        }
        head.push(character);
        if head.len() == 5 && !head.eq_ignore_ascii_case("data:") {
            return Ok(None);
        }
    }
    let head = match head.split_at_checked(5) {
        Some((scheme, head)) if scheme.eq_ignore_ascii_case("data:") => head,
        _ => return Ok(None),
    };
    if !comma {
        return Err("The data URL has no comma before its data.");
    }
    let head = String::from_utf8_lossy(&percent_decode(head)).into_owned();
    let is_flag = |member: &&str| member.trim().eq_ignore_ascii_case("base64");
    let base64 = head.split(';').any(|member| is_flag(&member));
    let mime_type = head.split(';').filter(|member| !is_flag(member)).collect::<Vec<_>>().join(";");
    let mime_type = Some(mime_type).filter(|given| !given.trim().is_empty());
    Ok(Some(DataUrl { mime_type, base64, payload: characters.0 }))
}

/// The bytes of percent-encoded text; a percent sign that encodes nothing stands for itself.
pub(super) fn percent_decode(inner: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(inner.len());
    let mut characters = Characters(inner);
    while let Some(character) = characters.next() {
        let mut ahead = Characters(characters.0);
        let digits = (ahead.next().and_then(|c| c.to_digit(16)), ahead.next().and_then(|c| c.to_digit(16)));
        match (character, digits) {
            ('%', (Some(high), Some(low))) => {
                bytes.extend(u8::try_from((high << 4) | low));
                characters = ahead;
            }
            _ => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}
