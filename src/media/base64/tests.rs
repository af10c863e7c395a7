use super::*;
#[cfg(not(target_arch = "wasm32"))]
use proptest::prelude::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn read(inner: &str) -> Result<String, Fault> {
    Base64::read(inner).map(|data| data.to_string())
}

#[test]
fn well_formed_base64_is_a_slice_of_the_request() {
    for inner in ["AAAA", "+/+/", "QUI=", "QQ==", "iVBORw0KGgoAAAANSUhEUg=="] {
        let data = Base64::read(inner).unwrap();
        assert!(data.pieces().eq([inner]), "{inner}");
        assert!(data.pieces().all(|piece| std::ptr::eq(piece, inner)), "{inner}");
    }
}

#[test]
fn what_is_wrong_with_base64_is_put_right() {
    for (inner, expected) in [
        // Padding.
        ("QQ", Ok("QQ==")),
        ("QUI", Ok("QUI=")),
        ("QQ=", Ok("QQ==")),
        ("QUJD=", Ok("QUJD")),
        ("QQ===", Ok("QQ==")),
        // The URL-safe alphabet, also mixed.
        ("-_-_", Ok("+/+/")),
        ("+_-/", Ok("+/+/")),
        // White space: escaped, as it has to be in JSON, and plain.
        (r"QUJD\nREVG\r\n", Ok("QUJDREVG")),
        (r" QUJD REVG\t", Ok("QUJDREVG")),
        (r"QQ=\n=", Ok("QQ==")),
        // Escapes of JSON.
        (r"\/\/\/\/", Ok("////")),
        (r"\u002B\u002b\u002f\u0041", Ok("++/A")),
        (r"QQ\u003d\u003D", Ok("QQ==")),
        // Escapes of URLs.
        ("%2B%2f%41A", Ok("+/AA")),
        ("QQ%3D%3D", Ok("QQ==")),
        ("QUJD%0AREVG", Ok("QUJDREVG")),
        (r"\u0025\u0032BAAA", Ok("+AAA")),
        // Beyond repair.
        ("", Err(Fault::Empty)),
        (r" \n", Err(Fault::Empty)),
        ("==", Err(Fault::Empty)),
        ("A", Err(Fault::Length)),
        ("QUJDR", Err(Fault::Length)),
        ("A===", Err(Fault::Length)),
        ("QQ==QQ==", Err(Fault::Character)),
        ("QQ=A", Err(Fault::Character)),
        ("QQ*A", Err(Fault::Character)),
        ("QQé=", Err(Fault::Character)),
        (r"QQ\u0000A", Err(Fault::Character)),
        (r"QQ\\A", Err(Fault::Character)),
        ("QQ%4", Err(Fault::Character)),
        ("QQ%zz", Err(Fault::Character)),
        ("QUJDREVG\u{1f600}QUJD", Err(Fault::Character)),
    ] {
        assert_eq!(read(inner), expected.map(str::to_owned), "{inner:?}");
    }
}

#[test]
fn it_is_written_as_one_json_string() {
    for (inner, expected) in [("QUJD", r#"{"data":"QUJD"}"#), (r"-\/\nQ", r#"{"data":"+/Q="}"#)] {
        let data = Base64::read(inner).unwrap();
        let object = std::collections::BTreeMap::from([("data", &data)]);
        assert_eq!(serde_json::to_string(&object).unwrap(), expected);
        let pretty = serde_json::to_string_pretty(&[&data]).unwrap();
        assert_eq!(pretty, format!("[\n  \"{data}\"\n]"));
    }
}

#[test]
fn the_first_bytes_are_decoded() {
    for (inner, expected) in [
        ("QUJD", b"ABC".as_slice()),
        ("QUI=", b"AB"),
        ("QQ", b"A"),
        (r"\/\/79", b"\xff\xfe\xfd"),
        (r"_-\n79", b"\xff\xee\xfd"),
    ] {
        assert_eq!(Base64::read(inner).unwrap().first_bytes(), expected, "{inner}");
    }
    let long = "QUJD".repeat(1000);
    assert_eq!(Base64::read(&long).unwrap().first_bytes(), b"ABC".repeat(16));
}

#[test]
fn bytes_are_encoded() {
    // RFC 4648 §10.
    for (bytes, expected) in [
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(Base64::encode(bytes.as_bytes()).unwrap().to_string(), expected);
    }
    assert_eq!(Base64::encode(b"").unwrap_err(), Fault::Empty);
}

#[cfg(not(target_arch = "wasm32"))]
proptest! {
    #[test]
    fn damage_is_repaired(
        bytes in proptest::collection::vec(any::<u8>(), 1..200),
        damage in proptest::collection::vec(0..6_usize, 1..50),
        strip: bool,
    ) {
        let encoded = Base64::encode(&bytes).unwrap().to_string();
        prop_assert_eq!(Base64::read(&encoded).unwrap().to_string(), encoded.as_str());
        let unpadded = if strip { encoded.trim_end_matches('=') } else { &encoded };
        let damaged: String = unpadded
            .chars()
            .zip(damage.iter().cycle())
            .map(|(letter, damage)| match (damage, letter) {
                (0, '+') => "-".to_owned(),
                (0, '/') => "_".to_owned(),
                (1, '/') => r"\/".to_owned(),
                (2, letter) => format!(r"\u{:04x}", u32::from(letter)),
                (3, letter) => format!("%{:02X}", u32::from(letter)),
                (4, letter) => format!(r"{letter}\r\n"),
                (_, letter) => letter.to_string(),
            })
            .collect();
        let repaired = Base64::read(&damaged).unwrap();
        prop_assert_eq!(repaired.to_string(), encoded.as_str());
        prop_assert_eq!(serde_json::to_string(&repaired).unwrap(), format!("\"{encoded}\""));
        prop_assert_eq!(repaired.first_bytes(), &bytes[..bytes.len().min(48)]);
    }

    #[test]
    fn whatever_is_accepted_is_well_formed(inner in r#"([A-Za-z0-9+/_= -]|\\[nrt/u]|%[0-9A-F]{2}|.)*"#) {
        if let Ok(data) = Base64::read(&inner) {
            prop_assert!(is_well_formed(data.to_string().as_bytes()));
        }
    }
}
