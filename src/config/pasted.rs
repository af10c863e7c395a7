//! Which gateway's configuration this is: ours, Kong's or APISIX's, with or without what its users have around it.

use serde_json::{Map, Value};

use super::{ConfigError, apisix, deck, kong};

/// A configuration of ours, as far as it can be told before its fields are looked at.
#[derive(Debug)]
pub(super) struct Pasted {
    pub(super) config: Value,
    /// What stood around it and is left to Envoy: a warning each.
    pub(super) unused: Vec<String>,
}

impl Pasted {
    /// Takes out what `tree` is about.
    ///
    /// # Errors
    /// What stands around it and would have done something.
    pub(super) fn of(tree: Value) -> Result<Self, ConfigError> {
        match tree {
            Value::Null => Ok(Self::from(Value::Object(Map::new()))),
            Value::Object(members) if deck::is(&members) => deck::read(members),
            Value::Object(members) if apisix::is(&members) => apisix::read(members),
            Value::Object(members) if members.contains_key("config") => {
                Ok(Self::from(kong::plugin(members)?))
            }
            bare => Ok(Self::from(bare)),
        }
    }
}

impl From<Value> for Pasted {
    fn from(config: Value) -> Self {
        Self { config, unused: Vec::new() }
    }
}

/// The warning for a field that Envoy's own configuration takes the place of.
pub(super) fn unused(path: &str) -> String {
    format!("{path}: not used, Envoy's routes and clusters say which requests come here and where they go")
}
