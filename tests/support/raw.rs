//! Commands that WebDriver has no words for: Chromium's own protocol, and the console.

use fantoccini::Client;
use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::{Value, json};

#[derive(Debug)]
struct Post {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Post {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (axum::http::Method, Option<String>) {
        (axum::http::Method::POST, Some(self.body.to_string()))
    }
}

/// A command of Chromium's protocol.
pub(crate) async fn cdp(client: &Client, command: &str, params: Value) -> Value {
    let body = json!({ "cmd": command, "params": params });
    let answer = client.issue_cmd(Post { path: "goog/cdp/execute", body }).await;
    answer.unwrap_or_else(|e| panic!("{command}: {e}"))
}

/// A line of the console.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) severe: bool,
    pub(crate) text: String,
}

/// What the console has said since it was asked last: of pages, workers and the browser about them.
pub(crate) async fn console(client: &Client) -> Vec<Line> {
    let lines = client.issue_cmd(Post { path: "se/log", body: json!({ "type": "browser" }) }).await;
    let lines = lines.expect("the console is told");
    let line = |l: &Value| Line {
        severe: l["level"] == "SEVERE",
        text: l["message"].as_str().unwrap_or_default().to_owned(),
    };
    lines.as_array().into_iter().flatten().map(line).collect()
}
