//! Templates: strings of the model's configuration that each request fills in.
//!
//! | expression | what it stands for |
//! |---|---|
//! | `$(headers.NAME)` | a header of the request; `_` also stands for `-` |
//! | `$(query_params.NAME)` | a parameter of its query |
//! | `$(uri_captures.NAME)` | a segment of its path, as `uri_template` names it |
//! | `$(metadata.NAMESPACE.KEY)` | Envoy's dynamic metadata, such as `json_to_metadata` sets |
//!
//! The first three and their error messages are Kong's,
//! <https://developer.konghq.com/plugins/ai-proxy/#templating>.

use std::borrow::Cow;

use serde_json::Value;

use super::ConfigError;
use crate::error::Error;
use crate::headers::Headers;
use crate::wire::json::{push_element, push_member};

/// What a request offers to templates.
pub struct Asked<'a> {
    /// Its headers.
    pub headers: &'a Headers,
    /// A string of Envoy's dynamic metadata, by namespace and key.
    pub metadata: &'a dyn Fn(&str, &str) -> Option<String>,
}

/// One `$(…)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Expression {
    source: Source,
    /// The part after the source, as it was written.
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Source {
    Headers,
    QueryParams,
    UriCaptures,
    Metadata,
}

impl Expression {
    fn parse(text: &str, field: &str) -> Result<Self, String> {
        let cannot = || format!("cannot parse expression for field '{field}'");
        let (source, name) = text.split_once('.').ok_or_else(cannot)?;
        let dots = name.matches('.').count();
        let source = match source {
            "headers" if dots == 0 => Source::Headers,
            "query_params" if dots == 0 => Source::QueryParams,
            "uri_captures" if dots == 0 => Source::UriCaptures,
            "metadata" if dots > 0 => Source::Metadata,
            "headers" | "query_params" | "uri_captures" | "metadata" => return Err(cannot()),
            // A longer or odder word may be anything, a secret too.
            other
                if other.len() < 16
                    && other.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') =>
            {
                return Err(format!("source '{other}' is not supported"));
            }
            _ => return Err(cannot()),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(cannot());
        }
        Ok(Self { source, name: name.to_owned() })
    }

    fn value(&self, asked: &Asked<'_>, uri_template: Option<&str>) -> Result<String, Error> {
        let name = self.name.as_str();
        let path = || asked.headers.text(":path").unwrap_or_default();
        let (source, value) = match self.source {
            Source::Headers => {
                let lower = name.to_ascii_lowercase();
                let dashed = || asked.headers.text(&lower.replace('_', "-"));
                ("headers", asked.headers.text(&lower).or_else(dashed).map(str::to_owned))
            }
            Source::QueryParams => ("query_params", query_parameter(path(), name)),
            Source::UriCaptures => {
                ("uri_captures", uri_template.and_then(|template| capture(template, path(), name)))
            }
            Source::Metadata => {
                let (namespace, key) = name.rsplit_once('.').unwrap_or((name, ""));
                ("metadata", (asked.metadata)(namespace, key))
            }
        };
        value.filter(|value| !value.is_empty()).ok_or_else(|| {
            Error::invalid(format!("{source} key {name} was not provided")).code("missing_required_parameter")
        })
    }
}

/// The expressions of a configuration, and what is to be checked before it is used.
#[derive(Debug)]
pub(super) struct Template {
    /// The configuration with its expressions.
    tree: Value,
    expressions: Vec<Expression>,
    /// Those of them that are a part of a URL.
    in_urls: Vec<Expression>,
    /// Whether the upstream's host depends on them.
    pub(super) names_host: bool,
}

impl Template {
    /// The template that `tree` is; `None` where it has no expressions.
    pub(super) fn of(tree: &Value) -> Result<Option<Self>, ConfigError> {
        let mut expressions = Vec::new();
        let mut in_urls = Vec::new();
        let mut names_host = false;
        for (name, member) in tree.as_object().into_iter().flatten().filter(|(name, _)| *name != "model") {
            walk(member, name, &mut refuse)?;
        }
        let Some(model) = tree.get("model") else {
            return Ok(None);
        };
        let uri_template = tree.get("uri_template").and_then(Value::as_str).unwrap_or_default();
        walk(model, "model", &mut |text, path| {
            for piece in pieces(text) {
                let Piece::Expression(expression) = piece else { continue };
                let expression =
                    Expression::parse(expression, path).map_err(|message| ConfigError::at(path, message))?;
                if expression.source == Source::UriCaptures && !captures(uri_template, &expression.name) {
                    let message = "`$(uri_captures.NAME)` needs a `uri_template` with `{NAME}` for a segment";
                    return Err(ConfigError::at(path, message));
                }
                let in_url = path.ends_with(".upstream_url");
                names_host |= in_url || path.ends_with(".api_endpoint");
                if in_url {
                    in_urls.push(expression.clone());
                }
                if !expressions.contains(&expression) {
                    expressions.push(expression);
                }
            }
            Ok(())
        })?;
        Ok((!expressions.is_empty()).then(|| Self { tree: tree.clone(), expressions, in_urls, names_host }))
    }

    /// What the expressions stand for, in their order.
    pub(super) fn values(&self, asked: &Asked<'_>, uri_template: Option<&str>) -> Result<Vec<String>, Error> {
        let value = |expression: &Expression| {
            let value = expression.value(asked, uri_template)?;
            if self.in_urls.contains(expression) && !is_part_of_url(&value) {
                let message = format!("the value of {} cannot be a part of a URL", expression.name);
                return Err(Error::invalid(message).code("invalid_value"));
            }
            Ok(value)
        };
        self.expressions.iter().map(value).collect()
    }

