//! Tables: what is given, what comes out. A row's text is a property's schema unless it says otherwise.

use serde_json::value::RawValue;

use super::{Root, SchemaError};

mod legacy;
mod light;
mod limits;
mod references;
mod roots;
mod walk;

pub(super) const REPLY: Root<'static> = Root::Reply { name: None, description: None };

pub(super) type Cleaner = fn(&RawValue, Root<'_>) -> Result<Option<Box<RawValue>>, SchemaError>;

/// The cleaned schema as text; `-` where it is left out, the message where it is refused.
pub(super) fn run(cleaner: Cleaner, schema: &str, root: Root<'_>) -> String {
    let raw: &RawValue = serde_json::from_str(schema).unwrap();
    match cleaner(raw, root) {
        Ok(Some(cleaned)) => cleaned.get().to_owned(),
        Ok(None) => "-".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Each row: a schema, and what becomes of it as the property `p` of a function's parameters.
pub(super) fn check(cleaner: Cleaner, object: &str, rows: &[(&str, &str)]) {
    for (given, expected) in rows {
        let schema = format!(r#"{{"type":"object","properties":{{"p":{given}}}}}"#);
        let whole = run(cleaner, &schema, Root::Tool);
        let expected = format!(r#"{{"type":"{object}","properties":{{"p":{expected}}}}}"#);
        assert_eq!(whole, expected, "from {given}");
    }
}
