//! Writers write the same structure whatever a report says: no text of others is markup in a page, a
//! badge, JUnit or Markdown, and none commands a terminal.

use std::fmt::Write;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use unstick::framing::Framing;
use unstick::judge::case::{CaseInfo, Role};
use unstick::judge::check::{Check, Verdict};
use unstick::judge::evidence::{Evidence, Wanted};
use unstick::judge::id::CaseId;
use unstick::judge::known_failures::KnownFailures;
use unstick::report::saved::Saved;
use unstick::report::{Report, Testee, badge, html, json, junit, summary, terminal};
use unstick::trace::Class;
use unstick::trace::octets::Octets;

/// All texts of a report that come from outside, each with the same words or with its own.
#[derive(Debug, Clone)]
struct Texts {
    id: String,
    other: String,
    title: String,
    message: String,
    cause: String,
    command: String,
    again: String,
    typed: String,
    expected: String,
    ended: String,
    shown: String,
    stderr: String,
    unjudged: String,
    octets: Vec<u8>,
}

impl Texts {
    /// The same text everywhere, made distinct where a report groups by it.
    fn all(text: &str) -> Self {
        let own = |place: &str| format!("{place}{text}.");
        Self {
            id: own("1/"),
            other: own("2/"),
            title: own(""),
            message: own(""),
            cause: own(""),
            command: own(""),
            again: own(""),
            typed: own(""),
            expected: own(""),
            ended: own(""),
            shown: own(""),
            stderr: own(""),
            unjudged: own(""),
            octets: b"\0\0\0\x04abcd".to_vec(),
        }
    }

    fn check(&self, id: &str, verdict: Verdict) -> Check {
        let case = CaseInfo {
            id: CaseId::from(id.to_owned()),
            title: self.title.clone().into(),
            ..CaseInfo::new(Role::Server, "", "", &["FRM-2"], Class::Framing)
        };
        let mut check = Check::new(&case, None, verdict, self.message.clone());
        if verdict == Verdict::Fail {
            check.cause = Some(self.cause.clone());
            let seen = Octets::from(self.octets.as_slice());
            check.evidence = Some(Evidence {
                typed: vec![self.typed.clone()],
                sent: vec![seen.clone(), seen.clone()],
                expected: self.expected.as_str().into(),
                wanted: Some(Wanted::around(0, &self.octets, 4)),
                seen,
                unconnected: false,
                ended: self.ended.as_str().into(),
                shown: self.shown.clone(),
                stderr: self.stderr.clone(),
            });
        }
        check
    }

    /// Output of every writer for a report with these texts.
    fn written(&self) -> Written {
        let testee = Testee {
            role: "server",
            command: vec![self.command.clone()],
            address: None,
            again: self.again.clone(),
            framing: Some(Framing::default()),
        };
        let known = KnownFailures::default();
        let checks = [
            self.check(&self.id, Verdict::Fail),
            self.check(&self.other, Verdict::Acceptable),
        ];
        let report = Report {
            testee: &testee,
            class: Some(Class::Framing),
            segmentation: "direct",
            checks: &checks,
            known: &known,
            unjudged: Some(&self.unjudged),
        };
        let mut saved = Saved::read(&json::write(&report, None)).unwrap();
        saved.called = Some(self.title.clone());
        Written {
            page: html::write(&report).unwrap(),
            matrix: html::matrix(&[saved.clone(), saved], false).unwrap(),
            badge: badge::write(&report).unwrap(),
            junit: junit::write(&report).unwrap(),
            summary: summary::write(&report),
            terminal: terminal::write(&report).as_str().to_owned(),
        }
    }
}

struct Written {
    page: String,
    matrix: String,
    badge: String,
    junit: String,
    summary: String,
    terminal: String,
}