    /// Values that any configuration takes.
    pub(super) fn sample(&self) -> Vec<String> {
        self.expressions.iter().map(|_| "x".to_owned()).collect()
    }

    /// The configuration with `values` in place of the expressions.
    pub(super) fn filled(&self, values: &[String]) -> Value {
        let mut tree = self.tree.clone();
        if let Some(model) = tree.get_mut("model") {
            fill(model, "", &|text, name| {
                let mut filled = String::with_capacity(text.len());
                for piece in pieces(text) {
                    match piece {
                        Piece::Text(text) => filled.push_str(text),
                        Piece::Expression(text) => filled.push_str(self.value_of(text, name, values)),
                    }
                }
                filled
            });
        }
        tree
    }

    fn value_of<'v>(&self, text: &str, field: &str, values: &'v [String]) -> &'v str {
        let expression = Expression::parse(text, field).ok();
        let position =
            expression.and_then(|wanted| self.expressions.iter().position(|known| *known == wanted));
        position.and_then(|position| values.get(position)).map_or("", String::as_str)
    }
}

/// Refuses a template where none is filled in: it would go out as it is. Other text in `$(…)` may be a credential's.
fn refuse(text: &str, path: &str) -> Result<(), ConfigError> {
    let source = |start: &str| SOURCES.iter().any(|source| start.starts_with(&format!("{source}.")));
    if text.split("$(").skip(1).any(source) {
        return Err(ConfigError::at(path, "templates are for `model` only"));
    }
    Ok(())
}

/// What an expression of each source begins with.
const SOURCES: [&str; 4] = ["headers", "query_params", "uri_captures", "metadata"];

/// Checks a `uri_template`: a path with `{NAME}` for segments, each name once, and `*` at its end for anything.
pub(super) fn check_uri(template: &str) -> Result<(), &'static str> {
    if !template.starts_with('/') {
        return Err("expected a path, starting with `/`");
    }
    if template.contains(['?', '#']) {
        return Err("expected a path without query and fragment, which are not compared");
    }
    let segments: Vec<&str> = template.split('/').collect();
    for (index, segment) in segments.iter().enumerate() {
        let (earlier, later) = segments.split_at_checked(index).unwrap_or_default();
        if segment.contains('*') && (*segment != "*" || later.len() > 1) {
            return Err("expected `*` as the last segment only, where it stands for anything");
        }
        if !segment.contains(['{', '}']) {
            continue;
        }
        let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if name.is_empty() || !name.bytes().all(plain) {
            return Err("expected `{NAME}` as a whole segment, with letters, digits and `-_` for the name");
        }
        if earlier.contains(segment) {
            return Err("expected each `{NAME}` once");
        }
    }
    Ok(())
}

/// Whether `template` has `{name}` for a segment.
fn captures(template: &str, name: &str) -> bool {
    let named =
        |segment: &str| segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) == Some(name);
    template.split('/').any(named)
}

enum Piece<'a> {
    Text(&'a str),
    Expression(&'a str),
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((expression, after)) = rest.strip_prefix("$(").and_then(|inside| inside.split_once(')')) {
            rest = after;
            return Some(Piece::Expression(expression));
        }
        // The first character is text in any case: an expression that does not end is none.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest
            .get(first..)
            .and_then(|rest| rest.find("$("))
            .map_or(rest.len(), |at| at.saturating_add(first));
        let (text, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(Piece::Text(text))
    })
}

fn walk(
    value: &Value,
    path: &str,
    visit: &mut dyn FnMut(&str, &str) -> Result<(), ConfigError>,
) -> Result<(), ConfigError> {
    match value {
        Value::String(text) => visit(text, path),
        Value::Array(elements) => elements.iter().enumerate().try_for_each(|(index, element)| {
            let mut path = path.to_owned();
            push_element(&mut path, index);
            walk(element, &path, visit)
        }),
        Value::Object(members) => members.iter().try_for_each(|(name, member)| {
            let mut path = path.to_owned();
            push_member(&mut path, name);
            walk(member, &path, visit)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn fill(value: &mut Value, name: &str, render: &dyn Fn(&str, &str) -> String) {
    match value {
        Value::String(text) => *text = render(text, name),
        Value::Array(elements) => elements.iter_mut().for_each(|element| fill(element, name, render)),
        Value::Object(members) => members.iter_mut().for_each(|(name, member)| fill(member, name, render)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a value may stand in a URL: for a host, with a port, it brings no path, for a segment no other segments.
fn is_part_of_url(value: &str) -> bool {
    let (name, port) = value.split_once(':').unwrap_or((value, ""));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    name.bytes().all(plain) && port.bytes().all(|byte| byte.is_ascii_digit())
}

fn query_parameter(path: &str, name: &str) -> Option<String> {
    let (_, query) = path.split_once('?')?;
    let query = query.split('#').next().unwrap_or_default();
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (percent_decoded(key)? == name).then(|| percent_decoded(value))?.map(Cow::into_owned)
    })
}

/// The segment of `path` that stands where `template` has `{name}`; `None` where the path is not like the template.
fn capture(template: &str, path: &str, name: &str) -> Option<String> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut segments = path.split('/');
    let mut found = None;
    for expected in template.split('/') {
        if expected == "*" {
            return found;
        }
        let segment = segments.next()?;
        match expected.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(captured) if captured == name => found = percent_decoded(segment).map(Cow::into_owned),
            Some(_) => {}
            None if expected == segment => {}
            None => return None,
        }
    }
    found.filter(|_| segments.next().is_none())
}

fn percent_decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let value = digit(rest.next())?.checked_mul(16)?.checked_add(digit(rest.next())?)?;
                u8::try_from(value).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}
