//! The pages in a real browser: Chromium without a window, driven through two pipes. Tests that need it
//! skip with a word where it is not installed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{example, program};

/// The longest that one answer of the browser is waited for, on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

struct Browser {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    /// Messages that came beside answers.
    events: Vec<Value>,
    session: Option<String>,
    number: u64,
    _profile: tempfile::TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Browser {
    /// Starts the browser with one page; nothing where it is not installed.
    fn start() -> Option<Self> {
        let found = ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find(|name| Command::new(name).arg("--version").output().is_ok());
        let Some(program) = found else {
            println!("skipped: chromium is not installed");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let options = format!(
            "exec {program} --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
            --disable-background-networking --disable-component-update --disable-sync \
            --remote-debugging-pipe --user-data-dir='{}' 3<&0 4>&1 >/dev/null 2>&1",
            profile.path().display()
        );
        let mut child = Command::new("sh")
            .args(["-c", &options])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while output
                .read_until(0, &mut message)
                .is_ok_and(|read| read > 0)
            {
                message.pop();
                if let Ok(value) = serde_json::from_slice(&message)
                    && sender.send(value).is_err()
                {
                    return;
                }
                message.clear();
            }
        });
        let mut browser = Self {
            child,
            input,
            messages,
            events: Vec::new(),
            session: None,
            number: 0,
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", attach);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            browser.call(domain, json!({}));
        }
        Some(browser)
    }

    fn next(&self) -> Value {
        let message = self.messages.recv_timeout(PATIENCE);
        message.expect("the browser answers")
    }

    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.number += 1;
        let mut message = json!({"id": self.number, "method": method});
        message["params"] = parameters;
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        self.input
            .write_all(format!("{message}\0").as_bytes())
            .unwrap();
        self.input.flush().unwrap();
        loop {
            let message = self.next();
            if message["id"] == self.number {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    /// Opens a page in a window that is so wide.
    fn open(&mut self, page: &Path, hash: &str, width: u32) {
        let window =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", window);
        self.events.clear();
        self.call("Page.navigate", json!({"url": "about:blank"}));
        self.events.clear();
        let url = format!("file://{}{hash}", page.display());
        self.call("Page.navigate", json!({"url": url}));
        self.wait_for("document.readyState + location.protocol === 'completefile:'");
    }

    fn evaluate(&mut self, expression: &str) -> Value {
        let result = self.call(
            "Runtime.evaluate",
            json!({"expression": expression, "returnByValue": true, "awaitPromise": true}),
        );
        assert!(
            result.get("exceptionDetails").is_none(),
            "{expression}: {result}"
        );
        result["result"]["value"].clone()
    }

    /// Waits until something is so: each look lets the page go on.
    fn wait_for(&mut self, expression: &str) {
        const LOOKS: u32 = 20_000;
        let mut looks = 0..LOOKS;
        let so = looks.any(|_| self.evaluate(expression) == true);
        assert!(so, "{expression}");
    }

    fn press(&mut self, key: &str, code: u32) {
        for kind in ["keyDown", "keyUp"] {
            let text = if key == "Enter" { "\r" } else { "" };
            let kind = if kind == "keyDown" && text.is_empty() {
                "rawKeyDown"
            } else {
                kind
            };
            self.call(
                "Input.dispatchKeyEvent",
                json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text}),
            );
        }
    }

    /// Messages of the page on the console.
    fn console(&self) -> Vec<&Value> {
        let tells = [
            "Runtime.consoleAPICalled",
            "Runtime.exceptionThrown",
            "Log.entryAdded",
        ];
        let tell = |event: &&Value| tells.iter().any(|name| event["method"] == *name);
        self.events.iter().filter(tell).collect()
    }

    /// Leaves a picture of the page for people.
    fn photograph(&mut self, name: &str) {
        let taken = self.call("Page.captureScreenshot", json!({"format": "jpeg"}));
        let taken = taken["data"].as_str().unwrap();
        assert!(taken.len() > 4000, "{name} is empty");
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
        // As it came, in base64: nothing here decodes it.
        fs::write(dir.join(format!("{name}.jpg.base64")), taken).unwrap();
    }
}

/// A page with findings, and the matrix of two reports.
fn pages(dir: &Path) -> [std::path::PathBuf; 2] {
    let server = example("faulty_server");
    for (name, fault) in [("old", None), ("new", Some("short-payload"))] {
        let (json, html) = (format!("{name}.json"), format!("{name}.html"));
        let mut arguments = vec!["server", "--class", "framing", "--run", "frm/t*"];
        arguments.extend(["--json", &json, "--html", &html, "--", &server]);
        arguments.extend(["--port", "{port}", "--dir", "{dir}", "--echo"]);
        arguments.extend(fault.into_iter().flat_map(|fault| ["--fault", fault]));
        let ran = program().args(arguments).current_dir(dir).output();
        assert!(ran.unwrap().status.code() < Some(2));
    }
    let matrix = ["report", "old.json", "new.json", "--html", "matrix.html"];
    let ran = program().args(matrix).current_dir(dir).output();
    assert!(ran.unwrap().status.success());
    [dir.join("new.html"), dir.join("matrix.html")]
}

