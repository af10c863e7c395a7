//! decK's files: a declarative document in which the plugin stands, by itself or below a service or route.
//!
//! One `ai-proxy` is taken out. Other plugins would have done something that now nobody does, so they are refused; what
//! says which requests come and where they go is Envoy's to say, and only reported.
//! <https://developer.konghq.com/deck/reference/entities/>

use serde_json::{Map, Value};

use super::pasted::{Pasted, unused};
use super::{ConfigError, kong};
use crate::wire::json::push_member;

/// Whether these are the members of such a document.
pub(super) fn is(members: &Map<String, Value>) -> bool {
    members.contains_key("_format_version")
        || members.contains_key("services")
        || members.get("plugins").is_some_and(Value::is_array)
}

/// The configuration of the only `ai-proxy`.
///
/// # Errors
/// None or several of them, other plugins, other entities than services and routes.
pub(super) fn read(document: Map<String, Value>) -> Result<Pasted, ConfigError> {
    let mut reader = Reader { found: None, unused: Vec::new() };
    reader.entity(document, "", &["services", "routes"])?;
    let config = reader
        .found
        .ok_or_else(|| ConfigError::at("plugins", "expected an `ai-proxy` that is enabled, found none"))?;
    Ok(Pasted { config, unused: reader.unused })
}

struct Reader {
    found: Option<Value>,
    unused: Vec<String>,
}

impl Reader {
    /// Reads the document, a service or a route, whose members `below` hold entities with plugins of their own.
    fn entity(&mut self, members: Map<String, Value>, path: &str, below: &[&str]) -> Result<(), ConfigError> {
        for (name, member) in members {
            if member.is_null() || METADATA.contains(&name.as_str()) {
                continue;
            }
            let mut at = path.to_owned();
            push_member(&mut at, &name);
            if name == "plugins" {
                for (at, plugin) in objects(member, &at)? {
                    self.plugin(plugin, &at)?;
                }
            } else if below.contains(&name.as_str()) {
                let deeper: &[&str] = if name == "services" { &["routes"] } else { &[] };
                for (at, entity) in objects(member, &at)? {
                    self.entity(entity, &at, deeper)?;
                }
            } else if path.is_empty() {
                let message =
                    "not supported, only `plugins`, `services` and `routes` of a document of decK's are";
                return Err(ConfigError::at(at, message));
            } else if name != "enabled" {
                self.unused.push(unused(&at));
            } else if member != true {
                return Err(ConfigError::at(at, "expected true, to disable a route take it out of Envoy's"));
            }
        }
        Ok(())
    }

    fn plugin(&mut self, mut plugin: Map<String, Value>, path: &str) -> Result<(), ConfigError> {
        if plugin.get("enabled").is_some_and(|enabled| *enabled == false) {
            return Ok(());
        }
        if self.found.is_some() && plugin.get("name").is_some_and(|name| name == "ai-proxy") {
            let message =
                "is the second `ai-proxy`: one is taken, put the others into `routes` of its `config`";
            return Err(ConfigError::at(path, message));
        }
        plugin.entry("config").or_insert(Value::Null);
        self.found = Some(kong::plugin(plugin).map_err(|error| error.below(path))?);
        Ok(())
    }
}

/// The elements of an array of objects.
fn objects(member: Value, path: &str) -> Result<Vec<Placed>, ConfigError> {
    let Value::Array(elements) = member else {
        return Err(ConfigError::at(path, "expected an array of objects"));
    };
    let object = |(index, element): (usize, Value)| match element {
        Value::Object(members) => Ok((format!("{path}[{index}]"), members)),
        _ => Err(ConfigError::at(format!("{path}[{index}]"), "expected an object")),
    };
    elements.into_iter().enumerate().map(object).collect()
}

/// The path of an object and its members.
type Placed = (String, Map<String, Value>);

/// Members that do nothing.
const METADATA: [&str; 11] = [
    "_format_version",
    "_transform",
    "_info",
    "_comment",
    "_workspace",
    "_konnect",
    "name",
    "id",
    "tags",
    "created_at",
    "updated_at",
];