/// The tags of a page, with the names of their attributes, and what its scripts and styles hold.
fn page_structure(page: &str) -> String {
    let mut out = String::new();
    let mut inside = String::new();
    for token in html5gum::Tokenizer::new(page).flatten() {
        match token {
            html5gum::Token::StartTag(tag) => {
                inside = text(&tag.name);
                let names: Vec<String> = tag.attributes.keys().map(|name| text(name)).collect();
                let _ = writeln!(out, "<{inside} {}>", names.join(" "));
            }
            html5gum::Token::EndTag(tag) => {
                inside.clear();
                let _ = writeln!(out, "</{}>", text(&tag.name));
            }
            html5gum::Token::String(held) if inside == "script" || inside == "style" => {
                out += &text(&held);
            }
            html5gum::Token::Comment(_) => out += "<!---->",
            _ => {}
        }
    }
    out
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// The tags of a document, with the names of their attributes. It must be well-formed, and hold only what
/// XML allows.
fn xml_structure(document: &str) -> String {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(document.chars().all(allowed), "{document:?}");
    let mut reader = quick_xml::Reader::from_str(document);
    reader.config_mut().check_end_names = true;
    let mut out = String::new();
    loop {
        use quick_xml::events::Event;
        match reader.read_event().unwrap() {
            Event::Eof => return out,
            Event::Start(tag) | Event::Empty(tag) => {
                let _ = write!(out, "<{}", text(tag.name().as_ref()));
                for attribute in tag.attributes() {
                    let _ = write!(out, " {}", text(attribute.unwrap().key.as_ref()));
                }
                out += ">";
            }
            Event::End(tag) => {
                let _ = write!(out, "</{}>", text(tag.name().as_ref()));
            }
            Event::Comment(_) | Event::CData(_) | Event::PI(_) | Event::DocType(_) => out += "<!>",
            _ => {}
        }
    }
}

/// Structure of a summary in Markdown, without its texts.
fn markdown_structure(summary: &str) -> Vec<String> {
    use pulldown_cmark::{Event, Options, Parser};
    let parser = Parser::new_ext(
        summary,
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH,
    );
    parser
        .filter_map(|event| match event {
            Event::Text(_) | Event::SoftBreak => None,
            Event::Code(_) => Some("code".to_owned()),
            other => Some(format!("{other:?}")),
        })
        .collect()
}

/// The commands to a terminal: only styles of our own may be there.
fn commands(page: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for part in page.split('\x1b').skip(1) {
        let end = part.find('m').unwrap_or(part.len());
        commands.push(part[..end].to_owned());
    }
    commands
}

/// True if a text holds nothing that commands whoever shows it, beyond line ends and tabs.
fn is_calm(text: &str) -> bool {
    let bad = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}')
    };
    !text.contains(bad)
}

/// The rest of a report without its texts.
#[derive(Debug, PartialEq, Eq)]
struct Structure {
    page: String,
    matrix: String,
    badge: String,
    junit: String,
    summary: Vec<String>,
    terminal: Vec<String>,
}

impl Structure {
    fn of(written: &Written) -> Self {
        Self {
            page: page_structure(&written.page),
            matrix: page_structure(&written.matrix),
            badge: format!("{}{}", written.badge, xml_structure(&written.badge)),
            junit: xml_structure(&written.junit),
            summary: markdown_structure(&written.summary),
            terminal: commands(&written.terminal),
        }
    }
}

/// Sees that hostile texts change nothing but texts.
fn changes_nothing(texts: &Texts) -> Result<(), TestCaseError> {
    static PLAIN: LazyLock<Structure> =
        LazyLock::new(|| Structure::of(&Texts::all("plain").written()));
    let hostile = texts.written();
    prop_assert_eq!(&Structure::of(&hostile), &*PLAIN);
    for page in [
        &hostile.page,
        &hostile.matrix,
        &hostile.junit,
        &hostile.summary,
    ] {
        prop_assert!(is_calm(page));
    }
    prop_assert!(is_calm(&hostile.terminal.replace('\x1b', "")));
    Ok(())
}