/// Everything that can be used is reached by the tab key alone: counted by how often it has had the focus.
const REACHABLE: &str = "[...document.querySelectorAll(
    'a[href], button:not([hidden]), select, input, summary, [tabindex=\"0\"]')]
    .filter((one) => one.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }))";

#[test]
fn pages_are_quiet_narrow_and_reached_by_the_keyboard() {
    let dir = tempfile::tempdir().unwrap();
    let Some(mut browser) = Browser::start() else {
        return;
    };
    for (page, name) in pages(dir.path()).iter().zip(["page", "matrix"]) {
        for width in [400, 1400] {
            browser.open(page, "", width);
            let overflow =
                "document.documentElement.scrollWidth - document.documentElement.clientWidth";
            assert_eq!(
                browser.evaluate(overflow),
                0,
                "{name} at {width} scrolls sideways"
            );
            browser.photograph(&format!("{name}-{width}"));
            assert!(
                browser.console().is_empty(),
                "{name}: {:?}",
                browser.console()
            );
        }
        browser.evaluate("window.reached = new Set(); addEventListener('focusin', (event) => reached.add(event.target)); 0");
        let all = browser
            .evaluate(&format!("{REACHABLE}.length"))
            .as_u64()
            .unwrap();
        assert!(all > 5, "{name}: {all}");
        for _ in 0..all + 3 {
            browser.press("Tab", 9);
        }
        let missed = browser.evaluate(&format!(
            "{REACHABLE}.filter((one) => !reached.has(one)).map((one) => one.outerHTML.slice(0, 200)).join('\\n')"
        ));
        assert_eq!(missed, "", "{name}: not reached by the keyboard");
        assert!(
            browser.console().is_empty(),
            "{name}: {:?}",
            browser.console()
        );
    }
}

#[test]
fn filters_show_what_fits_and_links_lead_to_their_check() {
    let dir = tempfile::tempdir().unwrap();
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let [page, matrix] = pages(dir.path());
    let report: Value =
        serde_json::from_slice(&fs::read(dir.path().join("new.json")).unwrap()).unwrap();
    let cases = report["cases"].as_array().unwrap();
    let failed = cases.iter().filter(|check| check["verdict"] == "fail");
    let failed = failed.count();
    assert!(failed > 0 && failed < cases.len());
    browser.open(&page, "", 1400);
    let shown = "document.querySelectorAll('table.all tbody tr:not([hidden])').length";
    assert_eq!(browser.evaluate(shown), cases.len());
    // A verdict is chosen, by the keyboard.
    browser.evaluate("document.getElementById('by-verdict').focus()");
    browser.press("f", 70);
    let chosen = "const verdict = document.getElementById('by-verdict'); verdict.value = 'fail';
        verdict.dispatchEvent(new Event('input', { bubbles: true })); 0";
    browser.evaluate(chosen);
    assert_eq!(browser.evaluate(shown), failed);
    let said = browser.evaluate("document.getElementById('matching').value");
    assert_eq!(said, format!("{failed} of {} checks", cases.len()));
    let closed = "[...document.querySelectorAll('details.chapter')].filter((one) => !one.hidden && !one.open).length";
    assert_eq!(browser.evaluate(closed), 0);
    // A text narrows it further.
    browser.evaluate("document.getElementById('by-text').focus()");
    browser.call("Input.insertText", json!({"text": "no such text"}));
    assert_eq!(browser.evaluate(shown), 0);
    // A link leads to its check all the same, whatever is filtered and folded.
    let good = cases.iter().find(|check| check["verdict"] == "pass");
    let good = good.unwrap();
    let anchor = match good["segmentation"].as_str() {
        Some(cut) => format!("{}@{cut}", good["id"].as_str().unwrap()),
        None => good["id"].as_str().unwrap().to_owned(),
    };
    browser.evaluate(&format!(
        "location.hash = encodeURIComponent({}); 0",
        json!(anchor)
    ));
    let focused = "document.activeElement.closest('tr')?.id ?? ''";
    browser.wait_for(&format!("({focused}) !== ''"));
    assert_eq!(browser.evaluate(focused), anchor);
    assert_eq!(browser.evaluate(shown), cases.len());
    // And from outside.
    browser.open(&page, &format!("#{}", anchor.replace('@', "%40")), 1400);
    let in_sight = "(() => { const place = document.getElementById(decodeURIComponent(location.hash.slice(1)))
        .getBoundingClientRect(); return place.height > 0 && place.bottom > 0 && place.top < innerHeight; })()";
    browser.wait_for(in_sight);
    // The matrix shows what differs, and is sorted by a column.
    browser.open(&matrix, "", 1400);
    let rows = "document.querySelectorAll('#all tbody tr:not([hidden])').length";
    let all = browser.evaluate(rows).as_u64().unwrap();
    browser.evaluate("document.getElementById('differing').click()");
    let differing = browser.evaluate(rows).as_u64().unwrap();
    assert!(differing > 0 && differing < all, "{differing} of {all}");
    browser.evaluate("document.querySelectorAll('#all button[data-sort]')[2].focus()");
    browser.press("Enter", 13);
    let sorted = "document.querySelectorAll('#all th')[2].getAttribute('aria-sort')";
    assert_eq!(browser.evaluate(sorted), "ascending");
    let verdicts =
        "[...document.querySelectorAll('#all tbody tr')].map((row) => row.cells[2].textContent)";
    let ordered = format!("JSON.stringify({verdicts}) === JSON.stringify({verdicts}.sort())");
    assert_eq!(browser.evaluate(&ordered), true);
    assert!(browser.console().is_empty(), "{:?}", browser.console());
}

