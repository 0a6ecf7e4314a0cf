//! chromedriver and the Chromium that it starts; both end with the test, however it ends.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// A running browser.
pub(crate) struct Chromium {
    pub(crate) client: Client,
    driver: Child,
    profile: TempDir,
}

impl Chromium {
    /// Starts one; `gpu` gives it WebGPU by SwiftShader, a GPU in software.
    pub(crate) async fn start(gpu: bool) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let profile = tempfile::tempdir().expect("a temporary folder");
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            // What it leaves behind when it is killed goes with the profile.
            .env("TMPDIR", profile.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver starts: run ./x setup test");
        let client = connect(port, profile.path(), gpu).await;
        Self { client, driver, profile }
    }

    /// Ends the browser in good order; afterwards its account of the network is whole.
    pub(crate) async fn end(mut self) -> Vec<Request> {
        self.client.clone().close().await.expect("the browser closes");
        let log = netlog(self.profile.path());
        let mut text = String::new();
        for _ in 0..100 {
            text = std::fs::read_to_string(&log).unwrap_or_default();
            if text.trim_end().ends_with("]}") || text.contains("\"polledData\"") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.driver.kill().await.ok();
        requests(&text)
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // chromedriver, killed, would leave its browser behind. The browser's lock names it: "host-pid".
        let Ok(lock) = std::fs::read_link(self.profile.path().join("SingletonLock")) else { return };
        let lock = lock.to_string_lossy().into_owned();
        if let Some(pid) = lock.rsplit('-').next().filter(|p| p.bytes().all(|b| b.is_ascii_digit())) {
            std::process::Command::new("kill").args(["-9", pid]).stderr(Stdio::null()).status().ok();
        }
    }
}

/// A request that a page, a frame or a worker made.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
}

fn netlog(profile: &Path) -> PathBuf {
    profile.join("netlog.json")
}

/// The browser's own account of what went to the network, of pages, workers and frames alike. What has no initiator is
/// the address that the test typed, or the browser's own business (updates, clocks), which is none of the site's.
fn requests(text: &str) -> Vec<Request> {
    let log: Value = serde_json::from_str(text).expect("the browser's account of the network is whole");
    let kind = &log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"];
    assert!(kind.is_number(), "the browser names its events");
    let events = log["events"].as_array().expect("a list of events");
    events
        .iter()
        .filter(|e| e["type"] == *kind)
        .filter_map(|e| {
            let params = e.get("params")?;
            let initiator = params.get("initiator")?.as_str()?;
            (initiator != "not an origin").then_some(Request {
                method: params["method"].as_str().unwrap_or_default().to_owned(),
                url: params["url"].as_str()?.to_owned(),
            })
        })
        .collect()
}

async fn connect(port: u16, profile: &Path, gpu: bool) -> Client {
    let mut arguments: Vec<String> = [
        "--headless",
        "--no-sandbox",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--accept-lang=en-US",
        "--window-size=1280,900",
        // The browser's own errands go nowhere either.
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    arguments.push(format!("--log-net-log={}", netlog(profile).display()));
    if gpu {
        arguments.extend(["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"].map(str::to_owned));
    } else {
        arguments.push("--disable-gpu".to_owned());
    }
    let options = json!({
        "goog:chromeOptions": { "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
        "timeouts": { "script": 280_000 },
    });
    let Value::Object(options) = options else { unreachable!("an object") };
    let mut last = None;
    for _ in 0..100 {
        let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        builder.capabilities(options.clone());
        match builder.connect(&format!("http://127.0.0.1:{port}")).await {
            Ok(client) => return client,
            Err(e) => last = Some(e),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("chromedriver does not answer: {last:?}")
}
