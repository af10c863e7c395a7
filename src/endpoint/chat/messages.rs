//! Messages to turns.
//!
//! System and developer messages become the system instruction, wherever they stand. Consecutive messages of one side
//! become one turn. Results go right after the turn whose calls they answer. What Google would refuse (no turn, an
//! empty turn, a model's turn first or last, a call without its result) is repaired.
//! <https://ai.google.dev/api/caching#Content>

use super::content::{self, At, Said, Speaker};
use super::history::{self, Pending};
use super::media_in::MediaReader;
use super::names::Names;
use super::steps::Steps;
use super::{results, signatures};
use crate::error::Error;
use crate::memory::Signatures;
use crate::model::Model;
use crate::wire::gemini::{Content, Data, Part, Role};
use crate::wire::json::Object;
use crate::wire::openai::{ChatRequest, Message, Origin};
use crate::wire::text::Text;

/// What messages are read with.
pub(super) struct Context<'r> {
    pub(super) model: &'r Model,
    pub(super) names: &'r mut Names,
    pub(super) media: MediaReader,
    pub(super) steps: Steps,
    /// Signatures that were kept for the caller.
    pub(super) kept: &'r Signatures,
}

/// A conversation as Google takes it.
pub(super) struct Conversation<'a> {
    pub(super) contents: Vec<Content<'a>>,
    /// The system instruction.
    pub(super) system: Vec<Part<'a>>,
}

/// One side's words.
enum Turn<'a> {
    User(Vec<Part<'a>>),
    Model {
        parts: Vec<Part<'a>>,
        calls: Vec<Pending<'a>>,
        /// Whether one of the calls has its result.
        answered: bool,
    },
}

/// How far back the call of a result is looked for, in turns and in calls: far enough for any conversation, and not so far
/// that a hostile one takes the worker's time.
const FARTHEST: usize = 4096;

/// Translates every message.
pub(super) fn translate<'a>(
    chat: &ChatRequest<'a>,
    context: &mut Context<'_>,
) -> Result<Conversation<'a>, Error> {
    let mut system = Vec::new();
    let mut turns: Vec<Turn<'a>> = Vec::new();
    for (index, Object(message)) in messages(chat)?.iter().enumerate() {
        let at = At { index, origin: chat.origin };
        match at.role(message)? {
            Speaker::System => {
                system.extend(content::said(message, Speaker::System, at, &mut context.media)?.parts)
            }
            Speaker::User => {
                let said = content::said(message, Speaker::User, at, &mut context.media)?.parts;
                match turns.last_mut() {
                    Some(Turn::User(parts)) => parts.extend(said),
                    _ => turns.push(Turn::User(said)),
                }
            }
            Speaker::Assistant => {
                let (said, called) = at.assistant(message, context)?;
                match turns.last_mut() {
                    Some(Turn::Model { parts, calls, answered: false }) => {
                        parts.extend(said);
                        calls.extend(called);
                    }
                    // An assistant that said nothing took no turn.
                    _ if said.is_empty() => {}
                    _ => turns.push(Turn::Model { parts: said, calls: called, answered: false }),
                }
            }
            Speaker::Tool => at.result(message, context, &mut turns)?,
        }
    }
    let model = context.model;
    if model.wants_signatures() {
        sign(&mut turns, context);
    }
    let contents = turns.into_iter().flat_map(|turn| contents(turn, model)).collect();
    Ok(Conversation { contents, system })
}

/// The messages; what is said where there are none is Kong's.
fn messages<'c, 'a>(chat: &'c ChatRequest<'a>) -> Result<&'c [Object<Message<'a>>], Error> {
    let refused = |message: &str, param, code| Err(Error::invalid(message).param(param).code(code));
    match (&chat.messages, &chat.prompt) {
        (Some(_), Some(_)) => {
            refused("request matches multiple LLM request formats", "prompt", "unknown_parameter")
        }
        (None, Some(_)) => refused(
            "[llm/v1/completions] message format is not compatible with [llm/v1/chat] route type",
            "messages",
            "missing_required_parameter",
        ),
        (None, None) => refused(NO_PROMPTS, "messages", "missing_required_parameter"),
        (Some(messages), None) if messages.is_empty() => refused(NO_PROMPTS, "messages", "empty_array"),
        (Some(messages), None) => Ok(messages),
    }
}

const NO_PROMPTS: &str = "request body doesn't contain valid prompts";

/// A turn as it goes on the wire: a model's calls are followed by a turn with their results. Media that cannot be within
/// a result follow: in a turn of their own, as Gemini 3 takes nothing else beside results; before, it takes one turn only.
fn contents<'a>(turn: Turn<'a>, model: &Model) -> Vec<Content<'a>> {
    match turn {
        Turn::User(parts) => vec![Content { role: Some(Role::User), parts }],
        Turn::Model { parts, calls, .. } => {
            let (mut results, mut media) = (Vec::with_capacity(calls.len()), Vec::new());
            for call in calls {
                let (result, beside) = call.part();
                results.push(result);
                media.extend(beside);
            }
            if !model.has_media_in_results() {
                results.append(&mut media);
            }
            let answers = [results, media].into_iter().filter(|parts| !parts.is_empty());
            let answers = answers.map(|parts| Content { role: Some(Role::User), parts });
            std::iter::once(Content { role: Some(Role::Model), parts }).chain(answers).collect()
        }
    }
}

