//! A new job: OpenAI's request, in JSON or as a form, to `predictLongRunning`.

use std::rc::Rc;

use serde_json::Value;
use serde_json::value::RawValue;

use super::image::{Image, Images};
use super::job::is_served;
use super::options::{Options, option, push_name};
use super::{object, size};
use crate::endpoint::{Forward, Next, Operation, Request, chat, fields};
use crate::error::Error;
use crate::media::Backend;
use crate::model::Model;
use crate::pipe;
use crate::rope::Rope;
use crate::wire::json;
use crate::wire::lenient::Members;
use crate::wire::text::{Str, Text};

/// Members that a form may hold as JSON; any other text is text, whatever it looks like.
const OBJECTS: [&str; 7] =
    ["extra_body", "google", "input_reference", "image", "last_frame", "lastFrame", "reference_images"];

/// `POST …/videos`, `POST …/videos/generations`
///
/// # Errors
/// 400 with the `param` at fault.
pub fn create(request: &Request<'_>) -> Result<Next, Error> {
    chat::check_native(request.config)?;
    let form = request.form.take().map(|form| fields::read(form, &OBJECTS)).transpose()?;
    let (text, files) = form.map_or((None, Vec::new()), |(text, files)| (Some(text), files));
    let body = text.as_deref().unwrap_or(request.body);
    chat::check_weight(body)?;
    let members: Members<'_> = json::from_slice(body)?;
    let member = |name: &str| members.get(name).map(|raw| json::from_raw::<Str<'_>>(raw, name)).transpose();

    let config = request.config;
    let backend = config.upstream.backend;
    let model = chat::model(config, member("model")?.as_deref())?;
    let resource = model.resource(backend);
    if !is_served(&resource, config) {
        let message = "A tuned model makes videos where the gateway's configuration names it.";
        return Err(Error::invalid(message).param("model").code("model_not_found"));
    }
    let prompt = prompt(members.get("prompt"))?;
    let size = size::size(member("size")?.as_deref())?;
    let options = Options::of(&members)?;
    let mut known = Vec::new();
    for (name, file) in files {
        if let Some(option) = option(fields::member(&name), &name)? {
            known.push((option, file, name));
        }
    }
    let images = Images::of(&options, known)?;

    let mut body = Rope::default();
    body.extend(b"{\"instances\":[{\"prompt\":");
    body.extend(prompt.as_bytes());
    let guided = images.last.is_some() || !images.references.is_empty();
    write_images(images, backend, &mut body)?;
    body.extend(b"}]");
    let (mut parameters, asked) = parameters(&options, size, guided, &model, backend)?;
    if let Some(folder) = &config.video_storage {
        push_name("storageUri", &mut parameters);
        parameters.extend_from_slice(Value::from(folder.as_str()).to_string().as_bytes());
    }
    if !parameters.is_empty() {
        body.extend(b",\"parameters\":{");
        body.extend(&parameters);
        body.extend(b"}");
    }
    body.extend(b"}");

    let reply = object::Created {
        config: Rc::clone(config),
        created: request.now,
        size: asked.size,
        seconds: asked.seconds,
        prompt,
    };
    Ok(Next::Forward(Forward {
        operation: Operation::Model { resource, method: "predictLongRunning", preview: false },
        headers: Vec::new(),
        body,
        model: model.name().to_owned(),
        dropped: Vec::new(),
        reply: pipe::whole(reply),
    }))
}

/// The prompt as a JSON literal.
fn prompt(given: Option<&RawValue>) -> Result<String, Error> {
    let given = given.ok_or_else(|| Error::missing("prompt"))?;
    json::from_raw::<Str<'_>>(given, "prompt")?;
    let text = Text::from_raw(given).filter(|text| !text.inner().trim().is_empty());
    text.map(|text| format!("\"{}\"", text.inner())).ok_or_else(|| Error::missing("prompt"))
}

fn write_images(images: Images<'_>, backend: Backend, body: &mut Rope) -> Result<(), Error> {
    for (member, image) in [(",\"image\":", images.first), (",\"lastFrame\":", images.last)] {
        if let Some(image) = image {
            body.extend(member.as_bytes());
            image.write(backend, body)?;
        }
    }
    let mut before: &[u8] = b",\"referenceImages\":[";
    let any = !images.references.is_empty();
    for (image, kind) in images.references {
        body.extend(before);
        before = b",";
        body.extend(b"{\"image\":");
        Image::write(image, backend, body)?;
        body.extend(format!(",\"referenceType\":{}}}", Value::from(kind)).as_bytes());
    }
    if any {
        body.extend(b"]");
    }
    Ok(())
}

/// What the video is told to be.
struct Asked {
    size: String,
    seconds: u8,
}

/// The members of `parameters`, and what they come to. A video may be `guided` by more pictures than its first.
fn parameters(
    options: &Options<'_>,
    size: Option<size::Size>,
    guided: bool,
    model: &Model,
    backend: Backend,
) -> Result<(Vec<u8>, Asked), Error> {
    let mut json = Vec::new();
    let aspect_ratio = options.text("aspectRatio")?;
    let resolution = options.text("resolution")?;
    if let Some(size) = size {
        if aspect_ratio.is_none() {
            json.extend_from_slice(format!("\"aspectRatio\":\"{}\"", size.aspect_ratio).as_bytes());
        }
        // Veo 2 makes 720p alone, and does not know the parameter.
        let only = model.name().starts_with("veo-2") && size.resolution == "720p";
        if resolution.is_none() && !only {
            push_name("resolution", &mut json);
            json.extend_from_slice(format!("\"{}\"", size.resolution).as_bytes());
        }
    }
    let (seconds, param) =
        options.last("durationSeconds").map_or((None, ""), |given| (Some(given.value), given.path.as_str()));
    let lines = resolution.as_deref().or(size.map(|size| size.resolution));
    let demanding = guided || matches!(lines, Some("1080p" | "4k"));
    let seconds = size::seconds(seconds, param, model, demanding)?;
    if let Some(seconds) = seconds {
        push_name("durationSeconds", &mut json);
        json.extend_from_slice(seconds.to_string().as_bytes());
    }
    options.write(backend, &mut json)?;
    let aspect_ratio = aspect_ratio.as_deref().or(size.map(|size| size.aspect_ratio));
    let overridden = options.last("aspectRatio").is_some() || options.last("resolution").is_some();
    let name = size.filter(|_| !overridden).map(|size| size.name);
    let name = name.or_else(|| size::name(aspect_ratio, lines)).unwrap_or("1280x720");
    Ok((json, Asked { size: name.to_owned(), seconds: size::told(seconds) }))
}
