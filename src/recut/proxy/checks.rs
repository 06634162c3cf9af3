//! Findings as checks, for the reports of the project.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::cut::{Cut, Place};
use super::judge::{Failure, Finding, Outcome, Shrunk};
use crate::judge::case::{CaseInfo, Role};
use crate::judge::check::{Check, Verdict};
use crate::judge::id::{CaseId, RequirementId};
use crate::trace::Class;

/// Places that are named in a message.
const NAMED: usize = 4;

/// Places that are listed in a report, and in the line that runs just this again; if there are more, the cut
/// itself is named instead.
const LISTED: usize = 64;

/// Makes a check of a finding. `rerun` gives the command line for a cut.
#[must_use]
pub fn check(finding: &Finding, rerun: &dyn Fn(&Cut) -> String) -> Check {
    let cut = &finding.cut;
    let info = CaseInfo {
        id: CaseId::from(cut.id()),
        role: Role::Client,
        title: cut.title().into(),
        requirements: vec![RequirementId::new(cut.requirement())],
        class: Class::Codec,
        expected_to_fail: false,
    };
    let (verdict, message) = in_words(cut, &finding.outcome);
    let mut check = Check::new(&info, None, verdict, message);
    let mut again = cut.clone();
    if let Outcome::Fail(failure) = &finding.outcome {
        if failure.shrunk != Shrunk::NotRepeatable && failure.places.len() <= LISTED {
            again = cut.only_at(failure.places.clone());
            check.details.insert("cut".to_owned(), places(cut, failure));
        }
        check.cause = cause(failure).map(str::to_owned);
    }
    check.rerun = Some(rerun(&again));
    check.details.insert("runs".to_owned(), finding.runs.into());
    check
}

fn in_words(cut: &Cut, outcome: &Outcome) -> (Verdict, String) {
    match outcome {
        Outcome::Pass => (Verdict::Pass, String::new()),
        Outcome::Nothing if cut.joins() => (
            Verdict::Skipped,
            "nothing to join: no two sends followed each other without an answer between"
                .to_owned(),
        ),
        Outcome::Nothing => (
            Verdict::Skipped,
            "nothing was cut: no stream has a place where this cut would be".to_owned(),
        ),
        Outcome::Fail(failure) => (Verdict::Fail, failure_in_words(cut, failure)),
        Outcome::Flaky { how } => (
            Verdict::Flaky,
            format!("COMMAND {how} under this cut, and succeeds when it is run again"),
        ),
        Outcome::Late { how } => (
            Verdict::Error,
            format!(
                "COMMAND {how} under this cut, and also when nothing is cut but all comes as late: \
                 its time limit is too short to say more; give it more time"
            ),
        ),
        Outcome::UncutFails { how } => (
            Verdict::Error,
            format!(
                "COMMAND {how} now when nothing is cut, though it succeeded at first: \
                 does it depend on what earlier runs have left at the server?"
            ),
        ),
    }
}

fn failure_in_words(cut: &Cut, failure: &Failure) -> String {
    let mut text = format!("COMMAND {}", failure.how);
    let done = if cut.joins() { "joined" } else { "cut" };
    match failure.places.as_slice() {
        places if places.len() > LISTED => write!(
            text,
            " under this cut, of {} places that could not be shrunk further",
            thousands(places.len() as u64)
        ),
        [place] => {
            write!(
                text,
                " when {} after octet {}",
                stream(*place, done),
                thousands(place.after)
            )
        }
        places => {
            let named: Vec<String> = places
                .iter()
                .take(NAMED)
                .map(|place| {
                    format!(
                        "{} after octet {}",
                        stream(*place, done),
                        thousands(place.after)
                    )
                })
                .collect();
            let more = match places.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(", and at {more} places more"),
            };
            write!(text, " when {}{more}", named.join(", and "))
        }
    }
    .expect("a string takes everything");
    if let Some((before, after)) = &failure.around
        && failure.places.len() <= NAMED
    {
        write!(text, ": {} | {}", hex(before), hex(after)).expect("a string takes everything");
    }
    text.push_str(match failure.shrunk {
        Shrunk::Confirmed => "; it succeeds when nothing is cut",
        Shrunk::OutOfRuns => "; it succeeds when nothing is cut. No runs were left to say more",
        Shrunk::NotRepeatable => {
            "; it succeeds when nothing is cut, and also when the same places are cut again: \
             the conversation is not the same in each run, so the cause could not be found"
        }
    });
    if let Some(first) = &failure.same_as {
        write!(text, ". The place was found under {}", first.id())
            .expect("a string takes everything");
    }
    if let Some(said) = &failure.said {
        write!(text, "\n  its last line: {said}").expect("a string takes everything");
    }
    text
}

/// `connection 2, server to client, is cut`.
fn stream(place: Place, done: &str) -> String {
    format!(
        "connection {}, {}, is {done}",
        place.connection,
        place.direction.in_words()
    )
}

/// `1,449`
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn hex(octets: &[u8]) -> String {
    let shown: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    shown.join(" ")
}