/// Gives the first call of each step since the user last spoke its signature back, where the client lost it: the one
/// that was kept, else the stand-in.
fn sign(turns: &mut [Turn<'_>], context: &Context<'_>) {
    let spoke = turns.iter().rposition(|turn| match turn {
        Turn::User(_) => true,
        Turn::Model { calls, .. } => calls.iter().any(Pending::is_shown),
    });
    for turn in turns.iter_mut().skip(spoke.map_or(0, |spoke| spoke.saturating_add(1))) {
        let Turn::Model { parts, calls, .. } = turn else {
            continue;
        };
        let kept = || {
            let call = calls.first()?;
            Text::from_plain(&context.kept.recall(call.id(), context.names.client(call.name()))?)
        };
        if let Some(first) = parts.iter_mut().find(|part| part.is_call())
            && first.thought_signature.is_none()
        {
            first.thought_signature = kept().or_else(signatures::dummy);
        }
    }
}

impl<'a> Conversation<'a> {
    /// Makes the conversation acceptable to Google without changing what was said.
    pub(super) fn repair(&mut self, model: &Model) {
        let Self { contents, system } = self;
        if contents.is_empty() {
            contents.push(Content { role: Some(Role::User), parts: std::mem::take(system) });
        }
        if contents.first().is_some_and(|first| first.role == Some(Role::Model)) {
            contents.insert(0, Content { role: Some(Role::User), parts: Vec::new() });
        }
        if !model.has_system_instruction()
            && let Some(first) = contents.first_mut()
        {
            first.parts.splice(0..0, std::mem::take(system));
        }
        if !model.has_prefill() && contents.last().is_some_and(|last| last.role == Some(Role::Model)) {
            contents.push(Content { role: Some(Role::User), parts: text("Continue.") });
        }
        for Content { parts, .. } in contents {
            // Models before Gemini 2 want words beside media.
            let wordless =
                !model.has_json_schema() && parts.iter().all(|part| matches!(part.data, Data::Media(_)));
            if parts.is_empty() || wordless {
                parts.extend(text(" "));
            }
        }
    }

    /// The system instruction, where there is one.
    pub(super) fn take_system(&mut self) -> Option<Content<'a>> {
        let parts = std::mem::take(&mut self.system);
        (!parts.is_empty()).then_some(Content { role: None, parts })
    }
}

fn text(plain: &str) -> Vec<Part<'static>> {
    Text::from_plain(plain).map(Part::text).into_iter().collect()
}

impl At {
    fn role(self, message: &Message<'_>) -> Result<Speaker, Error> {
        let param = self.param("role");
        match message.role.as_deref() {
            Some("system" | "developer") => Ok(Speaker::System),
            Some("user") => Ok(Speaker::User),
            // Google's own examples say `model`.
            Some("assistant" | "model") => Ok(Speaker::Assistant),
            Some("tool" | "function") => Ok(Speaker::Tool),
            Some(_) => Err(Error::invalid(
                "Invalid value. Supported values are: 'system', 'developer', 'user', 'assistant', 'tool' and 'function'.",
            )
            .param(param)
            .code("invalid_value")),
            None => Err(Error::missing(param)),
        }
    }

    /// What an assistant said and called. A signature of the whole message belongs to its first call.
    fn assistant<'a>(
        self,
        message: &Message<'a>,
        context: &mut Context<'_>,
    ) -> Result<(Vec<Part<'a>>, Vec<Pending<'a>>), Error> {
        let Said { parts, signature } = content::said(message, Speaker::Assistant, self, &mut context.media)?;
        let mut said = context.steps.parts(message);
        said.extend(parts);
        let place = said.len();
        let mut pending = Vec::new();
        for (part, call) in history::calls(message, self, context.model, context.names)? {
            said.push(part);
            pending.push(call);
        }
        let unsigned = said.iter().skip(place).all(|part| part.thought_signature.is_none());
        let text = said.iter().rposition(|part| matches!(part.data, Data::Text(_)));
        let signed = if pending.is_empty() { text } else { Some(place).filter(|_| unsigned) };
        if let Some(part) = signed.and_then(|place| said.get_mut(place))
            && part.thought_signature.is_none()
        {
            let of_thinking = || signature.or_else(|| signatures::of_thinking(message));
            let called = !pending.is_empty();
            part.thought_signature =
                signatures::of_message(message).or_else(|| called.then(of_thinking).flatten());
        }
        Ok((said, pending))
    }

    /// Gives a result to the call it answers: of the latest turn that awaits it.
    fn result<'a>(
        self,
        message: &Message<'a>,
        context: &mut Context<'_>,
        turns: &mut [Turn<'a>],
    ) -> Result<(), Error> {
        let id = signatures::bare_id(message.tool_call_id.as_deref().unwrap_or_default());
        let name = message.name.as_deref().map(|name| context.names.emit(name));
        let mut left = FARTHEST;
        for turn in turns.iter_mut().rev().take(FARTHEST) {
            let Turn::Model { calls, answered, .. } = turn else {
                continue;
            };
            if let Some(call) = calls.iter_mut().take(left).find(|call| call.awaits(id, name.as_deref())) {
                call.answer(results::answer(message.content, self, context.model, &mut context.media)?);
                *answered = true;
                return Ok(());
            }
            left = left.saturating_sub(calls.len());
        }
        if left == 0 {
            return Err(Error::invalid(format!(
                "The call that this answers was looked for among {FARTHEST} calls before it, and not found."
            ))
            .param(self.param("tool_call_id")));
        }
        if let Origin::Input { .. } = self.origin {
            return Err(Error::invalid("No call found for this output.")
                .param(self.param("call_id"))
                .code("invalid_value"));
        }
        Err(Error::invalid(
            "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
        )
        .param(self.param("role")))
    }
}
