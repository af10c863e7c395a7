//! Signatures by Envoy's foreign function `sign`, there since Envoy 1.37.
//!
//! Its argument and its result are protobuf messages:
//! `SignArguments {1: hash_function, 2: private_key, 3: text, 4: private_key_pem}`, `SignResult {1: result, 2: signature,
//! 3: error}`. <https://github.com/envoyproxy/envoy/blob/main/source/extensions/common/wasm/ext/sign.proto>

/// The name of the function.
pub const FUNCTION: &str = "sign";

/// What the host says where it has no such function.
const NOT_FOUND: u32 = 1;

/// Why there is no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsigned {
    /// The host has no such function.
    Unsupported,
    /// The host cannot use the key.
    BadKey,
}

impl Unsigned {
    /// For the operator.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::Unsupported => {
                "a service account's key needs Envoy 1.37 or later, this one has no function that signs; the metadata \
                 server and workload identity federation work with every version"
            }
            Self::BadKey => "Envoy cannot sign with this key, expected an RSA key as Google issues it",
        }
    }
}

/// Signs `text` with `private_key` (PEM), RSASSA-PKCS1-v1_5 with SHA-256; `call` calls [`FUNCTION`] with an argument.
///
/// # Errors
/// When there is no such function or the key is of no use.
pub fn sign(
    private_key: &str,
    text: &str,
    call: impl FnOnce(&[u8]) -> Result<Vec<u8>, u32>,
) -> Result<Vec<u8>, Unsigned> {
    let mut arguments = Vec::new();
    for (number, value) in [(1, "sha256"), (3, text), (4, private_key)] {
        field(number, value.as_bytes(), &mut arguments);
    }
    let result = call(&arguments).map_err(|status| match status {
        NOT_FOUND => Unsigned::Unsupported,
        _ => Unsigned::BadKey,
    })?;
    signature(&result).filter(|signature| is_rsa(signature.len())).ok_or(Unsigned::BadKey)
}

/// Whether a signature has a length that RSA's have; Envoy signs with other keys too.
fn is_rsa(length: usize) -> bool {
    length >= 128 && length.is_multiple_of(64)
}

/// A field of bytes.
fn field(number: u8, value: &[u8], out: &mut Vec<u8>) {
    out.push((number << 3) | 2);
    let mut length = value.len();
    while length > 0x7F {
        out.push(low_bits(length) | 0x80);
        length >>= 7;
    }
    out.push(low_bits(length));
    out.extend_from_slice(value);
}

fn low_bits(length: usize) -> u8 {
    u8::try_from(length & 0x7F).unwrap_or(0)
}

/// The signature in a result, if it says that there is one.
fn signature(mut rest: &[u8]) -> Option<Vec<u8>> {
    let (mut good, mut signature) = (false, None);
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        let value = varint(&mut rest)?;
        match tag & 7 {
            0 => good |= tag == 1 << 3 && value == 1,
            2 => {
                let (bytes, after) = rest.split_at_checked(value)?;
                rest = after;
                if tag >> 3 == 2 {
                    signature = Some(bytes.to_vec());
                }
            }
            _ => return None,
        }
    }
    signature.filter(|_| good)
}

fn varint(rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0_usize;
    for shift in [0, 7, 14, 21] {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// A result with a signature of `length` bytes.
    fn result(length: u8) -> Vec<u8> {
        let bytes = vec![7; usize::from(length)];
        [b"\x08\x01\x12".as_slice(), &[length | 0x80, 1], &bytes].concat()
    }

    #[test]
    fn the_argument_names_hash_text_and_key() {
        let key = "k".repeat(300);
        let signature = sign(&key, "ab", |argument| {
            let expected = [b"\x0a\x06sha256\x1a\x02ab\x22\xAC\x02".as_slice(), key.as_bytes()].concat();
            assert_eq!(argument, expected);
            Ok(result(128))
        });
        assert_eq!(signature, Ok(vec![7; 128]));
    }

    #[test]
    fn results() {
        let reversed = [&[0x12, 0x80, 1][..], &[7; 128], b"\x08\x01\x1a\x01x"].concat();
        assert_eq!(sign("k", "t", |_| Ok(reversed)), Ok(vec![7; 128]));
        // An elliptic curve's.
        assert_eq!(sign("k", "t", |_| Ok(result(139))), Err(Unsigned::BadKey));
        for (result, expected) in [
            (Ok(&b"\x08\x01\x12\x03sig"[..]), Unsigned::BadKey),
            (Ok(b"\x1a\x03bad"), Unsigned::BadKey),
            (Ok(b"\x08\x00\x12\x03sig"), Unsigned::BadKey),
            (Ok(b"\x08\x01\x12\x09sig"), Unsigned::BadKey),
            (Ok(b"\x08\x01\x12\x00"), Unsigned::BadKey),
            (Ok(b"\x08\x01\x12\xFF\xFF\xFF\xFF\xFF"), Unsigned::BadKey),
            (Ok(b"\x0d\x01\x02\x03"), Unsigned::BadKey),
            (Ok(b""), Unsigned::BadKey),
            (Err(1), Unsigned::Unsupported),
            (Err(2), Unsigned::BadKey),
        ] {
            assert_eq!(sign("k", "t", |_| result.map(<[u8]>::to_vec)), Err(expected), "{result:?}");
        }
    }
}
