//! The mistakes of clients that are known by the cases they fail.

use super::cases::replies::{CUT_AFTER, frame_cut_everywhere};
use super::finding::Finding;
use super::symptom::Symptom;
use crate::judge::check::{Check, Verdict};
use crate::judge::id::RequirementId;
use crate::suite::signature::{self, Consequence, Telltale, known};
use crate::trace::segmentation::Segmentation;

/// The look that the failures of a mistake have in common.
#[derive(Debug, Clone, Copy)]
enum Look {
    /// Anything.
    Any,
    /// Each failure looks like this.
    Is(Symptom),
    /// The failure was seen once the file was announced as it ought to be.
    Announced,
    /// A reply that came in pieces is not shown.
    InPieces,
}

impl Look {
    fn fits(self, finding: &Finding) -> bool {
        match self {
            Self::Any => true,
            Self::Is(symptom) => finding.symptom == Some(symptom),
            Self::Announced => finding.symptom != Some(Symptom::OtherHeader),
            Self::InPieces => {
                finding.check.segmentation != Some(Segmentation::Whole)
                    && finding.symptom == Some(Symptom::NotShown)
            }
        }
    }
}

#[rustfmt::skip]
const TABLE: &[Telltale<Look>] = &[
    known("FRM-2", &["client/reply-*"], &["client/reply-ascii"], Look::InPieces,
        "it takes a short read for a whole one"),
    known("FRM-2", &["client/reply-of-*"], &["client/reply-of-5000-octets"], Look::InPieces,
        "it takes a short read for a whole one"),
    known("FRM-3", &["client/two-replies", "client/reply-and-*", "client/reply-ends-late"],
        &["client/two-replies"], Look::Is(Symptom::NotShown),
        "it loses what arrives together with the end of a reply"),
    known("FRM-6", &["client/truncated-*", "client/announced-*"], &[],
        Look::Is(Symptom::ShownAllTheSame),
        "it takes the part of a reply that came before the end of the stream for a whole one"),
    known("FRM-6", &["client/truncated-*", "client/announced-*"], &["client/truncated-after-1"],
        Look::Is(Symptom::Silent), "it does not say that the stream ended inside a reply"),
    known("FRM-9", &["client/slow-reader", "client/slowly-taken-file"], &[], Look::Any,
        "it drops what one write did not take"),
    known("MSG-3", &["client/invalid-*"], &["client/invalid-ff", "client/invalid-lone-continuation"],
        Look::Is(Symptom::ShownAllTheSame), "it shows replies that are not UTF-8: it repairs them, or does not check"),
    known("MSG-3", &["client/invalid-*"], &["client/invalid-ff"], Look::Is(Symptom::Silent),
        "it does not say that a reply is not UTF-8"),
    known("SES-11",
        &["client/truncated-after-0", "client/closed-*", "client/reset-*"],
        &["client/closed-at-once"], Look::Is(Symptom::Silent),
        "it does not say that the server went away"),
    known("SES-12", &["client/quit*"], &["client/quit"], Look::Is(Symptom::ClosedInstead),
        "it closes without `q`"),
    known("SES-12", &["client/quit*"], &["client/quit"], Look::Is(Symptom::NotClosed),
        "it does not close after `q`"),
    known("SES-12", &["client/quit*"], &["client/quit"], Look::Is(Symptom::SentMore),
        "it goes on after `q`"),
    known("TRF-1", &["client/name-comma*"], &["client/name-comma"], Look::Any,
        "it does not send a name with a comma as it is"),
    known("TRF-7", &["client/name-outside", "client/name-below"], &["client/name-below"], Look::Any,
        "it sends a path instead of the name of the file"),
    // A file grows in time only by luck, so what the client does then tells nothing apart.
    known("TRF-13", &["client/growing-file", "client/shrinking-file"], &["client/shrinking-file"],
        Look::Announced, "it does not keep to the length that it announced when a file changes"),
];

/// The cases that show whether a client writes two things at a time.
const TWO_WRITERS: [&str; 2] = [
    "client/lines-while-a-file-is-sent",
    "client/three-thousand-lines",
];

/// Octets of two writers look as if a body were too long or too short, wherever a client does so. Those that a
/// write did not take look so where the peer is slow.
const CONSEQUENCES: &[Consequence<Finding>] = &[
    Consequence {
        seems: "TRF-13",
        is: "FRM-9",
        explained: |finding, because| {
            let mut because = because.iter().map(|one| one.check.id.as_str());
            let writes_beside = because.any(|id| TWO_WRITERS.contains(&id));
            let slow = [
                "client/quit-behind-a-large-file",
                "client/slowly-taken-file",
            ];
            writes_beside || slow.contains(&finding.check.id.as_str())
        },
    },
    // A file after which no `q` comes was sent all the same.
    Consequence {
        seems: "TRF-13",
        is: "SES-12",
        explained: |finding, because| {
            let mut because = because.iter().map(|one| one.check.id.as_str());
            finding.check.id == "client/quit-behind-a-large-file"
                && finding.symptom == Some(Symptom::ClosedInstead)
                && because.any(|id| id == "client/quit")
        },
    },
    // The part of a reply that came before the end of the stream is what one read gives too.
    Consequence {
        seems: "FRM-6",
        is: "FRM-2",
        explained: |finding, because| {
            let in_pieces = |one: &&Finding| Look::InPieces.fits(one);
            finding.symptom == Some(Symptom::ShownAllTheSame) && because.iter().any(in_pieces)
        },
    },
    // A header whose length counts characters ends early where its name has others than ASCII.
    counts_characters("TRF-1"),
    counts_characters("TRF-2"),
    counts_characters("TRF-13"),
    // A client that takes whatever comes for `ok` takes a refusal for it too.
    Consequence {
        seems: "VTR-5",
        is: "VTR-3",
        explained: |_, because| {
            let mut because = because.iter().map(|one| one.check.id.as_str());
            because.any(|id| id == "client/verified-not-ok")
        },
    },
];

