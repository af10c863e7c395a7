//! The fields `auth.gcp_*`: which principal Google's tokens are for.
//!
//! The documented order, decided here and for good: `gcp_service_account_json`, `GCP_SERVICE_ACCOUNT` in the environment,
//! the metadata server. What is there but cannot be used refuses the configuration, it is not passed over.

use std::rc::Rc;
use std::time::Duration;

use super::super::checks::LEAST_WAIT;
use super::super::document::AuthFields;
use super::super::tree::Tree;
use super::super::{ConfigError, Environment};
use crate::credentials::{Clusters, Endpoint, Fault, Impersonation, Principal, Source, read_key_file};
use crate::wire::json;

/// Kong's name of the variable that holds a key file.
const VARIABLE: &str = "GCP_SERVICE_ACCOUNT";

/// <https://cloud.google.com/compute/docs/metadata/querying-metadata>
const METADATA_URL: &str = "http://metadata.google.internal";

/// Path of the token of the machine's own account.
const METADATA_PATH: &str = "/computeMetadata/v1/instance/service-accounts/default/token";

/// Seconds that a request waits for a token unless configured otherwise.
const WAIT: f64 = 5.0;

/// The principal that `fields` tell; `None` where none is asked for.
pub(super) fn source(fields: &AuthFields, env: &Environment) -> Result<Option<Rc<Source>>, ConfigError> {
    if !fields.gcp_use_service_account {
        return unused(fields).map(|()| None);
    }
    let token = url("auth.gcp_oauth_token_url", fields.gcp_oauth_token_url.as_deref())?;
    let from_env = || env(VARIABLE);
    let (principal, impersonation) = match (&fields.gcp_service_account_json, from_env()) {
        (Some(file), _) => key_file("auth.gcp_service_account_json", file, token, env)?,
        (None, Some(file)) => key_file(VARIABLE, &file, token, env)?,
        (None, None) => (metadata(fields.gcp_metadata_url.as_deref())?, None),
    };
    let path = "auth.gcp_impersonate_service_account";
    let impersonation = match (&fields.gcp_impersonate_service_account, impersonation) {
        (Some(_), Some(_)) => {
            return Err(ConfigError::at(
                path,
                "the key file impersonates an account already, leave one of them out",
            ));
        }
        (Some(email), None) => Some(
            Impersonation::of(email)
                .ok_or_else(|| ConfigError::at(path, "expected a service account's e-mail address"))?,
        ),
        (None, impersonation) => impersonation,
    };
    let cluster = |given: &Option<String>, default: &str| given.clone().unwrap_or_else(|| default.to_owned());
    let clusters = Clusters {
        oauth: cluster(&fields.gcp_oauth_token_cluster, "google-oauth"),
        metadata: cluster(&fields.gcp_metadata_cluster, "google-metadata"),
        sts: cluster(&fields.gcp_sts_cluster, "google-sts"),
        iam_credentials: cluster(&fields.gcp_iamcredentials_cluster, "google-iamcredentials"),
        subject_token: cluster(&fields.gcp_subject_token_cluster, "google-subject-token"),
    };
    let wait = wait(fields.gcp_token_wait)?;
    Ok(Some(Rc::new(Source::new(principal, impersonation, clusters, wait))))
}

/// Without `gcp_use_service_account` the fields that only make sense with it say that it was forgotten.
fn unused(fields: &AuthFields) -> Result<(), ConfigError> {
    for (name, is_set) in [
        ("gcp_service_account_json", fields.gcp_service_account_json.is_some()),
        ("gcp_impersonate_service_account", fields.gcp_impersonate_service_account.is_some()),
    ] {
        if is_set {
            return Err(ConfigError::at(
                format!("auth.{name}"),
                "needs `auth.gcp_use_service_account`: true beside it",
            ));
        }
    }
    Ok(())
}

fn key_file(
    path: &str,
    file: &str,
    token: Option<Endpoint>,
    env: &Environment,
) -> Result<(Principal, Option<Impersonation>), ConfigError> {
    if file.trim().is_empty() {
        return Err(ConfigError::at(path, "must not be empty"));
    }
    let Tree(tree) = json::from_slice(file.as_bytes()).map_err(|problem| problem.under(path))?;
    if !tree.is_object() {
        return Err(ConfigError::at(path, "expected the JSON text of a key file"));
    }
    read_key_file(&tree, token, env).map_err(|Fault { path: member, message }| {
        let dot = if member.is_empty() { "" } else { "." };
        ConfigError::at(format!("{path}{dot}{member}"), message)
    })
}

fn metadata(given: Option<&str>) -> Result<Principal, ConfigError> {
    let path = "auth.gcp_metadata_url";
    let endpoint = url(path, Some(given.unwrap_or(METADATA_URL)))?;
    let mut endpoint = endpoint.ok_or_else(|| ConfigError::at(path, EXPECTED_URL))?;
    if endpoint.path == "/" {
        METADATA_PATH.clone_into(&mut endpoint.path);
    }
    Ok(Principal::Metadata(endpoint))
}

fn url(path: &str, given: Option<&str>) -> Result<Option<Endpoint>, ConfigError> {
    given.map(|url| Endpoint::parse(url).ok_or_else(|| ConfigError::at(path, EXPECTED_URL))).transpose()
}

fn wait(given: Option<f64>) -> Result<Duration, ConfigError> {
    let seconds = given.unwrap_or(WAIT);
    if (LEAST_WAIT..=600.0).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    Err(ConfigError::at("auth.gcp_token_wait", "expected a number of seconds from 0.001 to 600"))
}

const EXPECTED_URL: &str = "expected `https://host[:port][/path]`";
