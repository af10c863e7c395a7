//! References to the root's definitions.

use super::{Walk, add};

impl<'a> Walk<'a> {
    /// A reference to a definition with a plain name.
    pub(super) fn reference(&mut self) -> Option<()> {
        let (place, name) = self.plain()?.strip_prefix("#/")?.split_once('/')?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if !matches!(place, "$defs" | "definitions") || name.is_empty() || !name.bytes().all(plain) {
            return None;
        }
        if !self.references.contains(&(place, name)) {
            add(&mut self.references, (place, name))?;
        }
        self.key_out("$ref");
        self.out.push_str("\"#/$defs/");
        self.out.push_str(name);
        self.out.push('"');
        Some(())
    }

    /// The definitions referred to; cleaning one may add others.
    pub(super) fn definitions(&mut self) -> Option<()> {
        if self.references.is_empty() {
            return Some(());
        }
        self.key_out("$defs");
        self.out.push('{');
        let mut index = 0_usize;
        while let Some((of, name)) = self.references.get(index).copied() {
            let mut named = self.definitions.iter().filter(|known| (known.0, known.1) == (of, name));
            let (Some((.., at)), None) = (named.next(), named.next()) else {
                return None;
            };
            self.at = *at;
            self.key_out(name);
            let start = self.out.len();
            self.schema(3)?;
            if self.out.get(start..)?.starts_with("{\"$ref\"") {
                return None;
            }
            index = index.saturating_add(1);
        }
        self.out.push('}');
        Some(())
    }
}