const fn counts_characters(seems: &'static str) -> Consequence<Finding> {
    Consequence {
        seems,
        is: "MSG-1",
        explained: |finding, _| {
            let wide = ["chinese", "emoji", "composed", "decomposed"];
            let name = finding.check.id.strip_prefix("client/name-");
            name.is_some_and(|name| wide.contains(&name))
        },
    }
}

/// Names the mistake where all failures of a requirement without a cause point to one.
pub(super) fn name_what_tells_itself(findings: &mut [Finding]) {
    decodes_chunks(findings);
    is_a_reply_behind(findings);
    let left_out = signature::left_out(findings.iter().map(|finding| &finding.check));
    let failures = findings.iter().map(|finding| (&finding.check, finding));
    let mut causes = signature::causes(TABLE, Look::fits, failures, &left_out);
    // A client that takes a short read for a whole reply takes the last one for a whole reply too, and
    // octets of two replies for one that is not UTF-8.
    if is_broken(findings, "FRM-2") {
        causes.remove("FRM-6");
        causes.remove("MSG-3");
    }
    let checks = findings.iter_mut().map(|finding| &mut finding.check);
    signature::name(checks, &causes);
    if is_broken(findings, "MSG-4") {
        // Texts that were changed look as if two writers had mixed them.
        let checks = findings.iter_mut().map(|finding| &mut finding.check);
        for check in checks.filter(|check| check.requirement() == "FRM-9") {
            check.cause = None;
        }
    }
    signature::fold_consequences(findings, CONSEQUENCES);
}

fn is_broken(findings: &[Finding], requirement: &str) -> bool {
    let mut checks = findings.iter().map(|finding| &finding.check);
    checks.any(|check| check.verdict == Verdict::Fail && check.requirement() == requirement)
}

/// A client that decodes octets as they come fails where a cut is inside a character, and nowhere else.
fn decodes_chunks(findings: &mut [Finding]) {
    let wire = frame_cut_everywhere();
    let cut_of = |check: &Check| check.id.strip_prefix(CUT_AFTER)?.parse::<usize>().ok();
    let is_inside = |place: usize| place > 4 && !wire.is_char_boundary(place - 4);
    let (mut inside, mut at_edges) = (0, 0);
    for check in findings.iter().map(|finding| &finding.check) {
        let Some(place) = cut_of(check) else { continue };
        match (check.verdict, is_inside(place)) {
            (Verdict::Fail, true) => inside += 1,
            (Verdict::Fail, false) | (Verdict::Pass, true) => return,
            (Verdict::Pass, false) if place > 4 => at_edges += 1,
            _ => {}
        }
    }
    if inside == 0 || at_edges == 0 {
        return;
    }
    let is_cut = |check: &Check| {
        check
            .segmentation
            .is_some_and(|cut| cut != Segmentation::Whole)
            || cut_of(check).is_some()
            || *check.id == *"client/pause-inside"
    };
    for check in findings.iter_mut().map(|finding| &mut finding.check) {
        if check.verdict == Verdict::Fail && check.requirement() == "FRM-2" && is_cut(check) {
            check.broken = Some(RequirementId::new("MSG-2"));
            check.cause = Some("it decodes text before the reply is whole".to_owned());
        }
    }
}

