//! One principal at Google, and where its tokens come from.
//!
//! Documented order, <https://developer.konghq.com/ai-gateway/ai-providers/vertex/>: a key file in the configuration, one
//! in the environment, the metadata server. It is decided when the configuration is read.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::SCOPE;

/// One principal, its scope, and where its tokens come from. `Debug` names the kind only.
pub struct Source {
    principal: Principal,
    impersonation: Option<Impersonation>,
    clusters: Clusters,
    wait: Duration,
    key: u128,
}

/// Who asks for the token.
#[derive(Hash)]
pub enum Principal {
    /// A service account that signs its own assertion, RFC 7523.
    /// <https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests>
    ServiceAccount {
        /// `client_email` of the key file.
        email: String,
        /// `private_key` of the key file, PEM.
        private_key: String,
        /// `private_key_id` of the key file.
        key_id: Option<String>,
        /// Where the assertion is exchanged; its URL is the assertion's audience too.
        token: Endpoint,
    },
    /// The machine or the workload, <https://cloud.google.com/compute/docs/access/authenticate-workloads>.
    Metadata(Endpoint),
    /// An identity of another provider, RFC 8693.
    /// <https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token>
    External {
        /// `audience` of the file: the workload identity provider.
        audience: String,
        /// `subject_token_type` of the file.
        token_type: String,
        /// Where the subject token comes from.
        subject: Subject,
        /// Where it is exchanged.
        token: Endpoint,
    },
}

/// Where the token of the other provider comes from.
#[derive(Hash)]
pub enum Subject {
    /// From the environment; the token.
    Env(String),
    /// From a URL.
    Url {
        /// The URL.
        endpoint: Endpoint,
        /// Names and values of request headers.
        headers: Vec<(String, String)>,
        /// The member that holds the token; `None` when the whole reply is the token.
        member: Option<String>,
    },
}

/// A service account whose token is asked for with the principal's,
/// <https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken>.
#[derive(Hash)]
pub struct Impersonation {
    /// `…/serviceAccounts/<e-mail>:generateAccessToken`.
    pub endpoint: Endpoint,
    /// The accounts in between, if any.
    pub delegates: Vec<String>,
    /// Seconds the token lives.
    pub lifetime: u32,
}

impl Impersonation {
    /// Of the account `email`, at Google's own endpoint; `None` if that is no e-mail address.
    #[must_use]
    pub fn of(email: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._@:".contains(&byte);
        let (name, domain) = email.split_once('@')?;
        if name.is_empty() || domain.is_empty() || !email.bytes().all(plain) {
            return None;
        }
        let url = format!(
            "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
        );
        Endpoint::parse(&url).map(Self::at)
    }

    /// At `endpoint`, for an hour.
    #[must_use]
    pub fn at(endpoint: Endpoint) -> Self {
        Self { endpoint, delegates: Vec::new(), lifetime: 3600 }
    }
}

/// Names of the clusters of Envoy's through which Google is asked.
#[derive(Hash)]
pub struct Clusters {
    /// Of the token endpoint.
    pub oauth: String,
    /// Of the metadata server.
    pub metadata: String,
    /// Of the Security Token Service.
    pub sts: String,
    /// Of the IAM credentials API.
    pub iam_credentials: String,
    /// Of the URL that gives subject tokens.
    pub subject_token: String,
}

/// Where a call goes.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Endpoint {
    /// The URL as it was written.
    pub url: String,
    /// Value for `:authority`.
    pub authority: String,
    /// Value for `:path`, query included; starts with `/`.
    pub path: String,
}

impl Endpoint {
    /// Reads `http[s]://host[:port][/path][?query]`.
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        let printable = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
        if authority.is_empty() || !authority.bytes().all(plain) || !path.bytes().all(printable) {
            return None;
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        Some(Self {
            url: url.to_owned(),
            authority: authority.to_ascii_lowercase(),
            path: format!("{slash}{path}"),
        })
    }
}

impl Source {
    /// The tokens of `principal`, or of whom it impersonates; requests wait for one as long as `wait`.
    #[must_use]
    pub fn new(
        principal: Principal,
        impersonation: Option<Impersonation>,
        clusters: Clusters,
        wait: Duration,
    ) -> Self {
        let half = |number: u8| {
            let mut hasher = DefaultHasher::new();
            (number, SCOPE, &principal, &impersonation, &clusters).hash(&mut hasher);
            u128::from(hasher.finish())
        };
        let key = (half(0) << 64) | half(1);
        Self { principal, impersonation, clusters, wait, key }
    }

    /// Who asks.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Whose token is asked for, if not the principal's.
    #[must_use]
    pub fn impersonation(&self) -> Option<&Impersonation> {
        self.impersonation.as_ref()
    }

    /// Through which clusters.
    #[must_use]
    pub fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// The key that assertions are signed with, PEM.
    #[must_use]
    pub fn private_key(&self) -> Option<&str> {
        match &self.principal {
            Principal::ServiceAccount { private_key, .. } => Some(private_key),
            Principal::Metadata(_) | Principal::External { .. } => None,
        }
    }

    /// How long a request waits for a token.
    #[must_use]
    pub fn wait(&self) -> Duration {
        self.wait
    }

    /// Tells this principal, scope and way from others.
    #[must_use]
    pub fn key(&self) -> u128 {
        self.key
    }

    /// What no message may repeat.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        match &self.principal {
            Principal::ServiceAccount { private_key, .. } => vec![private_key.clone()],
            Principal::Metadata(_) => Vec::new(),
            Principal::External { subject: Subject::Env(token), .. } => vec![token.clone()],
            Principal::External { subject: Subject::Url { headers, .. }, .. } => {
                headers.iter().map(|(_, value)| value.clone()).collect()
            }
        }
    }
}

impl fmt::Display for Source {
    /// The kind of principal, for the log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.principal {
            Principal::ServiceAccount { .. } => "service account",
            Principal::Metadata(_) => "metadata server",
            Principal::External { .. } => "external account",
        })?;
        if self.impersonation.is_some() {
            f.write_str(", impersonating")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({self})")
    }
}
