//! What endpoints that speak share.

pub(super) mod voices;
