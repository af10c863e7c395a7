//! All that one plugin configuration of Envoy's says: a base, what routes say on top of it, and templates that each
//! request fills in. A request is treated by one [`Config`], resolved and checked like any other.
//!
//! What depends on a request is resolved once and kept by what it depends on: a route's metadata changes without the
//! filter being told, and routes need not have names.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;

use super::pasted::Pasted;
use super::routes::{Match, Route};
use super::template::{Asked, Template};
use super::{Config, ConfigError, tree};
use crate::error::Error;
use crate::wire::json;

/// Most configurations kept of those that depend on requests; beyond it the one not used for longest goes.
const MOST_KEPT: usize = 64;

/// A variable of the environment of Envoy's VM.
pub type Environment = dyn Fn(&str) -> Option<String>;

/// One plugin configuration.
pub struct Plugin {
    environment: Box<Environment>,
    /// The base as it was written, for what is merged over it.
    written: Value,
    base: Rc<Plan>,
    rules: Vec<Rule>,
    /// What stood around the configuration and is not used.
    unused: Vec<String>,
    /// Most recent last.
    kept: RefCell<Vec<(Vec<u8>, Kept)>>,
}

/// A configuration, or the template of one.
struct Plan {
    config: Rc<Config>,
    template: Option<Template>,
}

struct Rule {
    matches: Match,
    written: Value,
    plan: Rc<Plan>,
}

#[derive(Clone)]
enum Kept {
    Plan(Rc<Plan>),
    Config(Rc<Config>),
    Refused,
}

/// Why a request cannot be treated.
#[derive(Debug)]
pub struct Refusal {
    /// What the client is told.
    pub error: Error,
    /// What the operator is told, once.
    pub reason: Option<ConfigError>,
}

impl Plugin {
    /// Reads a plugin configuration: `json` as Envoy hands it over (none at all is `{}`).
    ///
    /// # Errors
    /// As [`Config::load`]; for a route's with the path `routes[i].config`.
    pub fn load(json: &[u8], environment: Box<Environment>) -> Result<Self, ConfigError> {
        let Pasted { config: mut written, unused } = super::parse(json)?;
        let routes = written.as_object_mut().and_then(|members| members.shift_remove("routes"));
        let base = Rc::new(Plan::of(&written, &environment)?);
        let mut rules = Vec::new();
        if let Some(routes) = routes.filter(|routes| !routes.is_null()) {
            let text = Value::to_string(&serde_json::json!({ "routes": routes }));
            let json::Object(document) =
                json::from_slice::<json::Object<super::document::Document>>(text.as_bytes())?;
            for (index, route) in document.routes.into_iter().enumerate() {
                let path = format!("routes[{index}]");
                let matches = Match::check(route.matches, &format!("{path}.match"))?;
                let at = |error: ConfigError| error.below(&format!("{path}.config"));
                let mut merged = written.clone();
                lay_over(&mut merged, route.config).map_err(at)?;
                let plan = Rc::new(Plan::of(&merged, &environment).map_err(at)?);
                rules.push(Rule { matches, written: merged, plan });
            }
        }
        Ok(Self { environment, written, base, rules, unused, kept: RefCell::default() })
    }

    /// The configuration below all others.
    #[must_use]
    pub fn base(&self) -> &Rc<Config> {
        &self.base.config
    }

    /// Every configuration that was there at load.
    pub fn all(&self) -> impl Iterator<Item = &Rc<Config>> {
        std::iter::once(&self.base).chain(self.rules.iter().map(|rule| &rule.plan)).map(|plan| &plan.config)
    }

