use super::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const TYPE: &str = "multipart/form-data; boundary=\"b-1\"";

fn read(body: &[u8], size: usize) -> Result<Form, Error> {
    let mut intake = Intake::of(TYPE)?.unwrap();
    for piece in body.chunks(size.max(1)) {
        intake.push(piece)?;
    }
    assert_eq!(intake.size(), body.len());
    intake.finish()
}

fn shown(form: Form) -> Vec<(String, String)> {
    let show = |field: Field| {
        let value = match field.value {
            Value::Text(text) => text,
            Value::File(file) => {
                assert!(file.start.len() == file.size.min(START));
                let base64 = String::from_utf8(file.base64.into_bytes()).unwrap();
                format!("{} {} {} {base64}", file.name, file.content_type, file.size)
            }
        };
        (field.name, value)
    };
    form.fields.into_iter().map(show).collect()
}

#[test]
fn forms_are_read_at_every_cut() {
    let body = b"preamble\r\n--b-1\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na cat\r\n\r\n--b\r\n--b-1 \t\r\n\
        Content-Disposition: form-data; name=\"image[]\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\r\n-\r\n--b-1\r\n\
        Content-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--b-1\r\n\
        Content-Disposition: form-data; name=\"raw\"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n--b-1--\r\nepilogue --b-1";
    let expected = [
        ("prompt", "a cat\r\n\r\n--b"),
        ("image[]", "a.png image/png 11 iVBORw0KGgoNCi0="),
        ("empty", ""),
        ("raw", " audio/wav 4 UklGRg=="),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    for size in 1..=body.len() {
        assert_eq!(shown(read(body, size).unwrap()), expected, "in pieces of {size}");
    }
    for cut in 0..body.len() {
        let (head, tail) = body.split_at(cut);
        let mut intake = Intake::of(TYPE).unwrap().unwrap();
        intake.push(head).and_then(|()| intake.push(tail)).unwrap();
        assert_eq!(shown(intake.finish().unwrap()), expected, "cut at {cut}");
    }
}

#[test]
fn what_is_no_form_is_refused() {
    let part = |rest: &str| format!("--b-1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{rest}");
    for body in [
        String::new(),
        "{}".to_owned(),
        "--b-1".to_owned(),
        "--b-1\r\n\r\nno name\r\n--b-1--".to_owned(),
        part("x\r\n--b-1--").replacen("--b-1", "--b-1\r\n\r\nno head\r\n--b-1", 1),
        "--b-1x\r\n".to_owned(),
        part("never closed"),
        part("\r\n--b-1"),
        part("\r\n--b-1-"),
        format!("--b-1\r\nX: {}", "y".repeat(20_000)),
        part("\u{0}\r\n--b-1\r\n").repeat(300),
        part(&"long ".repeat(1_000_000)),
    ] {
        assert!(read(body.as_bytes(), 4096).is_err(), "{}", body.get(..40).unwrap_or(&body));
    }
    let mut invalid = part("").into_bytes();
    invalid.extend_from_slice(b"\xFF\r\n--b-1--");
    assert!(read(&invalid, 7).is_err());
    for (kind, expected) in [
        ("application/json", Some(false)),
        ("", Some(false)),
        ("Multipart/Form-Data; charset=utf-8; Boundary=x", Some(true)),
        ("multipart/form-data", None),
        ("multipart/mixed; boundary=x", None),
        ("Application/X-WWW-form-urlencoded; charset=utf-8", None),
        ("multipart/form-data; boundary=", None),
    ] {
        assert_eq!(Intake::of(kind).ok().map(|intake| intake.is_some()), expected, "{kind}");
    }
}

#[test]
fn a_file_is_held_once() {
    let mut intake = Intake::of(TYPE).unwrap().unwrap();
    intake.push(b"--b-1\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n").unwrap();
    let bytes: Vec<u8> = (0..=255).cycle().take(30_000).collect();
    for _ in 0..100 {
        intake.push(&bytes).unwrap();
    }
    assert!((4_000_000..4_000_400).contains(&intake.held()), "{}", intake.held());
    intake.push(b"\r\n--b-1--").unwrap();
    let Some(Field { value: Value::File(file), .. }) = intake.finish().unwrap().fields.pop() else {
        panic!("no file");
    };
    assert_eq!((file.size, file.base64.len()), (3_000_000, 4_000_000));
}
