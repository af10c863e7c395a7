//! From the document to the configuration: ranges, combinations, names.

use std::time::Duration;

use serde_json::Number;

use super::auth::header_name_checked;
use super::document::{Document, OptionFields};
use super::words::{ModelPolicy, NameHeader, RequestMode, UpstreamFormat};
use super::{
    Auth, Capabilities, Cluster, Config, ConfigError, Environment, Model, Options, Signatures, Upstream,
};

/// The reply header that names the model when no other name is configured.
const MODEL_HEADER: &str = "x-llm-model";

/// The header that names the cluster when no other name is configured.
const CLUSTER_HEADER: &str = "x-gemini-filter-cluster";

/// Kong's default for `max_request_body_size` before 3.13, which it enforced for almost no request.
const KONG_BODY_SIZE: u64 = 8192;

/// Envoy's timers count milliseconds.
pub(super) const LEAST_WAIT: f64 = 0.001;

impl Document {
    pub(super) fn check(self, env: &Environment) -> Result<Config, ConfigError> {
        let model = model(self.model.name, self.model.model_alias.0, self.model.capabilities)?;
        if self.model_policy == ModelPolicy::Pin && model.name.is_none() {
            return Err(ConfigError::at("model_policy", "`pin` needs `model.name`"));
        }
        let mut fields = self.model.options;
        let upstream = Upstream::check(fields.upstream_url.as_deref(), std::mem::take(&mut fields.gemini))?;
        let upstream_format = self.upstream_format.unwrap_or(match upstream.endpoint {
            Some(_) => UpstreamFormat::OpenAi,
            None => UpstreamFormat::Gemini,
        });
        if self.request_mode == RequestMode::Headers && model.name.is_none() {
            let message = "`headers` needs `model.name`, which may be a template such as `$(headers.x-model)`: the \
                           path is decided before the body is there";
            return Err(ConfigError::at("request_mode", message));
        }
        let header = self.cluster_header.as_deref().unwrap_or(CLUSTER_HEADER);
        let cluster =
            Cluster { header: header_name_checked("cluster_header", header)?, name: self.upstream_cluster };
        if cluster.name.as_deref().is_some_and(|name| !name.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(ConfigError::at(
                "upstream_cluster",
                "expected the name of a cluster, without spaces",
            ));
        }
        if let Some(template) = &self.uri_template {
            super::template::check_uri(template)
                .map_err(|message| ConfigError::at("uri_template", message))?;
        }
        for (index, host) in self.allowed_hosts.0.iter().enumerate() {
            super::routes::check_host(host, &format!("allowed_hosts[{index}]"))?;
        }
        if self.max_held_bytes == 0 {
            return Err(ConfigError::at("max_held_bytes", "expected an integer of at least 1"));
        }
        let auth = Auth::check(self.auth, &upstream, upstream_format == UpstreamFormat::Gemini, env)?
            .of_project(&upstream);
        auth.check_other("cluster_header", &cluster.header)?;
        let mut warnings: Vec<String> = auth.warnings().map(str::to_owned).collect();
        if (1..=KONG_BODY_SIZE).contains(&self.max_request_body_size) {
            warnings.push(format!(
                "max_request_body_size: requests above {} bytes are answered with 413, which Kong rarely does",
                self.max_request_body_size
            ));
        }
        let video_storage = self.video_storage_uri.map(|uri| video_storage(&uri, &upstream)).transpose()?;
        Ok(Config {
            auth,
            model,
            options: options(fields)?,
            options_mode: self.options_mode,
            model_policy: self.model_policy,
            route_type: self.route_type,
            llm_format: self.llm_format,
            response_streaming: self.response_streaming,
            max_request_body_size: (self.max_request_body_size > 0).then(|| size(self.max_request_body_size)),
            model_name_header: name_header(self.model_name_header)?,
            unmatched: self.unmatched,
            body_wait: body_wait(self.body_wait)?,
            max_held_bytes: size(self.max_held_bytes),
            signatures: Signatures {
                cache_bytes: size(self.thought_signatures.cache_bytes),
                ttl: self.thought_signatures.ttl,
                carrier: self.thought_signatures.carrier,
            },
            fingerprint: 0,
            upstream,
            request_mode: self.request_mode,
            upstream_format,
            rewrite: self.rewrite,
            cluster,
            allowed_hosts: self.allowed_hosts.0,
            uri_template: self.uri_template,
            metadata_as_labels: self.metadata_as_labels,
            video_storage,
            warnings,
        })
    }
}