/// Texts that have made trouble somewhere.
const HOSTILE: [&str; 26] = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><b>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "--><!--",
    "]]></system-out><failure/>",
    "&lt;script&gt;&#0;&amp;",
    "\x1b]0;title\x07\x1b[2J\x1b[31m",
    "\u{9b}2J\u{90}",
    "\u{202e}gpj.exe\u{2066}",
    "a\0b\r\n\x08\x7f",
    "| a | b |\n|---|---|\n| c | d |",
    "\n\n# heading\n\n- list\n\n---\n",
    "[link](javascript:alert(1)) ![image](x) <https://x>",
    "``` `` ` **bold** _it_ ~~out~~",
    "\n    code\n",
    "\u{fffe}\u{ffff}\u{fdd0}",
    "\u{2028}\u{2029}\u{85}",
    "{{ view.subject }}{% endif %}",
    "\\u{1b}[31m\\",
    "https://example.org www.example.org :smile: @all",
    "1. one\n2. two\n> quote\n* star\n+ plus\n=====",
    "<!DOCTYPE html><html><body></table></main>",
    "%3Cscript%3E#:~:text=x",
    "👩‍👩‍👧‍👦 你好 \u{300}\u{300}\u{200b}",
];

fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
        any::<String>(),
        "[<>&\"'`*_|\\\\\\[\\]()#~!:/ \n\t\u{0}-\u{1f}\u{80}-\u{9f}]{0,12}",
    ];
    prop::collection::vec(pieces, 1..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    // The same texts in each run, so that two runs agree.
    #![proptest_config(ProptestConfig {
        cases: 256,
        rng_seed: RngSeed::Fixed(28),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_text_is_markup_anywhere(
        texts in prop::collection::vec(hostile(), 13),
        payload in any::<[u8; 4]>(),
    ) {
        let mut texts = texts.into_iter().map(|text| format!("{text}."));
        let mut next = || texts.next().unwrap();
        changes_nothing(&Texts {
            id: format!("1/{}", next()),
            other: format!("2/{}", next()),
            title: next(),
            message: next(),
            cause: next(),
            command: next(),
            again: next(),
            typed: next(),
            expected: next(),
            ended: next(),
            shown: next(),
            stderr: next(),
            unjudged: next(),
            octets: [&[0, 0, 0, 4], &payload[..]].concat(),
        })?;
    }
}

#[test]
fn each_hostile_text_is_text_everywhere() {
    for text in HOSTILE {
        changes_nothing(&Texts::all(text)).unwrap_or_else(|why| panic!("{text:?}: {why}"));
    }
}

/// A line of 1 MiB is shortened, so that what is written can be opened.
#[test]
fn a_line_of_a_mebibyte_is_shortened() {
    let texts = Texts::all(&"<\x1b🦀".repeat(175_000));
    changes_nothing(&texts).unwrap();
    let written = texts.written();
    for page in [
        &written.page,
        &written.matrix,
        &written.junit,
        &written.summary,
        &written.terminal,
    ] {
        assert!(page.len() < 1 << 20, "{} octets", page.len());
    }
}

/// The page of a large run stays small: octets are folded.
#[test]
fn a_page_of_thousands_of_checks_stays_below_three_mebibytes() {
    let page = large_page();
    assert_eq!(page.matches("<article").count(), 115);
    assert!(page.len() < 3 << 20, "{} octets", page.len());
}

/// A page of 2,300 checks, of which each twentieth fails for a reason of its own.
pub(crate) fn large_page() -> String {
    let texts = Texts {
        octets: (0..1 << 16).map(|octet: u32| octet as u8).collect(),
        ..Texts::all("a message of the usual length, which says what came instead of what")
    };
    let checks: Vec<Check> = (0..2300)
        .map(|number| {
            let verdict = if number % 20 == 0 {
                Verdict::Fail
            } else {
                Verdict::Pass
            };
            let mut check = texts.check(&format!("chapter/case-{number}"), verdict);
            // Each a finding of its own.
            check.cause = check.cause.map(|cause| format!("{cause} {number}"));
            if number % 40 != 0 {
                check.evidence = None;
            }
            check
        })
        .collect();
    let testee = Testee {
        role: "server",
        command: Vec::new(),
        address: None,
        again: String::new(),
        framing: Some(Framing::default()),
    };
    let known = KnownFailures::default();
    let report = Report {
        testee: &testee,
        class: Some(Class::Framing),
        segmentation: "direct",
        checks: &checks,
        known: &known,
        unjudged: None,
    };
    html::write(&report).unwrap()
}