    /// What is allowed but probably not meant, of every configuration that was there at load.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        self.unused.iter().chain(self.all().flat_map(|config| config.warnings())).map(String::as_str)
    }

    /// Whether the name of a request's route makes a difference.
    #[must_use]
    pub fn needs_route_name(&self) -> bool {
        self.rules.iter().any(|rule| rule.matches.needs_name())
    }

    /// The configuration for a request: of the base or of the first rule that fits `route`, with the `metadata` of its
    /// route on top, and with the templates filled in.
    ///
    /// # Errors
    /// 500 where the metadata is no configuration, 400 where the request does not give what a template needs.
    pub fn select(
        &self,
        route: Route<'_>,
        metadata: &[u8],
        asked: &Asked<'_>,
    ) -> Result<Rc<Config>, Refusal> {
        let rule = self.rules.iter().enumerate().find(|(_, rule)| rule.matches.fits(route));
        let (number, written, plan) = match rule {
            Some((index, rule)) => (index.saturating_add(1), &rule.written, &rule.plan),
            None => (0, &self.written, &self.base),
        };
        let mut key = number.to_le_bytes().to_vec();
        let plan = if metadata.trim_ascii().is_empty() {
            Rc::clone(plan)
        } else {
            key.push(b'm');
            key.extend_from_slice(metadata);
            self.merged(&key, written, metadata)?
        };
        let Some(template) = &plan.template else {
            return Ok(Rc::clone(&plan.config));
        };
        let values = template.values(asked, plan.config.uri_template.as_deref()).map_err(Refusal::from)?;
        key.push(b't');
        for value in &values {
            key.extend_from_slice(&value.len().to_le_bytes());
            key.extend_from_slice(value.as_bytes());
        }
        self.filled(key, &plan.config, template, &values)
    }

    /// How many configurations are kept.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.kept.borrow().len()
    }

    fn merged(&self, key: &[u8], written: &Value, metadata: &[u8]) -> Result<Rc<Plan>, Refusal> {
        match self.kept(key) {
            Some(Kept::Plan(plan)) => return Ok(plan),
            Some(_) => return Err(Refusal::misconfigured(None)),
            None => {}
        }
        let merged = || {
            let mut merged = written.clone();
            lay_over(&mut merged, super::written(metadata)?)?;
            Plan::of(&merged, &self.environment)
        };
        match merged() {
            Ok(plan) => {
                let plan = Rc::new(plan);
                self.keep(key.to_vec(), Kept::Plan(Rc::clone(&plan)));
                Ok(plan)
            }
            Err(reason) => {
                self.keep(key.to_vec(), Kept::Refused);
                Err(Refusal::misconfigured(Some(reason)))
            }
        }
    }

    fn filled(
        &self,
        key: Vec<u8>,
        sample: &Config,
        template: &Template,
        values: &[String],
    ) -> Result<Rc<Config>, Refusal> {
        if let Some(Kept::Config(config)) = self.kept(&key) {
            return Ok(config);
        }
        // A value that makes no configuration is the client's: only it could have been wrong.
        let config = Config::of(&template.filled(values), &self.environment)
            .map_err(|error| Refusal::from(Error::invalid(error.to_string()).code("invalid_value")))?;
        if template.names_host && !config.upstream.is_one_of(&sample.allowed_hosts) {
            let message = "The host that the request asks for is not one of those allowed.";
            return Err(Refusal::from(Error::invalid(message).code("host_not_allowed")));
        }
        let config = Rc::new(config);
        self.keep(key, Kept::Config(Rc::clone(&config)));
        Ok(config)
    }

    fn kept(&self, key: &[u8]) -> Option<Kept> {
        let mut kept = self.kept.borrow_mut();
        let index = kept.iter().position(|(known, _)| known == key)?;
        let found = kept.remove(index);
        let value = found.1.clone();
        kept.push(found);
        Some(value)
    }

    fn keep(&self, key: Vec<u8>, value: Kept) {
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= MOST_KEPT {
            kept.remove(0);
        }
        kept.push((key, value));
    }
}

impl Plan {
    fn of(written: &Value, environment: &Environment) -> Result<Self, ConfigError> {
        // Before templates are filled in: what a client sends is never a reference to the environment.
        let resolved = super::resolved(written.clone(), environment)?;
        let Some(template) = Template::of(&resolved)? else {
            return Ok(Self { config: Rc::new(Config::of(&resolved, environment)?), template: None });
        };
        let config = Rc::new(Config::of(&template.filled(&template.sample()), environment)?);
        if template.names_host && config.allowed_hosts.is_empty() {
            let message = "must name the hosts that the templates of `model.options` may stand for";
            return Err(ConfigError::at("allowed_hosts", message));
        }
        Ok(Self { config, template: Some(template) })
    }
}

fn lay_over(base: &mut Value, over: Value) -> Result<(), ConfigError> {
    let over = Pasted::of(over)?.config;
    if !over.is_object() {
        return Err(ConfigError::at("", "expected an object"));
    }
    if over.get("routes").is_some() {
        return Err(ConfigError::at("routes", "belongs into the filter's own configuration"));
    }
    tree::overlay(base, over);
    Ok(())
}

impl Refusal {
    fn misconfigured(reason: Option<ConfigError>) -> Self {
        let message = "The configuration of this route is not valid; the gateway's log says why.";
        Self { error: Error::server(500, message).code("gateway_misconfigured"), reason }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, reason: None }
    }
}