fn model(
    name: Option<String>,
    aliases: Vec<String>,
    capabilities: Capabilities,
) -> Result<Model, ConfigError> {
    if let Some(name) = &name
        && crate::model::Model::parse(name).is_err()
    {
        let message =
            "expected a model's name, made of letters, digits and `-._@`, such as `gemini-2.5-flash`";
        return Err(ConfigError::at("model.name", message));
    }
    if capabilities.embedding_inputs.is_some_and(|inputs| !(1..=250).contains(&inputs)) {
        let message = "expected an integer from 1 to 250";
        return Err(ConfigError::at("model.capabilities.embedding_inputs", message));
    }
    if name.is_none() && !aliases.is_empty() {
        return Err(ConfigError::at("model.model_alias", "needs `model.name`"));
    }
    Ok(Model { name, aliases, capabilities })
}

fn options(fields: OptionFields) -> Result<Options, ConfigError> {
    let OptionFields { max_tokens, temperature, top_p, top_k, embeddings_dimensions, .. } = fields;
    Ok(Options {
        max_tokens: integer(max_tokens, "max_tokens", 1, i32::MAX.into())?,
        temperature: number(temperature, "temperature", 2)?,
        top_p: number(top_p, "top_p", 1)?,
        top_k: integer(top_k, "top_k", 0, 500)?,
        embeddings_dimensions: integer(embeddings_dimensions, "embeddings_dimensions", 1, i32::MAX.into())?,
    })
}

fn integer(given: Option<i64>, name: &str, least: i64, most: i64) -> Result<Option<u32>, ConfigError> {
    let Some(given) = given else { return Ok(None) };
    match u32::try_from(given) {
        Ok(value) if (least..=most).contains(&given) => Ok(Some(value)),
        _ => {
            let message = format!("expected an integer from {least} to {most}");
            Err(ConfigError::at(format!("model.options.{name}"), message))
        }
    }
}

fn number(given: Option<Number>, name: &str, most: u32) -> Result<Option<Number>, ConfigError> {
    let in_range =
        |number: &Number| number.as_f64().is_some_and(|value| (0.0..=f64::from(most)).contains(&value));
    if given.as_ref().is_none_or(in_range) {
        return Ok(given);
    }
    let mut message = format!("expected a number from 0 to {most}");
    if name == "temperature" && given.and_then(|number| number.as_f64()).is_some_and(|value| value > 2.0) {
        message.push_str(": other gateways' configurations may have more, Google's models do not take it");
    }
    Err(ConfigError::at(format!("model.options.{name}"), message))
}

fn name_header(given: NameHeader) -> Result<Option<String>, ConfigError> {
    match given {
        NameHeader::Flag(false) => Ok(None),
        NameHeader::Flag(true) => Ok(Some(MODEL_HEADER.to_owned())),
        NameHeader::Name(name) => header_name_checked("model_name_header", &name).map(Some),
    }
}

fn video_storage(uri: &str, upstream: &Upstream) -> Result<String, ConfigError> {
    let at = |message| Err(ConfigError::at("video_storage_uri", message));
    if upstream.project.is_none() {
        return at(
            "needs Vertex AI with a project: `model.options.gemini` with `project_id` and `location_id`",
        );
    }
    let folder = uri.trim_end_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let segment = |name: &str| !name.is_empty() && !name.starts_with('.') && name.bytes().all(plain);
    match folder.strip_prefix("gs://") {
        Some(path) if path.split('/').all(segment) => Ok(folder.to_owned()),
        _ => at("expected a folder of Cloud Storage, such as `gs://my-bucket/videos`"),
    }
}

fn body_wait(seconds: f64) -> Result<Duration, ConfigError> {
    if (LEAST_WAIT..=3600.0).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    Err(ConfigError::at("body_wait", "expected a number of seconds from 0.001 to 3600"))
}

/// As many bytes as an address space can have are no limit.
fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
