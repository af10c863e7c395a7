mod form;
mod sound;

use std::cell::Cell;
use std::rc::Rc;

use crate::config::Config;
use crate::endpoint::{Handler, Next, Request};
use crate::error::Error;
use crate::form::Form;
use crate::headers::{Headers, encode};
use crate::memory::Signatures;
use crate::testing::{NOW, Remembered, cases};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn goldens() {
    for case in cases("audio") {
        case.check();
    }
}

#[test]
fn streams_do_not_depend_on_where_they_are_cut() {
    let replays: usize = cases("audio").map(|case| case.check_cuts()).sum();
    assert!(replays > 1000, "only {replays} replays");
}

/// What `handler` makes of a request with this body or form.
fn asked(config: &Rc<Config>, body: &[u8], form: Option<Form>, handler: Handler) -> Result<Next, Error> {
    let headers = Headers::decode(encode(&[]));
    let memory = Rc::new(Remembered::default());
    let signatures = Signatures::of(memory, &headers, None, 0, NOW, 10);
    handler(&Request {
        config,
        body,
        form: &Cell::new(form),
        captured: "",
        query: "",
        has_body: true,
        signatures: &signatures,
        now: NOW,
        id: 1,
    })
}