/// A client that goes on without a reply is out of step after any pause that is longer than its timer, and on
/// a loaded machine after any reply. A client that takes parts for wholes shows no reply that comes in pieces.
fn is_a_reply_behind(findings: &mut [Finding]) {
    let mut checks = findings.iter().map(|finding| &finding.check);
    let late = checks.find(|check| {
        *check.id == *"client/late-reply"
            && check.verdict == Verdict::Fail
            && check.requirement() == "SES-11"
    });
    let Some(cause) = late.map(|check| check.cause.clone()) else {
        return;
    };
    let in_pieces = |check: &Check| {
        let cut = check.segmentation;
        check.id.starts_with("client/reply-") && cut.is_some_and(|cut| cut != Segmentation::Whole)
    };
    let shows_some = cause.is_some()
        && findings
            .iter()
            .any(|finding| in_pieces(&finding.check) && finding.check.verdict == Verdict::Pass);
    for finding in findings {
        let not_shown = shows_some && finding.symptom == Some(Symptom::NotShown);
        let check = &mut finding.check;
        if check.verdict == Verdict::Fail && (not_shown || check.id.starts_with("client/pause-")) {
            check.broken = Some(RequirementId::new("SES-11"));
            check.cause.clone_from(&cause);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::client::cases;

    /// The words of a failure are for people: whatever they are, the same mistake is named.
    #[test]
    fn no_cause_hangs_on_words() {
        let failed = |id: &str, symptom| {
            let cases = cases::all();
            let case = cases.iter().find(|case| case.info.id == *id).expect(id);
            Finding {
                symptom: Some(symptom),
                ..Finding::of(Check::new(&case.info, None, Verdict::Fail, "abracadabra"))
            }
        };
        let cause = |id: &str, symptom| {
            let mut findings = [failed(id, symptom)];
            name_what_tells_itself(&mut findings);
            let [finding] = findings;
            finding.check.cause
        };
        for (id, symptom, named) in [
            (
                "client/quit",
                Symptom::NotClosed,
                "it does not close after `q`",
            ),
            (
                "client/quit",
                Symptom::ClosedInstead,
                "it closes without `q`",
            ),
            ("client/quit", Symptom::SentMore, "it goes on after `q`"),
            (
                "client/invalid-ff",
                Symptom::Silent,
                "it does not say that a reply is not UTF-8",
            ),
            (
                "client/closed-at-once",
                Symptom::Silent,
                "it does not say that the server went away",
            ),
            (
                "client/two-replies",
                Symptom::NotShown,
                "it loses what arrives together with the end of a reply",
            ),
        ] {
            assert_eq!(cause(id, symptom).as_deref(), Some(named), "{id}");
        }
        assert_eq!(cause("client/quit", Symptom::Other), None);
    }

    /// On a loaded machine any reply may come later than a client's timer; of a client that takes parts for
    /// wholes none that comes in pieces is shown.
    #[test]
    fn a_client_with_a_timer_is_told_from_one_that_reads_short() {
        let named = |shown: Verdict, late: Option<&str>| {
            let cases = cases::all();
            let check = |id: &str, cut, verdict| {
                let case = cases.iter().find(|case| case.info.id == *id).expect(id);
                Check::new(&case.info, cut, verdict, String::new())
            };
            let pieces = Some(Segmentation::Octets);
            let not_shown = |check| Finding {
                check,
                symptom: Some(Symptom::NotShown),
            };
            let mut behind = not_shown(check("client/late-reply", None, Verdict::Fail));
            behind.check.broken = Some(RequirementId::new("SES-11"));
            behind.check.cause = late.map(str::to_owned);
            let mut findings = [
                behind,
                not_shown(check("client/reply-ascii", pieces, Verdict::Fail)),
                Finding::of(check("client/reply-emoji", pieces, shown)),
            ];
            name_what_tells_itself(&mut findings);
            findings[1].check.requirement().to_owned()
        };
        assert_eq!(named(Verdict::Pass, Some("late")), "SES-11");
        assert_eq!(named(Verdict::Fail, Some("late")), "FRM-2");
        assert_eq!(named(Verdict::Pass, None), "FRM-2");
    }

    #[test]
    fn a_file_behind_which_no_q_comes_was_not_cut_short() {
        let cases = cases::all();
        let named = |symptom| {
            let failed = |id: &str, broken| {
                let case = cases.iter().find(|case| case.info.id == *id).expect(id);
                let mut check = Check::new(&case.info, None, Verdict::Fail, String::new());
                check.broken = Some(RequirementId::new(broken));
                check
            };
            let closes = |check, symptom| Finding {
                check,
                symptom: Some(symptom),
            };
            let large = failed("client/quit-behind-a-large-file", "TRF-13");
            let mut findings = [
                closes(failed("client/quit", "SES-12"), Symptom::ClosedInstead),
                closes(large, symptom),
            ];
            name_what_tells_itself(&mut findings);
            findings[1].check.requirement().to_owned()
        };
        assert_eq!(named(Symptom::ClosedInstead), "SES-12");
        assert_eq!(named(Symptom::Other), "TRF-13");
    }

    #[test]
    fn a_wide_name_is_cut_by_a_length_of_characters() {
        let cases = cases::all();
        let named = |id: &str| {
            let failed = |id: &str, broken| {
                let case = cases.iter().find(|case| case.info.id == *id).expect(id);
                let mut check = Check::new(&case.info, None, Verdict::Fail, String::new());
                check.broken = Some(RequirementId::new(broken));
                check.cause = Some(broken.to_owned());
                Finding::of(check)
            };
            let mut findings = [failed("client/text-chinese", "MSG-1"), failed(id, "TRF-1")];
            name_what_tells_itself(&mut findings);
            findings[1].check.requirement().to_owned()
        };
        assert_eq!(named("client/name-chinese"), "MSG-1");
        assert_eq!(named("client/name-comma"), "TRF-1");
    }

    #[test]
    fn the_table_speaks_of_cases_that_there_are() {
        let cases: Vec<_> = cases::all()
            .into_iter()
            .map(|case| case.info.id.to_string())
            .collect();
        signature::assert_speaks_of(TABLE, &cases);
    }
}
