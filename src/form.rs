//! `multipart/form-data`, read as it arrives: files become base64 on the way in, and are held once.
//!
//! <https://www.rfc-editor.org/rfc/rfc7578>, <https://www.rfc-editor.org/rfc/rfc2046#section-5.1>

mod head;
mod parts;

use crate::error::Error;
use crate::rope::Rope;
use crate::wire::base64::Joiner;
use head::Head;
use parts::{Event, Parts};

/// The most parts a form may have.
const MOST_PARTS: usize = 256;

/// The most bytes the fields of a form may have that are no files.
const MOST_TEXT: usize = 4 << 20;

/// Bytes of a file that are kept as they are, enough to tell what kind it is of.
const START: usize = 64;

/// A form, complete.
#[derive(Debug, Default)]
pub struct Form {
    /// In the order they came.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Debug)]
pub struct Field {
    /// As it was sent, `image[]` for instance.
    pub name: String,
    /// What it holds.
    pub value: Value,
}

/// What a field holds.
#[derive(Debug)]
pub enum Value {
    /// Text.
    Text(String),
    /// A file.
    File(File),
}

/// A file of a form.
#[derive(Debug, Default)]
pub struct File {
    /// What it is called; may be empty.
    pub name: String,
    /// Its MIME type as told; may be empty.
    pub content_type: String,
    /// Its first bytes, at most 64.
    pub start: Vec<u8>,
    /// All its bytes, counted.
    pub size: usize,
    /// All its bytes in base64.
    pub base64: Rope,
}

/// Reads a form from pieces of a body.
#[derive(Debug)]
pub struct Intake {
    parts: Parts,
    size: usize,
    form: Form,
    /// The part that is coming: its encoder, where it is a file.
    coming: Option<Coming>,
    text: usize,
    held: usize,
}

#[derive(Debug)]
struct Coming {
    name: String,
    value: Building,
}

#[derive(Debug)]
enum Building {
    Text(Vec<u8>),
    File(File, Joiner),
}

impl Intake {
    /// For a body of this type; `None` where that is no form.
    ///
    /// # Errors
    /// 400 for a form without a boundary, and for one of another kind.
    pub fn of(content_type: &str) -> Result<Option<Self>, Error> {
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("multipart/form-data") {
            let kind = kind.to_ascii_lowercase();
            if kind.starts_with("multipart/") || kind == "application/x-www-form-urlencoded" {
                let message = "Unsupported content-type: send multipart/form-data, or application/json where there is no file.";
                return Err(Error::invalid(message));
            }
            return Ok(None);
        }
        let boundary = head::parameter(content_type, "boundary").unwrap_or_default();
        if boundary.is_empty() || boundary.len() > 200 || boundary.contains(['\r', '\n']) {
            return Err(Error::invalid("The content-type of a multipart form must name its boundary."));
        }
        Ok(Some(Self {
            parts: Parts::new(&boundary),
            size: 0,
            form: Form::default(),
            coming: None,
            text: 0,
            held: 0,
        }))
    }

    /// Takes the next piece of the body.
    ///
    /// # Errors
    /// 400 where this is no form, or one of too many parts.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.size = self.size.saturating_add(piece.len());
        let Self { parts, form, coming, text, held, .. } = self;
        parts.push(piece, &mut |event| match event {
            Event::Begin(head) => {
                if form.fields.len() >= MOST_PARTS {
                    return Err(Error::invalid(format!("A form may have at most {MOST_PARTS} fields.")));
                }
                *coming = Some(Coming::of(head)?);
                Ok(())
            }
            Event::Piece(bytes) => match coming {
                Some(Coming { value: Building::Text(value), .. }) => {
                    *text = text.saturating_add(bytes.len());
                    *held = held.saturating_add(bytes.len());
                    if *text > MOST_TEXT {
                        return Err(Error::invalid("The fields of the form are too long."));
                    }
                    value.extend_from_slice(bytes);
                    Ok(())
                }
                Some(Coming { value: Building::File(file, joiner), .. }) => {
                    let room = START.saturating_sub(file.start.len()).min(bytes.len());
                    file.start.extend_from_slice(bytes.get(..room).unwrap_or_default());
                    file.size = file.size.saturating_add(bytes.len());
                    *held = held.saturating_add(bytes.len().wrapping_div(3).saturating_mul(4));
                    let out = file.base64.tail();
                    out.reserve(bytes.len().wrapping_div(3).saturating_mul(4).saturating_add(8));
                    joiner.bytes(bytes, out);
                    Ok(())
                }
                None => Ok(()),
            },
            Event::End => {
                form.fields.extend(coming.take().map(Coming::finish).transpose()?);
                Ok(())
            }
        })
    }

    /// The body has ended.
    ///
    /// # Errors
    /// 400 where the form is not complete.
    pub fn finish(self) -> Result<Form, Error> {
        if self.parts.is_complete() {
            return Ok(self.form);
        }
        Err(Error::invalid("The multipart form is not complete: its closing boundary is missing."))
    }

    /// Bytes of the body so far.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Bytes held in memory, roughly.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held
    }
}

impl Coming {
    fn of(head: Head) -> Result<Self, Error> {
        let Head { name, file_name, content_type } = head;
        let plain = content_type.is_empty()
            || content_type.to_ascii_lowercase().starts_with("text/plain")
            || content_type.to_ascii_lowercase().starts_with("application/json");
        let value = match file_name {
            None if plain => Building::Text(Vec::new()),
            file_name => {
                let name = file_name.unwrap_or_default();
                Building::File(File { name, content_type, ..File::default() }, Joiner::default())
            }
        };
        Ok(Self { name, value })
    }

    fn finish(self) -> Result<Field, Error> {
        let Self { name, value } = self;
        let value = match value {
            Building::Text(text) => Value::Text(String::from_utf8(text).map_err(|_| {
                Error::invalid(format!("The field `{name}` is not valid UTF-8.")).param(name.as_str())
            })?),
            Building::File(mut file, mut joiner) => {
                joiner.end(file.base64.tail());
                Value::File(file)
            }
        };
        Ok(Field { name, value })
    }
}

#[cfg(test)]
mod tests;
