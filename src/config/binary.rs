//! A configuration written as YAML or JSON of Envoy's own, that is as a `google.protobuf.Struct`.
//!
//! Envoy's documentation says that it hands such a configuration over as JSON; up to 1.40 it hands over the message as
//! protobuf encodes it (`MessageUtil::anyToBytes`). So that is read here.
//! <https://protobuf.dev/reference/protobuf/google.protobuf/#struct>, <https://protobuf.dev/programming-guides/encoding/>

use serde_json::{Map, Value};

use super::tree;

/// Levels of objects and arrays, as many as JSON may have.
const DEEPEST: usize = 127;

/// Members that are numbers with a point: Envoy's YAML knows whole numbers only, and `1.0` arrives as a string.
const DECIMALS: [&str; 4] = ["temperature", "top_p", "body_wait", "gcp_token_wait"];

/// The object that `bytes` are; `None` where they are no `Struct`.
pub(super) fn read(bytes: &[u8]) -> Option<Value> {
    object(bytes, DEEPEST)
}

/// `message Struct { map<string, Value> fields = 1; }`, an entry of the map being `{ string key = 1; Value value = 2; }`.
fn object(bytes: &[u8], depth: usize) -> Option<Value> {
    let mut members = Map::new();
    let mut rest = Wire(bytes);
    while let Some(field) = rest.next()? {
        let Field { number: 1, value: Encoded::Bytes(entry) } = field else { return None };
        let (mut name, mut member) = ("", Value::Null);
        let mut entry = Wire(entry);
        while let Some(field) = entry.next()? {
            match (field.number, field.value) {
                (1, Encoded::Bytes(bytes)) => name = std::str::from_utf8(bytes).ok()?,
                (2, Encoded::Bytes(bytes)) => member = value(bytes, depth)?,
                _ => return None,
            }
        }
        let decimal = member.as_str().filter(|_| DECIMALS.contains(&name)).and_then(|text| text.parse().ok());
        members.insert(name.to_owned(), decimal.map_or(member, tree::number));
    }
    Some(Value::Object(members))
}

/// `message Value { oneof kind { NullValue null_value = 1; double number_value = 2; string string_value = 3;
/// bool bool_value = 4; Struct struct_value = 5; ListValue list_value = 6; } }`
fn value(bytes: &[u8], depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let mut found = Value::Null;
    let mut rest = Wire(bytes);
    while let Some(field) = rest.next()? {
        found = match (field.number, field.value) {
            (1, Encoded::Varint(_)) => Value::Null,
            (2, Encoded::Eight(double)) => tree::number(f64::from_le_bytes(double)),
            (3, Encoded::Bytes(text)) => Value::String(std::str::from_utf8(text).ok()?.to_owned()),
            (4, Encoded::Varint(on)) => Value::Bool(on != 0),
            (5, Encoded::Bytes(members)) => object(members, depth)?,
            (6, Encoded::Bytes(elements)) => list(elements, depth)?,
            _ => return None,
        };
    }
    Some(found)
}

/// `message ListValue { repeated Value values = 1; }`
fn list(bytes: &[u8], depth: usize) -> Option<Value> {
    let mut elements = Vec::new();
    let mut rest = Wire(bytes);
    while let Some(field) = rest.next()? {
        let Field { number: 1, value: Encoded::Bytes(element) } = field else { return None };
        elements.push(value(element, depth)?);
    }
    Some(Value::Array(elements))
}

/// What is left of a message.
struct Wire<'a>(&'a [u8]);

struct Field<'a> {
    number: u64,
    value: Encoded<'a>,
}

/// The wire types that a `Struct` has.
enum Encoded<'a> {
    Varint(u64),
    Eight([u8; 8]),
    Bytes(&'a [u8]),
}

impl<'a> Wire<'a> {
    /// The next field: `Some(None)` at the end, `None` where there is none.
    #[expect(clippy::option_option, reason = "an error without a reason beside an end")]
    fn next(&mut self) -> Option<Option<Field<'a>>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Encoded::Varint(self.varint()?),
            1 => Encoded::Eight(self.take(8)?.try_into().ok()?),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Encoded::Bytes(self.take(length)?)
            }
            _ => return None,
        };
        Some(Some(Field { number: tag >> 3, value }))
    }

    /// Seven bits a byte, the lowest first; the eighth says that there is another byte.
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use serde_json::json;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut encoded = vec![number << 3 | 2];
        let mut length = bytes.len();
        while length >= 0x80 {
            encoded.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        encoded.push(u8::try_from(length).unwrap());
        encoded.extend(bytes);
        encoded
    }

    /// As protobuf encodes a `Value`.
    fn encoded(value: &Value) -> Vec<u8> {
        match value {
            Value::Null => vec![1 << 3, 0],
            Value::Bool(on) => vec![4 << 3, u8::from(*on)],
            Value::Number(number) => {
                let mut bytes = vec![2 << 3 | 1];
                bytes.extend(number.as_f64().unwrap().to_le_bytes());
                bytes
            }
            Value::String(text) => field(3, text.as_bytes()),
            Value::Array(elements) => {
                field(6, &elements.iter().flat_map(|e| field(1, &encoded(e))).collect::<Vec<_>>())
            }
            Value::Object(_) => field(5, &document(value)),
        }
    }

    /// As protobuf encodes a `Struct`.
    fn document(value: &Value) -> Vec<u8> {
        let entry = |(name, member): (&String, &Value)| {
            field(1, &[field(1, name.as_bytes()), field(2, &encoded(member))].concat())
        };
        value.as_object().unwrap().iter().flat_map(entry).collect()
    }

    #[test]
    fn what_was_written_is_read() {
        for value in [
            json!({}),
            json!({"a": null, "b": [true, false, [], {}], "": "é\n"}),
            json!({"max_tokens": 512, "temperature": 0.25, "big": 104_857_600, "negative": -3}),
            json!({"long": "x".repeat(300), "deep": {"er": {"still": [[1]]}}}),
        ] {
            assert_eq!(read(&document(&value)), Some(value));
        }
        let written = json!({"temperature": "0.5", "x": {"top_p": "1.0", "body_wait": "x"}, "name": "1.0"});
        let meant = json!({"temperature": 0.5, "x": {"top_p": 1, "body_wait": "x"}, "name": "1.0"});
        assert_eq!(read(&document(&written)), Some(meant));
        assert_eq!(read(&document(&json!({"a": 512.0, "b": 1e300}))), Some(json!({"a": 512, "b": 1e300})));
    }

    #[test]
    fn what_is_no_struct_is_refused() {
        let whole = document(&json!({"a": [1, "x", true], "b": {"c": null}}));
        for end in 1..whole.len() {
            if let Some(read) = read(&whole[..end]) {
                assert_eq!(read, json!({"a": [1, "x", true]}), "only between entries");
            }
        }
        for bytes in ["{", "\n{\n  \"auth\": {", "x", "\u{a}\u{ff}"] {
            assert_eq!(read(bytes.as_bytes()), None, "{bytes}");
        }
        let mut deep = json!(1);
        for _ in 0..200 {
            deep = json!([deep]);
        }
        assert_eq!(read(&document(&json!({"a": deep}))), None);
    }
}
