//! Strings that stand for something else: references to the environment, and templates nobody rendered.
//!
//! Kong writes `{vault://env/NAME}` (<https://developer.konghq.com/gateway/entities/vault/>), APISIX `$env://NAME`
//! (<https://apisix.apache.org/docs/apisix/terminology/secret/>). A reference is a string's whole value.

use serde_json::Value;

use super::{ConfigError, Environment};
use crate::wire::json::{push_element, push_member};

/// Replaces every reference below `tree` by what the environment says, spaces and line ends around it removed.
///
/// # Errors
/// An empty string, a reference that leads nowhere or is no whole value, a template that is not rendered.
pub(super) fn resolve(tree: &mut Value, env: &Environment) -> Result<(), ConfigError> {
    walk(tree, "", env)
}

fn walk(value: &mut Value, path: &str, env: &Environment) -> Result<(), ConfigError> {
    match value {
        Value::String(text) => {
            if let Some(resolved) = string(text, env).map_err(|message| ConfigError::at(path, message))? {
                *text = resolved;
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter_mut().enumerate() {
                let mut path = path.to_owned();
                push_element(&mut path, index);
                walk(element, &path, env)?;
            }
        }
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let mut path = path.to_owned();
                push_member(&mut path, name);
                walk(member, &path, env)?;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

/// What `text` stands for; `None` when it stands for itself.
fn string(text: &str, env: &Environment) -> Result<Option<String>, String> {
    if text.trim().is_empty() {
        return Err("must not be empty".to_owned());
    }
    if text.contains("${{") {
        return Err("holds a decK template that was not rendered, use `$env://NAME` instead".to_owned());
    }
    if text.contains("$secret://") {
        return Err("APISIX's secret managers are not supported, use `$env://NAME`".to_owned());
    }
    let Some(name) = variable(text)? else {
        return Ok(None);
    };
    let Some(value) = env(&name) else {
        return Err(format!(
            "environment variable `{name}` is not set, Envoy passes on those named in \
             `vm_config.environment_variables`"
        ));
    };
    match value.trim() {
        "" => Err(format!("environment variable `{name}` is empty")),
        value => Ok(Some(value.to_owned())),
    }
}

/// The environment variable that `text` refers to.
fn variable(text: &str) -> Result<Option<String>, String> {
    let name = if let Some(reference) = text.strip_prefix("{vault://").and_then(|rest| rest.strip_suffix('}'))
    {
        let name =
            reference.strip_prefix("env/").ok_or("only vault `env` is supported, `{vault://env/NAME}`")?;
        name.to_ascii_uppercase().replace('-', "_")
    } else if let Some(name) = text.strip_prefix("$env://") {
        name.to_owned()
    } else if text.contains("{vault://") || text.contains("$env://") {
        return Err("a reference to the environment must be the whole value".to_owned());
    } else {
        return Ok(None);
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        return Err("the name of an environment variable is made of letters, digits and `_`".to_owned());
    }
    Ok(Some(name))
}
