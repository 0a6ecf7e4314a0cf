//! axe-core in the page: what can be found wrong with it by machine, for people who do not see or point.

use std::sync::LazyLock;

use serde_json::Value;

use super::Session;

/// axe-core's program, which `./x setup test` gets.
static AXE: LazyLock<String> = LazyLock::new(|| {
    let path = std::env::var_os("SCRUBJAY_AXE").expect("SCRUBJAY_AXE names axe.min.js: ./x test sets it");
    std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}: run ./x setup test", std::path::Path::new(&path).display()))
});

impl Session {
    /// What axe finds wrong, a line for each element.
    pub(crate) async fn axe(&self) -> Vec<String> {
        // By WebDriver, which the page's content security policy does not bind.
        if self.js("!window.axe").await == Value::Bool(true) {
            self.run(&AXE, Vec::new()).await;
        }
        let script = "const done = arguments[arguments.length - 1]; \
            axe.run(document, { resultTypes: ['violations'] }).then(r => done({ \
              rules: r.passes.length + r.violations.length, \
              wrong: r.violations.flatMap(v => v.nodes.map(n => \
                `${v.id} (${v.impact}): ${n.html.slice(0, 200)}: ${n.failureSummary}`)) \
            }), e => done({ failed: String(e) }))";
        let found = self.run_async(script, Vec::new()).await;
        // A run that looked at nothing has not found nothing.
        assert!(found["rules"].as_u64().is_some_and(|n| n > 10), "axe ran: {found}");
        serde_json::from_value(found["wrong"].clone()).expect("a list of lines")
    }
}
