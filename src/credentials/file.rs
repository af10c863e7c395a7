//! Google's key files: `service_account`, `external_account`, `impersonated_service_account`.
//!
//! <https://google.aip.dev/auth/4112>, <https://google.aip.dev/auth/4117>. Members that say nothing about where a token
//! comes from are ignored, as Google's libraries do.

use serde_json::Value;

use super::source::{Endpoint, Impersonation, Principal, Subject};

/// What is wrong with a key file; never with a value of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The member, such as `credential_source.url`; empty for the file itself.
    pub path: String,
    /// What would be accepted.
    pub message: String,
}

impl Fault {
    fn at(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), message: message.into() }
    }
}

/// Where a service account's assertion goes when the configuration does not say.
const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";

/// Where subject tokens go when the file does not say.
const STS_URL: &str = "https://sts.googleapis.com/v1/token";

/// Reads a key file: the principal and whom it impersonates. `token` is where assertions go, unless at Google's; `env` the
/// VM's environment.
///
/// # Errors
/// The first member that is missing, mistyped, or asks for what a filter cannot do.
pub fn read(
    file: &Value,
    token: Option<Endpoint>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<(Principal, Option<Impersonation>), Fault> {
    if text(file, "universe_domain")?.is_some_and(|domain| domain != "googleapis.com") {
        return Err(Fault::at("universe_domain", "only `googleapis.com` is supported"));
    }
    match needed(file, "type")? {
        "service_account" => Ok((service_account(file, token)?, None)),
        "external_account" => Ok((external(file, env)?, impersonation(file)?)),
        "impersonated_service_account" => {
            let source = file.get("source_credentials").filter(|source| source.is_object());
            let source = source.ok_or_else(|| Fault::at("source_credentials", "expected an object"))?;
            let under = |fault: Fault| match fault.path.as_str() {
                "" => Fault { path: "source_credentials".to_owned(), ..fault },
                path => Fault { path: format!("source_credentials.{path}"), ..fault },
            };
            if needed(source, "type").map_err(under)? == "impersonated_service_account" {
                return Err(Fault::at(
                    "source_credentials.type",
                    "only one impersonation is supported, use `delegates`",
                ));
            }
            let (principal, inner) = read(source, token, env).map_err(under)?;
            if inner.is_some() {
                let path = "source_credentials.service_account_impersonation_url";
                return Err(Fault::at(path, "only one impersonation is supported, use `delegates`"));
            }
            let missing = || Fault::at("service_account_impersonation_url", "is missing");
            Ok((principal, Some(impersonation(file)?.ok_or_else(missing)?)))
        }
        "authorized_user" | "external_account_authorized_user" => {
            Err(Fault::at("type", "a person's credentials are not supported, use a service account's"))
        }
        "gdch_service_account" => Err(Fault::at("type", "Google Distributed Cloud is not supported")),
        _ => {
            let message =
                "expected one of `service_account`, `external_account`, `impersonated_service_account`";
            Err(Fault::at("type", message))
        }
    }
}

fn service_account(file: &Value, token: Option<Endpoint>) -> Result<Principal, Fault> {
    let email = needed(file, "client_email")?.to_owned();
    // What was written into YAML or a variable with its escapes escaped once more.
    let private_key = needed(file, "private_key")?.replace("\\n", "\n");
    if !private_key.trim_start().starts_with("-----BEGIN ") {
        return Err(Fault::at(
            "private_key",
            "expected a private key in PEM, `-----BEGIN PRIVATE KEY-----` and so on",
        ));
    }
    let key_id = text(file, "private_key_id")?.map(str::to_owned);
    let token = match token {
        Some(token) => token,
        None => url("", TOKEN_URL)?,
    };
    Ok(Principal::ServiceAccount { email, private_key, key_id, token })
}

fn external(file: &Value, env: &dyn Fn(&str) -> Option<String>) -> Result<Principal, Fault> {
    for (member, why) in [
        ("workforce_pool_user_project", "workforce pools are not supported"),
        ("client_id", "workforce pools are not supported"),
    ] {
        if file.get(member).is_some() {
            return Err(Fault::at(member, why));
        }
    }
    Ok(Principal::External {
        audience: needed(file, "audience")?.to_owned(),
        token_type: needed(file, "subject_token_type")?.to_owned(),
        subject: subject(file.get("credential_source").unwrap_or(&Value::Null), env)?,
        token: url("token_url", text(file, "token_url")?.unwrap_or(STS_URL))?,
    })
}

fn subject(source: &Value, env: &dyn Fn(&str) -> Option<String>) -> Result<Subject, Fault> {
    for (member, why) in [
        ("file", "a filter reads no files, use `environment_variable` or `url`"),
        ("executable", "a filter runs no programs, use `environment_variable` or `url`"),
        ("environment_id", "AWS signatures are not supported, use `environment_variable` or `url`"),
        ("certificate", "certificates are not supported, use `environment_variable` or `url`"),
    ] {
        if source.get(member).is_some() {
            return Err(Fault::at(&format!("credential_source.{member}"), why));
        }
    }
    let at = |fault: Fault| Fault { path: format!("credential_source.{}", fault.path), ..fault };
    let variable = text(source, "environment_variable").map_err(at)?;
    match (variable, text(source, "url").map_err(at)?) {
        (Some(name), None) => {
            let token = env(name).map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
            let message = || {
                format!(
                    "environment variable `{name}` is not set or empty, Envoy passes on those named in \
                     `vm_config.environment_variables`"
                )
            };
            token
                .map(Subject::Env)
                .ok_or_else(|| Fault::at("credential_source.environment_variable", message()))
        }
        (None, Some(address)) => Ok(Subject::Url {
            endpoint: url("credential_source.url", address)?,
            headers: headers(source.get("headers"))?,
            member: member(source.get("format"))?,
        }),
        _ => Err(Fault::at("credential_source", "expected either `environment_variable` or `url`")),
    }
}

fn headers(given: Option<&Value>) -> Result<Vec<(String, String)>, Fault> {
    let path = "credential_source.headers";
    let Some(given) = given else { return Ok(Vec::new()) };
    let members = given.as_object().ok_or_else(|| Fault::at(path, "expected an object"))?;
    let mut headers = Vec::new();
    for (name, value) in members {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let printable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        let value = value.as_str().filter(|value| value.bytes().all(printable));
        match value {
            Some(value) if !name.is_empty() && name.bytes().all(token) => {
                headers.push((name.to_ascii_lowercase(), value.to_owned()));
            }
            _ => return Err(Fault::at(path, "expected names and values of headers")),
        }
    }
    Ok(headers)
}

/// The member that holds the token; `None` for a reply that is the token.
fn member(format: Option<&Value>) -> Result<Option<String>, Fault> {
    let Some(format) = format else { return Ok(None) };
    let at = |fault: Fault| Fault { path: format!("credential_source.format.{}", fault.path), ..fault };
    match text(format, "type").map_err(at)? {
        None | Some("text") => Ok(None),
        Some("json") => needed(format, "subject_token_field_name").map(str::to_owned).map(Some).map_err(at),
        Some(_) => Err(Fault::at("credential_source.format.type", "expected `text` or `json`")),
    }
}

fn impersonation(file: &Value) -> Result<Option<Impersonation>, Fault> {
    let path = "service_account_impersonation_url";
    let Some(address) = text(file, path)? else { return Ok(None) };
    let mut target = Impersonation::at(url(path, address)?);
    if let Some(delegates) = file.get("delegates") {
        let names = delegates.as_array().and_then(|names| {
            names.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        target.delegates = names.ok_or_else(|| Fault::at("delegates", "expected an array of strings"))?;
    }
    let lifetime =
        file.get("service_account_impersonation").and_then(|more| more.get("token_lifetime_seconds"));
    if let Some(lifetime) = lifetime {
        let path = "service_account_impersonation.token_lifetime_seconds";
        let seconds = lifetime.as_u64().and_then(|seconds| u32::try_from(seconds).ok());
        target.lifetime = seconds
            .filter(|seconds| (600..=43_200).contains(seconds))
            .ok_or_else(|| Fault::at(path, "expected an integer from 600 to 43200"))?;
    }
    Ok(Some(target))
}

fn url(path: &str, address: &str) -> Result<Endpoint, Fault> {
    Endpoint::parse(address).ok_or_else(|| Fault::at(path, "expected a URL, `https://host[:port][/path]`"))
}

fn text<'a>(object: &'a Value, name: &str) -> Result<Option<&'a str>, Fault> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Fault::at(name, "expected a string")),
    }
}

fn needed<'a>(object: &'a Value, name: &str) -> Result<&'a str, Fault> {
    text(object, name)?.filter(|text| !text.is_empty()).ok_or_else(|| Fault::at(name, "is missing"))
}

#[cfg(test)]
mod tests;
