//! From a conversation to one text, by a model's own chat template.
//!
//! Templates are Jinja written for Python. They are run as `transformers` runs them: blocks are trimmed, Python's
//! methods of strings, lists and maps work, `raise_exception` refuses, and `tojson` writes as Python's `json` does.
//! What would make a prompt depend on the day (`strftime_now`) is not given.

use std::collections::BTreeMap;
use std::io;

use minijinja::{Environment, Error, ErrorKind, Value};
use serde::Serialize as _;
use serde_json::ser::{Formatter, Serializer};

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// What it is made of, in order.
    pub content: Vec<Content>,
}

impl Message {
    /// A message of words alone.
    #[must_use]
    pub fn text(role: &str, text: &str) -> Self {
        Self { role: role.to_owned(), content: vec![Content::Text(text.to_owned())] }
    }
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Words.
    Text(String),
    /// An image stands here.
    Image,
    /// A clip stands here.
    Video,
}

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It is no Jinja.
    #[error("chat template: {0}")]
    Syntax(String),
    /// It fails on, or refuses, this conversation.
    #[error("the chat template refuses the conversation: {0}")]
    Render(String),
}

/// A model's chat template.
#[derive(Debug, Clone)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    names: BTreeMap<String, String>,
}

/// Steps that a template may take; a conversation of a thousand turns takes some ten thousand.
const FUEL: u64 = 10_000_000;

/// The name that errors show.
const NAME: &str = "chat_template";

