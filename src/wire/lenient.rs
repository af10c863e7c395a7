//! How replies are read: `null` is absent, and a number may come as a string.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::json::{Problem, ProblemKind};
use super::text::Str;

/// A list that may be absent or `null`.
#[derive(Clone, Debug)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> std::ops::Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default()))
    }
}

/// The objects of a list that may be absent or `null`; what is no object is passed over.
#[derive(Clone, Debug)]
pub struct Objects<T>(pub Vec<T>);

impl<T> Default for Objects<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> std::ops::Deref for Objects<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Objects<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(ObjectsVisitor(PhantomData))
    }
}

struct ObjectsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectsVisitor<T> {
    type Value = Objects<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Objects<T>, E> {
        Ok(Objects::default())
    }

    fn visit_none<E: de::Error>(self) -> Result<Objects<T>, E> {
        Ok(Objects::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Objects<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Objects<T>, A::Error> {
        let mut objects = Vec::new();
        while let Some(Maybe(element)) = seq.next_element()? {
            if let Some(object) = element {
                objects.push(object);
            }
        }
        Ok(Objects(objects))
    }
}

/// An object; anything else in its place is nothing.
#[derive(Clone, Debug)]
pub struct Maybe<T>(pub Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MaybeVisitor(PhantomData))
    }
}

struct MaybeVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MaybeVisitor<T> {
    type Value = Maybe<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Maybe<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some).map(Maybe)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Maybe<T>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Maybe(None))
    }
}

/// The members of an object in their order, values untouched.
#[derive(Clone, Debug)]
pub struct Members<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// Those of the object `json`, where it is one.
    #[must_use]
    pub fn of(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The value of the last member `name`, as JSON; a `null` is absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        let (_, value) = self.0.iter().rev().find(|(member, _)| member == name)?;
        Some(*value).filter(|value| value.get() != "null")
    }

    /// Checks of an object at `path` that none of `names` comes twice, in the words of a derived struct.
    ///
    /// # Errors
    /// The first that does.
    pub fn once(&self, path: &str, names: &[&str]) -> Result<(), Problem> {
        let twice = |name: &&&str| self.0.iter().filter(|(member, _)| member == **name).count() > 1;
        names.iter().find(twice).map_or(Ok(()), |name| {
            let kind = ProblemKind::Custom(format!("duplicate field `{name}`"));
            Err(Problem { path: path.to_owned(), kind })
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((Str(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// A count of tokens or an index: proto3 JSON writes 32-bit integers as numbers and 64-bit ones as strings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

/// A word of a reply. A number, as enums are with `enum-encoding=int`, is its digits, a boolean its name; anything else
/// is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word<'a>(Cow<'a, str>);

impl std::ops::Deref for Word<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordVisitor)
    }
}

struct WordVisitor;

impl<'de> Visitor<'de> for WordVisitor {
    type Value = Word<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Borrowed(value)))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Owned(value.to_owned())))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Owned(value.to_string())))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Word<'de>, E> {
        Ok(Word::default())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Word<'de>, E> {
        Ok(Word::default())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Borrowed(if value { "true" } else { "false" })))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Word<'de>, E> {
        Ok(Word::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Word<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Word::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Word<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Word::default())
    }
}

struct CountVisitor;

impl<'de> Visitor<'de> for CountVisitor {
    type Value = Count;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a count")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Count, E> {
        Ok(Count(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Count, E> {
        Ok(Count(u64::try_from(value).unwrap_or(0)))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, which is what a count wants"
    )]
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Count, E> {
        Ok(Count(value as u64))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Count, E> {
        Ok(Count(value.parse().unwrap_or(0)))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Count, E> {
        Ok(Count(0))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Count, E> {
        Ok(Count(0))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Count, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Count(0))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Count, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Count(0))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn counts_survive_every_notation() {
        for (json, expected) in [
            ("3", 3),
            ("\"4\"", 4),
            ("5.0", 5),
            ("-1", 0),
            ("null", 0),
            ("\"x\"", 0),
            ("true", 0),
            ("[1]", 0),
            ("{\"a\":1}", 0),
        ] {
            assert_eq!(serde_json::from_str::<Count>(json).unwrap(), Count(expected), "{json}");
        }
    }

    #[test]
    fn words_survive_every_notation() {
        for (json, expected) in [
            ("\"STOP\"", "STOP"),
            ("\"\\u0041\"", "A"),
            ("1", "1"),
            ("-1", ""),
            ("1.5", ""),
            ("true", "true"),
            ("null", ""),
            ("[1,[2]]", ""),
            ("{\"a\":{}}", ""),
        ] {
            assert_eq!(&*serde_json::from_str::<Word<'_>>(json).unwrap(), expected, "{json}");
        }
    }

    #[test]
    fn what_is_no_object_is_nothing() {
        let Objects(found) =
            serde_json::from_str::<Objects<Maybe<u8>>>("[null,1,\"x\",[{}],-1,1.5,true]").unwrap();
        assert!(found.is_empty());
        let Objects(found) =
            serde_json::from_str::<Objects<BTreeMap<String, u8>>>(r#"[{"a":1},null,{"b":2}]"#).unwrap();
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_list_may_be_null() {
        assert!(serde_json::from_str::<List<u8>>("null").unwrap().is_empty());
        assert_eq!(&*serde_json::from_str::<List<u8>>("[1,2]").unwrap(), &[1, 2]);
    }
}
