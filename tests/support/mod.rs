//! A browser session on the built site: the server, chromedriver and Chromium, one of each per test.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use tokio::process::{Child, Command};

pub const ARROW_LEFT: char = '\u{e012}';
pub const ARROW_RIGHT: char = '\u{e014}';
pub const HOME: char = '\u{e011}';
pub const END: char = '\u{e010}';
pub const ENTER: char = '\u{e007}';
const TAB: char = '\u{e004}';
const SHIFT: char = '\u{e008}';

/// How long a page may take to show what is waited for; generous, since test machines are slow.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Session {
    client: Client,
    base: String,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Session {
    /// Serves `dist/`, starts a browser and opens a path.
    pub async fn open(path: &str) -> Self {
        let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist");
        assert!(site.join("index.html").is_file(), "the site is not built: run ./x site");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        tokio::spawn(async move { axum::serve(listener, scrubjay::serve::app(&site)).await });

        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver starts: run ./x setup test");
        let profile = tempfile::tempdir().expect("a temporary folder");
        let client = connect(port, profile.path()).await;
        let session = Self { client, base, driver, _profile: profile };
        session.goto(path).await;
        session
    }

    pub async fn goto(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.expect("the page loads");
    }

    pub async fn wait_for(&self, selector: &str) -> Element {
        self.client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(selector))
            .await
            .unwrap_or_else(|e| panic!("{selector} does not appear: {e}"))
    }

    pub async fn text(&self, selector: &str) -> String {
        self.wait_for(selector).await.text().await.expect("has text")
    }

    pub async fn attribute(&self, selector: &str, name: &str) -> String {
        let element = self.wait_for(selector).await;
        element.attr(name).await.expect("readable").unwrap_or_else(|| panic!("{selector} has no {name}"))
    }

    pub async fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let mut values = Vec::new();
        for element in self.client.find_all(Locator::Css(selector)).await.expect("answers") {
            values.push(element.attr(name).await.expect("readable").unwrap_or_default());
        }
        values
    }

    /// Tag name of the element that has the focus.
    pub async fn focused(&self) -> String {
        let script = "return document.activeElement.tagName;";
        let name = self.client.execute(script, Vec::new()).await.expect("answers");
        name.as_str().unwrap_or_default().to_owned()
    }

    pub async fn title(&self) -> String {
        self.client.title().await.expect("has a title")
    }

    /// Waits until a JavaScript condition holds.
    pub async fn wait_until(&self, condition: &str) {
        let script = format!("return {condition};");
        for _ in 0..PATIENCE.as_millis() / 100 {
            if self.client.execute(&script, Vec::new()).await.expect("answers")
                == serde_json::Value::Bool(true)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("never so: {condition}");
    }

    /// Presses and releases a key, wherever the focus is.
    pub async fn press(&self, key: char) {
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.client.perform_actions(keys).await.expect("the key is pressed");
    }

    pub async fn tab(&self) {
        self.press(TAB).await;
    }

    pub async fn shift_tab(&self) {
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: SHIFT })
            .then(KeyAction::Down { value: TAB })
            .then(KeyAction::Up { value: TAB })
            .then(KeyAction::Up { value: SHIFT });
        self.client.perform_actions(keys).await.expect("the keys are pressed");
    }

    /// Moves the focus with the tab key until it is on the selected element.
    pub async fn tab_to(&self, selector: &str) {
        self.wait_for(selector).await;
        let script = "return document.activeElement && document.activeElement.matches(arguments[0]);";
        for _ in 0..40 {
            let there = self.client.execute(script, vec![selector.into()]).await.expect("answers");
            if there == serde_json::Value::Bool(true) {
                return;
            }
            self.tab().await;
        }
        panic!("{selector} cannot be reached with the tab key");
    }

    pub async fn close(mut self) {
        self.client.clone().close().await.expect("the browser closes");
        self.driver.kill().await.ok();
    }
}

async fn connect(port: u16, profile: &Path) -> Client {
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,900",
        &format!("--user-data-dir={}", profile.display()),
    ];
    let options = serde_json::json!({ "goog:chromeOptions": { "args": arguments } });
    let serde_json::Value::Object(options) = options else { unreachable!("an object") };
    let mut last = None;
    for _ in 0..100 {
        let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        builder.capabilities(options.clone());
        match builder.connect(&format!("http://127.0.0.1:{port}")).await {
            Ok(client) => return client,
            Err(e) => last = Some(e),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("chromedriver does not answer: {last:?}")
}
