//! A browser session on the built site: the server, chromedriver and Chromium, one of each per test.
//!
//! However a session ends well, its console held no error, its page broke no rule of its content security policy, and
//! nothing was asked of anybody but the test's own servers, by the browser's own account.

mod axe;
mod chromium;
mod hands;
mod raw;
pub(crate) mod site;

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use fantoccini::elements::Element;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};

use chromium::Chromium;
pub(crate) use chromium::Request;
pub(crate) use hands::{ARROW_LEFT, ARROW_RIGHT, END, ENTER, HOME, Pointer};
pub(crate) use raw::Line;
pub(crate) use site::{Serving, Site};

/// How long a page may take to show what is waited for; generous, since test machines are slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// Notes what the page would not tell by itself.
const WITNESS: &str = include_str!("witness.js");

/// What the visitor sits at, and prefers.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) serving: Serving,
    /// Size of the window, CSS pixels.
    pub(crate) size: (u32, u32),
    /// A phone: touch, and no mouse that hovers.
    pub(crate) phone: bool,
    /// Media features, as style sheets ask for them.
    pub(crate) media: &'static [(&'static str, &'static str)],
    /// WebGPU, by a GPU in software.
    pub(crate) gpu: bool,
}

/// A desk.
pub(crate) const DESK: Setting =
    Setting { serving: Serving::Root, size: (1280, 900), phone: false, media: &[], gpu: false };
/// A phone, held upright.
pub(crate) const PHONE: Setting = Setting { size: (360, 740), phone: true, ..DESK };

/// What a session left behind.
#[derive(Debug)]
pub(crate) struct Left {
    /// All that the site's server was asked.
    pub(crate) asked: Vec<site::Asked>,
    /// All that pages, frames and workers asked, of anybody.
    pub(crate) requests: Vec<Request>,
}

pub(crate) struct Session {
    browser: Chromium,
    setting: Setting,
    pub(crate) site: Site,
    /// Origins beside the site's that belong to the test.
    friends: Vec<String>,
}

impl Session {
    /// Opens a path of the site at a desk.
    pub(crate) async fn open(path: &str) -> Self {
        Self::with(DESK, path).await
    }

