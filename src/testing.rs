//! Test support: configurations, a host that behaves like Envoy, and the goldens of `testdata/`.

mod golden;
mod host;
mod memory;

use std::rc::Rc;

use crate::config::Config;

pub(crate) use golden::cases;
pub(crate) use host::{Host, Message};
pub(crate) use memory::Remembered;

/// A configuration from its JSON.
pub(crate) fn config(json: &str) -> Rc<Config> {
    Rc::new(Config::load(json.as_bytes(), &|_| None).unwrap())
}
