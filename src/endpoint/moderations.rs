//! Moderations: Gemini has nothing like them, and a guess would be taken for a judgement.

use super::{Next, Operation, Request};
use crate::config::Config;
use crate::error::Error;

/// `POST …/moderations`
///
/// # Errors
/// Always: 501 that says what to use instead.
pub fn moderations(_: &Request<'_>) -> Result<Next, Error> {
    Err(unsupported())
}

/// The same before there is a body.
///
/// # Errors
/// Always, as above.
pub fn ahead(_: &Config) -> Result<Operation, Error> {
    Err(unsupported())
}

fn unsupported() -> Error {
    Error::new(
        501,
        "invalid_request_error",
        "Gemini has no moderation endpoint. Chat completions judge what they are sent and what they say: \
         `safety_settings` sets what is blocked, and `provider_specific_fields.safety_ratings` of a message tells the \
         ratings. To classify text without a reply, use Google Cloud's Model Armor or send moderations to OpenAI.",
    )
    .code("unsupported_endpoint")
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn goldens() {
        for case in crate::testing::cases("moderations") {
            case.check();
        }
    }
}
