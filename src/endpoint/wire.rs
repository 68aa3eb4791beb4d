//! The chat-completions protocol of OpenAI, as far as a streamed answer needs it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What ends a stream.
const DONE: &str = "[DONE]";

/// Who says a message to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The operator: the instructions.
    System,
    /// A person.
    User,
    /// The model.
    Assistant,
}

/// A message to the model.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Who.
    pub role: Speaker,
    /// What.
    pub content: String,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({:?}, {} bytes)", self.role, self.content.len())
    }
}

/// The body of a question.
#[derive(Serialize)]
pub struct Completion<'a> {
    /// The model.
    pub model: &'a str,
    /// The window.
    pub messages: &'a [Message],
    /// Word by word.
    pub stream: bool,
    /// How long the answer may get, as everybody but OpenAI calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// The same, as OpenAI calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_completion_tokens: Option<u64>,
}

/// What an event of the stream says.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// Words.
    Text(String),
    /// The answer is whole.
    End,
    /// Nothing that matters here.
    Nothing,
    /// The endpoint gives up.
    Trouble,
}

/// The event is not one of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Garbage;

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    error: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Option<Delta>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
}

/// Read the data of an event: what it adds, and whether it is the last.
pub fn read(data: &str) -> Result<(Said, bool), Garbage> {
    if data.trim() == DONE {
        return Ok((Said::End, true));
    }
    let event: Event = serde_json::from_str(data).ok().ok_or(Garbage)?;
    if event.error.is_some() {
        return Ok((Said::Trouble, true));
    }
    let Some(choice) = event.choices.ok_or(Garbage)?.into_iter().next() else {
        return Ok((Said::Nothing, false));
    };
    let last = choice.finish_reason.is_some();
    let text = choice.delta.and_then(|delta| delta.content).filter(|text| !text.is_empty());
    Ok((text.map_or(Said::Nothing, Said::Text), last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_the_stream_are_told_apart() {
        for (data, said) in [
            (
                r#"{"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}"#,
                Ok((Said::Text("Hi".into()), false)),
            ),
            (r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#, Ok((Said::Nothing, false))),
            (r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#, Ok((Said::Nothing, true))),
            (r#"{"choices":[],"usage":{"total_tokens":7}}"#, Ok((Said::Nothing, false))),
            (r#"{"error":{"message":"overloaded"}}"#, Ok((Said::Trouble, true))),
            (r#"{"choices":[{"delta":{"content":"!"}}],"error":null}"#, Ok((Said::Text("!".into()), false))),
            ("[DONE]", Ok((Said::End, true))),
            ("{\"choices\":", Err(Garbage)),
            (r#"{"hello":1}"#, Err(Garbage)),
            ("<html>", Err(Garbage)),
        ] {
            assert_eq!(read(data), said, "{data}");
        }
    }
}
