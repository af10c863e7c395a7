//! What Google says of a token comes back to who fetched it.

use std::cell::RefCell;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::credentials::{Source, Token, Tokens};

/// One token, and those that were refused.
#[derive(Default)]
struct Fixed(RefCell<Vec<String>>);

impl Tokens for Fixed {
    fn get(&self, _: &Rc<Source>) -> Token {
        Token::Ready("t".to_owned())
    }

    fn reject(&self, _: &Rc<Source>, token: &str) {
        self.0.borrow_mut().push(token.to_owned());
    }
}

#[test]
fn only_a_fetched_token_that_google_refuses_is_given_up() {
    let fetched = r#"{"gcp_use_service_account":true}"#;
    for (auth, status, given_up) in [
        (fetched, "401", true),
        (fetched, "200", false),
        (fetched, "403", false),
        (fetched, "503", false),
        (r#"{"gcp_access_token_header":"x-token"}"#, "401", false),
        (r#"{"header_value":"k"}"#, "401", false),
    ] {
        for mode in ["body", "headers"] {
            let config = config(&format!(
                r#"{{"auth":{auth},"request_mode":"{mode}","model":{{"name":"gemini-2.5-flash"}}}}"#
            ));
            let tokens = Rc::new(Fixed::default());
            let memory = Rc::new(Remembered::default());
            let mut host =
                Host::within(&config, Vm { held: Total::default(), memory, tokens: tokens.clone() });
            let mut message = Message::chat(HI);
            message.headers.push(("x-token".to_owned(), "c".to_owned()));
            host.request(&message);
            host.headers(&Message::reply(status, "application/json", ""), false);
            assert_eq!(tokens.0.borrow().as_slice() == ["t"], given_up, "{auth} {status} {mode}");
        }
    }
}