/// A large report opens at once: what it costs the page is counted, and the time is printed.
#[test]
fn thousands_of_checks_are_folded() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let page = Path::new(env!("CARGO_TARGET_TMPDIR")).join("large.html");
    fs::write(&page, crate::writers::large_page()).unwrap();
    browser.open(&page, "", 1400);
    let took = browser.evaluate(
        "(() => { const entry = performance.getEntriesByType('navigation')[0]; return entry.loadEventEnd; })()",
    );
    println!("2,300 checks and 115 findings: loaded after {took} ms");
    let laid_out = "[...document.querySelectorAll('table.all tr')].filter((row) => row.checkVisibility()).length";
    assert_eq!(browser.evaluate(laid_out), 0);
    assert_eq!(
        browser.evaluate("document.querySelectorAll('table.all tbody tr').length"),
        2300
    );
}

/// Verdicts of format checkers: `tidy` of the pages, `xmllint` and junitparser of JUnit.
#[test]
fn checkers_accept_what_is_written() {
    let dir = tempfile::tempdir().unwrap();
    for page in pages(dir.path()) {
        let tidy = Command::new("tidy")
            .args(["-q", "-e", "--drop-empty-elements", "no"])
            .arg(&page)
            .output();
        match tidy {
            Ok(said) => assert!(
                said.status.success(),
                "{}",
                String::from_utf8_lossy(&said.stderr)
            ),
            Err(_) => println!("skipped: tidy is not installed"),
        }
    }
    let server = example("faulty_server");
    let ran = program()
        .args([
            "server",
            "--class",
            "framing",
            "--junit",
            "junit.xml",
            "--badge",
            "badge.svg",
        ])
        .args(["--run", "frm/{t*,p*}", "--", &server, "--port", "{port}"])
        .args(["--dir", "{dir}", "--echo", "--fault", "short-payload"])
        .current_dir(dir.path())
        .output();
    assert_eq!(ran.unwrap().status.code(), Some(1));
    let schema = crate::support::project("tests/it/support/junit.xsd");
    for arguments in [&["--schema", &schema, "junit.xml"][..], &["badge.svg"]] {
        let xmllint = Command::new("xmllint")
            .arg("--noout")
            .args(arguments)
            .current_dir(dir.path())
            .output();
        match xmllint {
            Ok(said) => assert!(
                said.status.success(),
                "{}",
                String::from_utf8_lossy(&said.stderr)
            ),
            Err(_) => println!("skipped: xmllint is not installed"),
        }
    }
    let counts = "import junitparser, sys
suites = junitparser.JUnitXml.fromfile(sys.argv[1])
suites.update_statistics()
print(suites.tests, suites.failures, suites.errors, sum(1 for suite in suites for case in suite))";
    let xml = fs::read_to_string(dir.path().join("junit.xml")).unwrap();
    let (cases, failures) = (
        xml.matches("<testcase ").count(),
        xml.matches("<failure ").count(),
    );
    for python in ["/usr/bin/python3", "python3"] {
        let has = Command::new(python)
            .args(["-c", "import junitparser"])
            .output();
        if !has.is_ok_and(|has| has.status.success()) {
            continue;
        }
        let said = Command::new(python)
            .args(["-c", counts, "junit.xml"])
            .current_dir(dir.path())
            .output()
            .unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let errors = xml.matches("<error ").count();
        assert_eq!(said.trim(), format!("{cases} {failures} {errors} {cases}"));
        return;
    }
    println!("skipped: junitparser is not installed");
}
