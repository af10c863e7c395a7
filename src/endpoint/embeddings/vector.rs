//! One vector, as OpenAI's clients get it: of length one, as numbers or as bytes.

use crate::error::Error;
use crate::wire::base64::Joiner;
use crate::wire::embeddings::Values;

/// What rounding to single precision does to the length of a vector, at most. Google's own differ by 10⁻⁶.
const ROUNDING: f64 = 1e-5;

/// How a vector is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A list of numbers, each with as many digits as make out its four bytes.
    Float,
    /// Base64 of these bytes, little-endian.
    Base64,
}

impl Format {
    /// Reads `encoding_format`.
    ///
    /// # Errors
    /// 400 for another word.
    pub(super) fn read(given: Option<&str>) -> Result<Self, Error> {
        match given {
            None | Some("float") => Ok(Self::Float),
            Some("base64") => Ok(Self::Base64),
            Some(_) => Err(Error::invalid("Invalid value. Supported values are: 'float' and 'base64'.")
                .param("encoding_format")
                .code("invalid_value")),
        }
    }

    /// About how many bytes `numbers` numbers are.
    pub(super) fn size(self, numbers: usize) -> usize {
        numbers.saturating_mul(if self == Self::Float { 14 } else { 6 }).saturating_add(64)
    }

    /// Appends a vector.
    pub(super) fn push(self, vector: &Values, json: &mut Vec<u8>) {
        match self {
            Self::Float => {
                json.push(b'[');
                for (position, value) in vector.0.iter().enumerate() {
                    if position > 0 {
                        json.push(b',');
                    }
                    // Memory has no errors.
                    let _ = serde_json::to_writer(&mut *json, value);
                }
                json.push(b']');
            }
            Self::Base64 => {
                json.push(b'"');
                let mut joiner = Joiner::default();
                for value in &vector.0 {
                    joiner.bytes(&value.to_le_bytes(), json);
                }
                joiner.end(json);
                json.push(b'"');
            }
        }
    }
}

/// The vector of length one in the same direction. One that has it already keeps its numbers, and so does the vector of
/// zeroes. Google cuts vectors to fewer dimensions without doing this.
#[expect(clippy::cast_possible_truncation, reason = "`as` rounds to the nearest, and none is above one")]
pub(super) fn normalise(vector: &mut Values) {
    let length = vector.0.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>().sqrt();
    if length == 0.0 || (length - 1.0).abs() <= ROUNDING {
        return;
    }
    for value in &mut vector.0 {
        *value = (f64::from(*value) / length) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(not(target_arch = "wasm32"))]
    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn written(format: Format, values: &[f32]) -> String {
        let mut json = Vec::new();
        format.push(&Values(values.to_vec()), &mut json);
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn bytes_are_little_endian() {
        for (values, float, base64) in [
            (&[][..], "[]", r#""""#),
            (&[1.0], "[1.0]", r#""AACAPw==""#),
            (&[0.5, -0.25], "[0.5,-0.25]", r#""AAAAPwAAgL4=""#),
            (&[-0.0], "[-0.0]", r#""AAAAgA==""#),
            (&[-4.145_406_6e-5, 0.1, 1e-10], "[-0.000041454066,0.1,1e-10]", r#""994tuM3MzD3/5tsu""#),
        ] {
            assert_eq!(written(Format::Float, values), float);
            assert_eq!(written(Format::Base64, values), base64);
        }
    }

    #[test]
    fn vectors_have_length_one() {
        for (values, expected) in [
            (&[3.0, 4.0][..], &[0.6, 0.8][..]),
            (&[0.0, 0.0], &[0.0, 0.0]),
            (&[], &[]),
            (&[1e-30, 0.0], &[1.0, 0.0]),
            (&[3e38, 0.0], &[1.0, 0.0]),
            (&[0.600_001, 0.8], &[0.600_001, 0.8]),
        ] {
            let mut vector = Values(values.to_vec());
            normalise(&mut vector);
            assert_eq!(vector.0, expected, "{values:?}");
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest! {
        #[test]
        fn every_float_survives_both_forms(bits: Vec<u32>) {
            let values: Vec<f32> = bits.into_iter().map(f32::from_bits).filter(|value| value.is_finite()).collect();
            let read: Vec<f64> = serde_json::from_str(&written(Format::Float, &values)).unwrap();
            let bits = |value: f32| value.to_bits();
            prop_assert!(values.iter().map(|value| bits(*value)).eq(read.iter().map(|value| bits(*value as f32))));
            let again: Values = serde_json::from_str(&written(Format::Float, &values)).unwrap();
            prop_assert!(values.iter().map(|value| bits(*value)).eq(again.0.into_iter().map(bits)));
        }

        #[test]
        fn normalising_twice_changes_nothing(values in proptest::collection::vec(-10.0_f32..10.0, 0..300)) {
            let mut vector = Values(values);
            normalise(&mut vector);
            let once = vector.clone();
            normalise(&mut vector);
            prop_assert_eq!(once, vector);
        }
    }
}