impl ChatTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError::Syntax`] with the line.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.trim().is_empty() {
            return Err(TemplateError::Syntax("is empty".to_owned()));
        }
        let mut environment = Environment::new();
        // A template that counts to a billion is an error and no wait.
        environment.set_fuel(Some(FUEL));
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_filter("tojson", to_json);
        environment.add_function("raise_exception", |what: String| -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, what))
        });
        environment
            .add_template_owned(NAME, text.to_owned())
            .map_err(|e| TemplateError::Syntax(described(&e)))?;
        Ok(Self { environment, names: BTreeMap::new() })
    }

    /// Gives the template a further name, such as `bos_token`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.names.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The text of a conversation; with `add_generation_prompt` it ends where the assistant begins to speak.
    ///
    /// A message of words alone is given to the template as a string, any other as a list of `{type, text}`,
    /// `{type: "image"}` and `{type: "video"}`.
    ///
    /// # Errors
    /// [`TemplateError::Render`] with the template's own words where it has some.
    pub fn render(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String, TemplateError> {
        let mut context: BTreeMap<&str, Value> =
            self.names.iter().map(|(name, value)| (name.as_str(), Value::from(value.as_str()))).collect();
        context.insert("messages", messages.iter().map(message).collect());
        context.insert("add_generation_prompt", Value::from(add_generation_prompt));
        context.insert("tools", Value::from(()));
        context.insert("documents", Value::from(()));
        let fail = |e: Error| TemplateError::Render(described(&e));
        self.environment.get_template(NAME).and_then(|t| t.render(context)).map_err(fail)
    }
}

/// A message as the template sees it.
fn message(message: &Message) -> Value {
    let words: Option<String> = message
        .content
        .iter()
        .map(|c| match c {
            Content::Text(text) => Some(text.as_str()),
            Content::Image | Content::Video => None,
        })
        .collect();
    let content = words.map_or_else(|| message.content.iter().map(piece).collect(), Value::from);
    Value::from_iter([("role", Value::from(message.role.as_str())), ("content", content)])
}

fn piece(content: &Content) -> Value {
    match content {
        Content::Text(text) => Value::from_iter([("type", "text"), ("text", text.as_str())]),
        Content::Image => Value::from_iter([("type", "image")]),
        Content::Video => Value::from_iter([("type", "video")]),
    }
}

/// An error with its line, on one line.
fn described(e: &Error) -> String {
    let what = e.detail().map_or_else(|| e.kind().to_string(), str::to_owned);
    match e.line() {
        Some(line) => format!("line {line}: {what}"),
        None => what,
    }
}

/// Python's `json.dumps(value, ensure_ascii=False)`.
fn to_json(value: Value) -> Result<Value, Error> {
    let mut out = Vec::new();
    let fail = |what: String| Error::new(ErrorKind::BadSerialization, what);
    value.serialize(&mut Serializer::with_formatter(&mut out, Spaced)).map_err(|e| fail(e.to_string()))?;
    let text = String::from_utf8(out).map_err(|e| fail(e.to_string()))?;
    Ok(Value::from_safe_string(text))
}

/// A space after commas and colons.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(template: &str, messages: &[Message]) -> Result<String, TemplateError> {
        ChatTemplate::parse(template)?.render(messages, true)
    }

    /// The constructs that published Qwen3-VL templates are made of, in a template of our own.
    #[test]
    fn published_constructs_work() {
        let template = r#"
{%- set count = namespace(value=0) %}
{%- macro shown(content, numbered) %}
    {%- if content is string %}
        {{- content }}
    {%- elif content is iterable and content is not mapping %}
        {%- for item in content %}
            {%- if 'image' in item or 'image_url' in item or item.type == 'image' %}
                {%- set count.value = count.value + 1 %}
                {%- if numbered %}Picture {{ count.value }}: {% endif -%}
                <|image|>
            {%- elif item.type == 'video' or 'video' in item %}<|video|>
            {%- elif 'text' in item %}
                {{- item.text }}
            {%- endif %}
        {%- endfor %}
    {%- else %}
        {{- raise_exception('Unexpected content.') }}
    {%- endif %}
{%- endmacro %}
{%- if tools %}{{- 'TOOLS ' ~ tools | tojson }}{%- endif %}
{%- if messages[0].role == 'system' %}
    {{- '<|im_start|>system\n' + messages[0].content + '<|im_end|>\n' }}
{%- endif %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if message.role == "user" and not (message.content is string and message.content.startswith('<x>')) %}
        {{- index ~ ';' }}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = shown(message.content, add_vision_id) %}
    {%- if message.role == "user" or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\n' + content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" %}
        {%- if message.reasoning_content is string %}!{% endif %}
        {%- if '</think>' in content %}
            {%- set reasoning = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\n') %}
            {{- '[' + reasoning.strip('\n') + ']' }}
        {%- endif %}
        {{- {'role': message.role, 'said': [content, true, none]} | tojson }}
        {%- if loop.last or message.tool_calls %}last{% endif %}
    {%- elif message.role != 'system' %}
        {{- raise_exception('No such role: ' ~ message.role) }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
"#;
        let user = |content| Message { role: "user".to_owned(), content };
        let text = |t: &str| Content::Text(t.to_owned());
        let talk = [
            Message::text("system", "Be brief."),
            user(vec![Content::Image, text(" a\n"), Content::Video, Content::Image, text("<b>")]),
            Message::text("assistant", "<think>\nhm\n</think>\n\n\"<é>\""),
            Message::text("user", "<x>"),
        ];
        let expected = "<|im_start|>system\nBe brief.<|im_end|>\n1;<|im_start|>user\n<|image|> a\n<|video|><|image|><b>\
                        <|im_end|>\n[hm]{\"role\": \"assistant\", \"said\": [\"\\\"<é>\\\"\", true, null]}\
                        <|im_start|>user\n<x><|im_end|>\n<|im_start|>assistant\n";
        assert_eq!(said(template, &talk).as_deref(), Ok(expected));
        let error = said(template, &[Message::text("tool", "x")]).expect_err("refused").to_string();
        assert!(error.contains("No such role: tool"), "{error}");
    }

    #[test]
    fn names_are_given_and_a_last_line_end_is_not_kept() {
        let template = ChatTemplate::parse("{{ eos_token }}\n{% if tools is none %}\n  x\n{% endif %}\n")
            .expect("parses");
        assert_eq!(template.with("eos_token", "E").render(&[], false).as_deref(), Ok("E\n  x\n"));
    }

    #[test]
    fn faults_are_named() {
        assert!(matches!(ChatTemplate::parse(" \n"), Err(TemplateError::Syntax(_))));
        let error = ChatTemplate::parse("a\n{% for %}").expect_err("syntax").to_string();
        assert!(error.contains("line 2"), "{error}");
        let error = said("{{ strftime_now('%Y') }}", &[]).expect_err("unknown").to_string();
        assert!(error.contains("strftime_now"), "{error}");
        let endless = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}";
        assert!(matches!(said(endless, &[]), Err(TemplateError::Render(_))));
    }
}