    /// Serves `dist/`, starts a browser and opens a path.
    pub(crate) async fn with(setting: Setting, path: &str) -> Self {
        let site = Site::start(setting.serving).await;
        let browser = Chromium::start(setting.gpu).await;
        let session = Self { browser, setting, site, friends: Vec::new() };
        session.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WITNESS })).await;
        let Setting { size, phone, media, .. } = session.setting.clone();
        session.resize(size, phone).await;
        session.prefer(media).await;
        session.goto(path).await;
        session
    }

    /// From now on the visitor prefers this: media features, as style sheets ask for them.
    pub(crate) async fn prefer(&self, media: &[(&str, &str)]) {
        let features: Vec<Value> = media.iter().map(|(n, v)| json!({ "name": n, "value": v })).collect();
        self.cdp("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    async fn resize(&self, (width, height): (u32, u32), phone: bool) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
        self.cdp("Emulation.setTouchEmulationEnabled", json!({ "enabled": phone })).await;
    }

    /// Size of the window, CSS pixels.
    pub(crate) fn size(&self) -> (u32, u32) {
        self.setting.size
    }

    /// Another server of the test's, which the page may talk to.
    pub(crate) fn befriend(&mut self, other: &Site) {
        self.friends.push(other.origin());
    }

    pub(crate) fn client(&self) -> &Client {
        &self.browser.client
    }

    /// A command of Chromium's protocol.
    pub(crate) async fn cdp(&self, command: &str, params: Value) -> Value {
        raw::cdp(self.client(), command, params).await
    }

    /// Opens a path of the site, as if its address were typed.
    pub(crate) async fn goto(&self, path: &str) {
        self.visit(&format!("{}{path}", self.site.base)).await;
    }

    /// Opens any address.
    pub(crate) async fn visit(&self, url: &str) {
        self.client().goto(url).await.expect("the page loads");
    }

    /// Loads the page again.
    pub(crate) async fn reload(&self) {
        self.client().refresh().await.expect("the page loads again");
    }

    pub(crate) async fn wait_for(&self, selector: &str) -> Element {
        self.client()
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(selector))
            .await
            .unwrap_or_else(|e| panic!("{selector} does not appear: {e}"))
    }

    pub(crate) async fn text(&self, selector: &str) -> String {
        self.wait_for(selector).await.text().await.expect("has text")
    }

    pub(crate) async fn attribute(&self, selector: &str, name: &str) -> String {
        let element = self.wait_for(selector).await;
        element.attr(name).await.expect("readable").unwrap_or_else(|| panic!("{selector} has no {name}"))
    }

    pub(crate) async fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map(e => e.getAttribute(arguments[1]) ?? '')";
        let found = self.run(script, vec![selector.into(), name.into()]).await;
        serde_json::from_value(found).expect("a list of texts")
    }

    /// Runs a script with arguments.
    pub(crate) async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client().execute(script, arguments).await.unwrap_or_else(|e| panic!("{script:.200}: {e}"))
    }

    /// Runs a script that calls its last argument when it is done.
    pub(crate) async fn run_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        let done = self.client().execute_async(script, arguments).await;
        done.unwrap_or_else(|e| panic!("{script:.200}: {e}"))
    }

    /// The value of an expression.
    pub(crate) async fn js(&self, expression: &str) -> Value {
        self.run(&format!("return {expression};"), Vec::new()).await
    }

    /// Tag name of the element that has the focus.
    pub(crate) async fn focused(&self) -> String {
        self.js("document.activeElement.tagName").await.as_str().unwrap_or_default().to_owned()
    }

    pub(crate) async fn title(&self) -> String {
        self.client().title().await.expect("has a title")
    }

    /// Waits until a JavaScript condition holds.
    pub(crate) async fn wait_until(&self, condition: &str) {
        for _ in 0..PATIENCE.as_millis() / 50 {
            if self.js(condition).await == Value::Bool(true) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let page = self.js("document.body.innerText").await;
        panic!("never so: {condition}; the page says: {page:.800}");
    }

    /// Waits until the site has fetched what it keeps for a visit without a network.
    pub(crate) async fn settled(&self) {
        self.wait_until("document.documentElement.dataset.offline == 'ready'").await;
    }

    /// Puts a file of this machine into a file field.
    pub(crate) async fn choose(&self, selector: &str, file: &std::path::Path) {
        let file = file.canonicalize().unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let field = self.wait_for(selector).await;
        field.send_keys(&file.to_string_lossy()).await.expect("the file is chosen");
    }

    /// A picture of the page, WebP, as far down as it goes and at most so high.
    pub(crate) async fn picture(&self, most: u32) -> Vec<u8> {
        let high = self.js("document.documentElement.scrollHeight").await.as_u64().unwrap_or(0);
        let high = high.clamp(u64::from(self.size().1), u64::from(most));
        // Wide ones are read well enough when they are smaller.
        let scale = if self.size().0 > 1000 { 0.8 } else { 1.0 };
        let clip = json!({ "x": 0, "y": 0, "width": self.size().0, "height": high, "scale": scale });
        let wanted = json!({ "format": "webp", "quality": 55, "captureBeyondViewport": true, "clip": clip });
        let told = self.cdp("Page.captureScreenshot", wanted).await;
        BASE64.decode(told["data"].as_str().unwrap_or_default()).expect("a picture")
    }

    /// The score that the page shows.
    pub(crate) async fn score(&self) -> String {
        self.attribute(".score", "data-score").await
    }

    /// What the console has said since it was asked last.
    pub(crate) async fn console(&self) -> Vec<Line> {
        raw::console(self.client()).await
    }

    /// Ends the session, which must have been a clean one.
    pub(crate) async fn close(self) -> Left {
        self.close_forgiving(&[]).await
    }

    /// Ends the session; errors in the console that hold one of these texts were to be expected.
    pub(crate) async fn close_forgiving(self, expected: &[&str]) -> Left {
        let lines = self.console().await;
        let wrong: Vec<&Line> =
            lines.iter().filter(|l| l.severe && !expected.iter().any(|e| l.text.contains(e))).collect();
        assert!(wrong.is_empty(), "the console holds errors: {wrong:#?}");
        let refused = self.js("globalThis.witness?.refused ?? []").await;
        assert_eq!(refused, json!([]), "the page broke its own content security policy");
        let mut ours = vec![self.site.origin()];
        ours.extend(self.friends);
        let left = Left { asked: self.site.asked(), requests: self.browser.end().await };
        for request in &left.requests {
            let inside = request.url.starts_with("data:") || request.url.starts_with("blob:");
            let known = ours.iter().any(|o| request.url.starts_with(&format!("{o}/")));
            assert!(inside || known, "{} {} went to a stranger", request.method, request.url);
        }
        for asked in &left.asked {
            assert!(asked.method == "GET" && asked.body == 0, "something was sent: {asked:?}");
        }
        left
    }
}
