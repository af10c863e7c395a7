//! What vectors are for: a parameter of older models, words of the text itself from `gemini-embedding-2` on.
//!
//! <https://ai.google.dev/gemini-api/docs/embeddings#task-types>

use crate::error::Error;

/// What a vector is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Task {
    /// Google's name of it.
    pub(super) name: &'static str,
    /// What `gemini-embedding-2` calls it; nothing for documents, which have a title instead.
    words: &'static str,
}

/// Google's names, the words of the text, and what else clients call them: Cohere, Voyage and NVIDIA.
const TASKS: [(Task, &[&str]); 8] = [
    (task("RETRIEVAL_QUERY", "search result"), &["search_query", "query"]),
    (task("RETRIEVAL_DOCUMENT", ""), &["search_document", "document", "passage"]),
    (task("SEMANTIC_SIMILARITY", "sentence similarity"), &["similarity"]),
    (task("CLASSIFICATION", "classification"), &[]),
    (task("CLUSTERING", "clustering"), &[]),
    (task("QUESTION_ANSWERING", "question answering"), &[]),
    (task("FACT_VERIFICATION", "fact checking"), &[]),
    (task("CODE_RETRIEVAL_QUERY", "code retrieval"), &[]),
];

const fn task(name: &'static str, words: &'static str) -> Task {
    Task { name, words }
}

impl Task {
    /// Reads `task_type` or `input_type`, `param`; nothing where it says nothing.
    ///
    /// # Errors
    /// 400 for an unknown word.
    pub(super) fn read(given: &str, param: impl FnOnce() -> String) -> Result<Option<Self>, Error> {
        if given.is_empty() || given.eq_ignore_ascii_case("TASK_TYPE_UNSPECIFIED") {
            return Ok(None);
        }
        let is_it = |name: &str| given.eq_ignore_ascii_case(name);
        let known =
            TASKS.iter().find(|(task, others)| is_it(task.name) || others.iter().any(|other| is_it(other)));
        match known {
            Some((task, _)) => Ok(Some(*task)),
            None => {
                let names = TASKS.map(|(task, _)| format!("'{}'", task.name)).join(", ");
                let message = format!("Invalid value. Supported values are: {names}.");
                Err(Error::invalid(message).param(param()).code("invalid_value"))
            }
        }
    }

    /// Whether it makes vectors of what is found, which alone have titles.
    pub(super) fn is_document(self) -> bool {
        self.words.is_empty()
    }

    /// What goes before the text, as the inside of a JSON literal; `title` is one too.
    pub(super) fn prefix(self, title: Option<&str>) -> String {
        if self.is_document() {
            return format!("title: {} | text: ", title.unwrap_or("none"));
        }
        format!("task: {} | query: ", self.words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn words_of_all_dialects() {
        for (given, expected) in [
            ("", None),
            ("TASK_TYPE_UNSPECIFIED", None),
            ("RETRIEVAL_QUERY", Some("RETRIEVAL_QUERY")),
            ("search_query", Some("RETRIEVAL_QUERY")),
            ("query", Some("RETRIEVAL_QUERY")),
            ("search_document", Some("RETRIEVAL_DOCUMENT")),
            ("Retrieval_Document", Some("RETRIEVAL_DOCUMENT")),
            ("similarity", Some("SEMANTIC_SIMILARITY")),
            ("classification", Some("CLASSIFICATION")),
            ("clustering", Some("CLUSTERING")),
            ("question_answering", Some("QUESTION_ANSWERING")),
            ("fact_verification", Some("FACT_VERIFICATION")),
            ("code_retrieval_query", Some("CODE_RETRIEVAL_QUERY")),
        ] {
            let task = Task::read(given, String::new).unwrap();
            assert_eq!(task.map(|task| task.name), expected, "{given}");
        }
        let error = Task::read("poetry", || "input[1].task_type".to_owned()).unwrap_err();
        let body = String::from_utf8(error.body()).unwrap();
        assert!(body.contains(r#""param":"input[1].task_type""#) && body.contains("'CLUSTERING'"), "{body}");
    }

    #[test]
    fn prefixes_are_those_of_recorded_requests() {
        for (given, title, expected) in [
            ("query", None, "task: search result | query: "),
            ("clustering", Some("ignored"), "task: clustering | query: "),
            ("document", None, "title: none | text: "),
            ("document", Some("Greeting"), "title: Greeting | text: "),
            ("question_answering", None, "task: question answering | query: "),
        ] {
            assert_eq!(Task::read(given, String::new).unwrap().unwrap().prefix(title), expected);
        }
    }
}