/// The places for programs: an object; `after` is a number, or a list where one place will not do.
fn places(cut: &Cut, failure: &Failure) -> Value {
    let Some(first) = failure.places.first() else {
        return Value::Null;
    };
    let same =
        |place: &Place| (place.connection, place.direction) == (first.connection, first.direction);
    let mut object = Map::new();
    object.insert("connection".to_owned(), first.connection.into());
    object.insert("direction".to_owned(), first.direction.name().into());
    let after: Vec<u64> = failure
        .places
        .iter()
        .filter(|place| same(place))
        .map(|place| place.after)
        .collect();
    let after = match after.as_slice() {
        [one] => (*one).into(),
        more => more.to_vec().into(),
    };
    object.insert("after".to_owned(), after);
    if cut.joins() {
        object.insert("joined".to_owned(), true.into());
    }
    let others: Vec<Value> = failure
        .places
        .iter()
        .filter(|place| !same(place))
        .map(|place| {
            json!({
                "connection": place.connection,
                "direction": place.direction.name(),
                "after": place.after,
            })
        })
        .collect();
    if !others.is_empty() {
        object.insert("and".to_owned(), others.into());
    }
    object.into()
}

/// The cause that the octets around a single cut suggest.
fn cause(failure: &Failure) -> Option<&'static str> {
    let (before, after) = failure.around.as_ref()?;
    let [_] = failure.places.as_slice() else {
        return None;
    };
    match (before.last()?, after.first()?) {
        (b'\r', b'\n') => Some(
            "a line end is taken for whole when only its CR has come, or missed when it comes in two reads",
        ),
        (0x80..=0xff, 0x80..=0xbf) if is_text(before, after) => {
            Some("octets are decoded as text before a character is whole")
        }
        _ => None,
    }
}

/// True if the octets around a cut are UTF-8 apart from a character torn at each edge.
fn is_text(before: &[u8], after: &[u8]) -> bool {
    let all = [before, after].concat();
    let inside = all.iter().skip_while(|octet| matches!(octet, 0x80..=0xbf));
    let inside: Vec<u8> = inside.copied().collect();
    match std::str::from_utf8(&inside) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recut::proxy::cut::Direction;

    fn failure(places: &[(u32, Direction, u64)], around: (&[u8], &[u8])) -> Failure {
        Failure {
            how: "ends with exit status 1".to_owned(),
            said: Some("wrong".to_owned()),
            places: places
                .iter()
                .map(|(connection, direction, after)| Place {
                    connection: *connection,
                    direction: *direction,
                    after: *after,
                })
                .collect(),
            around: Some((around.0.to_vec(), around.1.to_vec())),
            shrunk: Shrunk::Confirmed,
            same_as: None,
        }
    }

    fn checked(failure: Failure) -> Check {
        let finding = Finding {
            cut: Cut::Octets,
            outcome: Outcome::Fail(failure),
            runs: 7,
        };
        check(&finding, &|cut| format!("unstick proxy --cut {cut}"))
    }

    #[test]
    fn one_place_is_shown_with_what_lies_around_it() {
        let check = checked(failure(
            &[(2, Direction::ToClient, 1449)],
            (b"30\r", b"\nabc"),
        ));
        assert_eq!(
            check.message.to_string(),
            "COMMAND ends with exit status 1 when connection 2, server to client, is cut after octet \
             1,449: 33 30 0d | 0a 61 62 63; it succeeds when nothing is cut\n  its last line: wrong"
        );
        assert_eq!(
            check.rerun.unwrap(),
            "unstick proxy --cut at:2:to-client:1449"
        );
        assert!(check.cause.unwrap().contains("CR"));
        let cut = json!({"connection": 2, "direction": "to-client", "after": 1449});
        assert_eq!(check.details["cut"], cut);
        assert_eq!(check.details["runs"], 7);
    }

    #[test]
    fn several_places_are_all_given() {
        let check = checked(failure(
            &[
                (1, Direction::ToClient, 3),
                (1, Direction::ToClient, 7),
                (1, Direction::ToServer, 2),
            ],
            (b"ab", b"cd"),
        ));
        let cut = json!({
            "connection": 1, "direction": "to-client", "after": [3, 7],
            "and": [{"connection": 1, "direction": "to-server", "after": 2}],
        });
        assert_eq!(check.details["cut"], cut);
        assert!(check.cause.is_none());
        assert_eq!(
            check.rerun.unwrap(),
            "unstick proxy --cut at:1:to-client:3,1:to-client:7,1:to-server:2"
        );
    }

    #[test]
    fn a_torn_character_is_known() {
        let text = "größer als 日本".as_bytes();
        let (before, after) = text.split_at(3);
        let check = checked(failure(&[(1, Direction::ToClient, 3)], (before, after)));
        assert!(check.cause.unwrap().contains("character"));
        let check = checked(failure(
            &[(1, Direction::ToClient, 3)],
            (b"\xff\xff\xff", b"\x80\xff"),
        ));
        assert!(check.cause.is_none());
    }

    #[test]
    fn numbers_are_readable() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1449), "1,449");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }
}
