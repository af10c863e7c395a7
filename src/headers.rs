//! A header map as it crosses the proxy-wasm boundary.
//!
//! Fetched and replaced whole: one host call each way costs less than two single getters (a host call that returns a
//! value takes 1.4–1.9 µs), and replacing the map makes every header list an allow-list.
//!
//! Layout (proxy-wasm ABI 0.2.1): `u32` count, then count × (`u32` key length, `u32` value length), then
//! count × (key NUL value NUL); integers little-endian.

/// A received header map. Values are bytes: clients may send what is not UTF-8.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    map: Vec<u8>,
    /// Where each key and value stands in `map`: start, end of key, start, end of value.
    entries: Vec<[usize; 4]>,
}

impl Headers {
    /// Reads a serialized map; a malformed one reads as far as it makes sense.
    #[must_use]
    pub fn decode(map: Vec<u8>) -> Self {
        let entries = locate(&map).unwrap_or_default();
        Self { map, entries }
    }

    /// Names and values in wire order; names are lower case.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries.iter().filter_map(|&[key, key_end, value, value_end]| {
            Some((self.map.get(key..key_end)?, self.map.get(value..value_end)?))
        })
    }

    /// The serialized map without `name` (lower case).
    #[must_use]
    pub fn without(&self, name: &str) -> Vec<u8> {
        let kept: Vec<(&[u8], &[u8])> = self.iter().filter(|(key, _)| *key != name.as_bytes()).collect();
        encode_bytes(&kept)
    }

    /// The first value of `name` (lower case).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(key, _)| *key == name.as_bytes()).map(|(_, value)| value)
    }

    /// The same as text; `None` where it is not UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }
}

fn locate(map: &[u8]) -> Option<Vec<[usize; 4]>> {
    let number = |at: usize| -> Option<usize> {
        let bytes = map.get(at..at.checked_add(4)?)?;
        usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
    };
    let count = number(0)?;
    let mut at = count.checked_mul(8)?.checked_add(4)?;
    if at > map.len() {
        return None;
    }
    let mut entries = Vec::with_capacity(count);
    for lengths in (4..at).step_by(8) {
        let key_end = at.checked_add(number(lengths)?)?;
        let value = key_end.checked_add(1)?;
        let value_end = value.checked_add(number(lengths.checked_add(4)?)?)?;
        entries.push([at, key_end, value, value_end]);
        at = value_end.checked_add(1)?;
    }
    Some(entries)
}

/// Serializes a map for the host.
#[must_use]
pub fn encode(headers: &[(&str, &[u8])]) -> Vec<u8> {
    let bytes: Vec<(&[u8], &[u8])> = headers.iter().map(|(name, value)| (name.as_bytes(), *value)).collect();
    encode_bytes(&bytes)
}

fn encode_bytes(headers: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut map = Vec::with_capacity(512);
    push_length(&mut map, headers.len());
    for (name, value) in headers {
        push_length(&mut map, name.len());
        push_length(&mut map, value.len());
    }
    for (name, value) in headers {
        for piece in [*name, *value] {
            map.extend_from_slice(piece);
            map.push(0);
        }
    }
    map
}

fn push_length(map: &mut Vec<u8>, length: usize) {
    map.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_map_survives_the_round_trip() {
        let sent: [(&str, &[u8]); 3] = [(":path", b"/v1"), ("x-bin", b"\xff\xfe"), ("x-empty", b"")];
        let received = Headers::decode(encode(&sent));
        let expected: Vec<(&[u8], &[u8])> = sent.iter().map(|(k, v)| (k.as_bytes(), *v)).collect();
        assert_eq!(received.iter().collect::<Vec<_>>(), expected);
        assert_eq!(received.text(":path"), Some("/v1"));
        assert_eq!(received.text("x-bin"), None);
        assert_eq!(received.get("absent"), None);
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(map: Vec<u8>) {
            let headers = Headers::decode(map);
            proptest::prop_assert!(headers.iter().count() <= headers.map.len());
        }
    }
}
