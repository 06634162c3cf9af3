//! Properties of sessions: the server's machine against a model written from SPEC.md.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use unstick::wire::session::{ClientSession, SessionError};
use unstick_fuzz::header;
use unstick_fuzz::planted::{headers, sessions};
use unstick_fuzz::reading::{Next, Reading};
use unstick_fuzz::rendered::Rendered;
use unstick_fuzz::serving::{Reference, Serve, check};
use unstick_fuzz::session_model::is_utf8;
use unstick_fuzz::session_plan::SessionPlan;
use unstick_fuzz::targets;

/// Messages, commands, files, cuts; every octet string is a plan.
fn plan() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..80)
}

/// Headers and near-headers.
fn header_text() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        4 => "[a-z,. ]{0,6}",
        2 => "[./\\\\]{0,3}",
        1 => "(/|\\\\)?[a-c](/|\\\\|\0)[a-c]",
        1 => (250..260_usize).prop_map(|length| "n".repeat(length)),
        1 => (80..90_usize).prop_map(|length| "文".repeat(length)),
        1 => any::<String>(),
    ];
    let digits = prop_oneof![
        4 => any::<u64>().prop_map(|number| (number % 5_000_000_000).to_string()),
        2 => "[ +_]?[0-9]{0,3}[ _]?[0-9]{0,2}",
        1 => "0{0,8}[0-9]{1,4}",
        1 => "[٠-٩]{1,3}",
        1 => any::<String>(),
    ];
    let comma = prop_oneof![9 => Just(","), 1 => Just("")];
    (name, comma, digits).prop_map(|(name, comma, digits)| format!("{name}{comma}{digits}"))
}

fn serves_plans(server: &mut impl Serve, data: &[u8]) -> Result<(), String> {
    let plan = SessionPlan::decode(data);
    let mut rendered = Rendered::default();
    plan.render(&mut rendered);
    let ends = rendered.ends().iter().copied();
    check(server, plan.limit(), rendered.octets(), ends)
}

/// A client's right reading of a server's stream: its texts, and whether the end is clean.
fn read_replies(stream: &[u8], owed: usize) -> (Vec<Vec<u8>>, bool) {
    let mut reading = Reading::new(stream, u32::MAX);
    let mut texts = Vec::new();
    loop {
        match reading.step() {
            Next::Frame { payload, .. } if texts.len() < owed && is_utf8(payload) => {
                texts.push(payload.to_vec());
            }
            Next::End => return (texts.clone(), texts.len() == owed),
            _ => return (texts, false),
        }
    }
}

proptest! {
    #[test]
    fn any_session_goes_as_the_model_says(data in plan()) {
        prop_assert_eq!(serves_plans(&mut Reference::default(), &data), Ok(()));
    }

    /// The server's machine, and what the store holds and the replies say.
    #[test]
    fn any_verified_session_goes_as_the_model_says(data in plan()) {
        prop_assert_eq!((targets::VERIFIED.check)(&data), Ok(()));
    }

    #[test]
    fn any_header_is_read_as_the_specification_says(text in header_text()) {
        prop_assert_eq!(header::check(header::reference, &text), Ok(()));
    }

    /// SES-11: replies however cut, and truncated, invalid or missing ones reported.
    #[test]
    fn any_replies_are_reassembled_or_reported(
        data in plan(),
        size in 1..9_usize,
        owed in 0..6_usize,
    ) {
        let mut rendered = Rendered::default();
        SessionPlan::decode(&data).render(&mut rendered);
        let stream = rendered.octets();
        let mut client = ClientSession::new(u32::MAX);
        for _ in 0..owed {
            client.message("hi", &mut Vec::new()).unwrap();
        }
        let mut texts = Vec::new();
        let mut failed = false;
        'stream: for mut chunk in stream.chunks(size) {
            loop {
                match client.next(&mut chunk) {
                    Ok(Some(text)) => texts.push(text.as_bytes().to_vec()),
                    Ok(None) => break,
                    Err(_) => {
                        failed = true;
                        break 'stream;
                    }
                }
            }
        }
        let clean = !failed && client.finish().is_ok();
        prop_assert_eq!((texts, clean), read_replies(stream, owed));
    }
}

#[test]
fn a_reply_that_nobody_asked_for_is_reported() {
    let mut client = ClientSession::new(1024);
    let mut stream: &[u8] = b"\0\0\0\x02hi";
    assert_eq!(client.next(&mut stream), Err(SessionError::ReplyNotOwed));
}

fn runner() -> TestRunner {
    // The same cases in every run: what is proved here is that the properties can fail.
    TestRunner::new_with_rng(
        Config {
            cases: 20_000,
            max_shrink_iters: 0,
            failure_persistence: None,
            ..Config::default()
        },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    )
}

#[test]
fn planted_faults_of_sessions_are_exposed() {
    let exposed = |fault: &'static str| {
        let outcome = runner().run(&plan(), |data| {
            serves_plans(&mut sessions::Planted::new(fault), &data).map_err(TestCaseError::fail)
        });
        outcome.is_err()
    };
    assert!(!exposed("none"));
    let missed: Vec<&str> = sessions::FAULTS
        .iter()
        .map(|fault| fault.name)
        .filter(|name| !exposed(name))
        .collect();
    assert_eq!(missed, [""; 0]);
}

#[test]
fn planted_faults_of_header_readers_are_exposed() {
    let exposed = |fault: &'static str| {
        let outcome = runner().run(&header_text(), |text| {
            header::check(|text| headers::parse(fault, text), &text).map_err(TestCaseError::fail)
        });
        outcome.is_err()
    };
    assert!(!exposed("none"));
    let missed: Vec<&str> = headers::FAULTS
        .iter()
        .map(|fault| fault.name)
        .filter(|name| !exposed(name))
        .collect();
    assert_eq!(missed, [""; 0]);
}
