//! Which endpoint a path and a method mean.

use super::{ENDPOINTS, Endpoint};
use crate::config::RouteType;

/// What a path and a method are.
pub enum Found {
    /// An endpoint, and what stands for `{id}`.
    Endpoint(&'static Endpoint, String),
    /// An endpoint of other methods.
    Allowed(Vec<&'static str>),
    /// Nothing of ours.
    Nothing,
}

impl Endpoint {
    /// The endpoint for a request with `path` (without query): by the configured route type, else by the end of the path.
    #[must_use]
    pub fn find(route_type: RouteType, method: &str, path: &str) -> Found {
        let forced = route_type != RouteType::Auto;
        let ours = || ENDPOINTS.iter().filter(|row| !forced || row.route_type == Some(route_type));
        let by_path = || ours().filter_map(|row| Some((row, captured(row.path, path)?)));
        if let Some((row, captured)) = by_path().find(|(row, _)| row.method == method) {
            return Found::Endpoint(row, captured);
        }
        // What any path would be taken for.
        let whole = |row: &&Endpoint| !row.path.contains(ID);
        if forced && let Some(row) = ours().filter(whole).find(|row| row.method == method) {
            return Found::Endpoint(row, String::new());
        }
        // A name with a colon in it belongs to Google's own API: `models/gemini-2.5-flash:generateContent`.
        let path = by_path().find(|(_, id)| !id.contains(':')).map(|(row, _)| row.path);
        let mut allowed: Vec<_> =
            ours().filter(|row| forced || Some(row.path) == path).map(|row| row.method).collect();
        allowed.sort_unstable();
        allowed.dedup();
        if allowed.is_empty() { Found::Nothing } else { Found::Allowed(allowed) }
    }
}

const ID: &str = "{id}";

/// What stands for `{id}` of `pattern` in a path that ends like it.
pub(super) fn captured(pattern: &str, path: &str) -> Option<String> {
    let Some((before, after)) = pattern.split_once(ID) else {
        return path.ends_with(pattern).then(String::new);
    };
    let path = path.strip_suffix(after)?;
    let id = match after {
        "" => path.split_once(before)?.1,
        _ => path.rsplit_once(before)?.1,
    };
    let single = !after.is_empty() && id.contains('/');
    if id.is_empty() || single {
        return None;
    }
    percent_decode(id)
}

/// `text` as it reads once decoded; `None` where that is not UTF-8.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut pieces = text.split('%');
    decoded.extend_from_slice(pieces.next()?.as_bytes());
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        decoded.push(u8::from_str_radix(digits, 16).ok()?);
        decoded.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(decoded).ok()
}
