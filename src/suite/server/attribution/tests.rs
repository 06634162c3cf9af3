//! Failures that stand beside each other and so decide between two diagnoses, where one planted mistake
//! does not show it.

use super::*;
use crate::judge::evidence::Evidence;
use crate::judge::runner::Outcome;
use crate::judge::sentence::Sentence;
use crate::suite::effort::Effort;
use crate::suite::plain::frame;
use crate::suite::server::cases;
use crate::suite::server::directory_fault::DirectoryFault;
use crate::suite::server::failure::{Failure, OnDisk, What};
use crate::suite::server::reply_form::Difference;
use crate::trace::Class;
use crate::trace::segmentation::Segmentation;
use std::time::Duration;

const APART: Segmentation = Segmentation::Apart;
const CUT: Segmentation = Segmentation::Octets;
const TEXT: What = What::Different(Difference::Text);

fn finding(id: &str, cut: Segmentation, verdict: Verdict, failure: Option<Failure>) -> Finding {
    let cases = cases::all();
    let case = cases.iter().find(|case| case.info.id == id).expect(id);
    let failure = failure.map(Box::new);
    let evidence = failure.as_ref().map(|failure| failure.evidence.clone());
    let check = Check {
        evidence,
        ..Check::new(&case.info, Some(cut), verdict, "")
    };
    Finding::of(case, Outcome { check, failure })
}

fn passes(id: &str) -> Finding {
    finding(id, APART, Verdict::Pass, None)
}

/// A failure after `sent` had been sent and `seen` had come.
fn fails_after(id: &str, cut: Segmentation, what: What, sent: &[u8], seen: &[u8]) -> Finding {
    let failure = Failure {
        what,
        message: Sentence::default(),
        evidence: Evidence {
            sent: vec![sent.into()],
            seen: seen.into(),
            ..Evidence::default()
        },
        expected: None,
        held_back: None,
        on_disk: None,
        left_open: false,
    };
    finding(id, cut, Verdict::Fail, Some(failure))
}

fn fails(id: &str, cut: Segmentation, what: What) -> Finding {
    fails_after(id, cut, what, b"", b"")
}

/// These findings, in a run in which plain frames fail when they are taken apart.
fn beside_short_reads(
    findings: impl IntoIterator<Item = Finding>,
) -> impl Iterator<Item = Finding> {
    let short_reads = [passes("frm/two"), fails("frm/two", CUT, What::Missing)];
    short_reads.into_iter().chain(findings)
}

fn options(class: Class) -> Options {
    Options {
        class,
        framing: crate::framing::Framing::default(),
        max_payload: None,
        max_sessions: None,
        timeout: Duration::ZERO,
        effort: Effort::Full,
        jobs: None,
        fail_fast: false,
    }
}

/// The requirements and the cause of the last of these failures.
fn last(
    class: Class,
    findings: impl IntoIterator<Item = Finding>,
) -> (Vec<String>, Option<String>) {
    let mut findings: Vec<_> = findings.into_iter().collect();
    attribute(&mut findings, &options(class), false);
    let check = findings.pop().expect("there is one").check;
    let requirements = check.broken_first();
    let requirements = requirements.into_iter().map(ToString::to_string);
    (requirements.collect(), check.cause.clone())
}

/// Asserts that the last of these failures is put down to a requirement, for a reason that is told
/// with these words; none are said where it is not known.
fn assert_put_down(findings: impl IntoIterator<Item = Finding>, requirement: &str, words: &str) {
    let (requirements, cause) = last(Class::Transfer, findings);
    assert_eq!(requirements[0], requirement, "{cause:?}");
    let cause = cause.unwrap_or_default();
    assert!(
        cause.contains(words) && cause.is_empty() == words.is_empty(),
        "{cause}"
    );
}

#[test]
fn what_is_large_is_cut_by_the_network() {
    let apart = |octets: usize| {
        let failure = fails_after("len/1-mib", APART, What::Missing, &vec![b'a'; octets], b"");
        beside_short_reads([failure])
    };
    assert_put_down(apart(1401), "FRM-2", "short read");
    assert_put_down(apart(1400), "LEN-1", "");
    // Another chapter has reasons of its own.
    let other = fails_after("trf/body-2048", APART, What::Missing, &[b'a'; 1401], b"");
    assert_put_down(beside_short_reads([other]), "TRF-4", "");
}

#[test]
fn a_large_payload_that_the_network_cuts_is_above_no_limit() {
    let refused = || {
        let octets = [b'a'; 4095];
        let mut finding = fails_after("len/4095", APART, What::ClosedInstead, &octets, b"");
        let failure = finding.failure.as_mut().expect("it fails");
        failure.expected = Some(octets.to_vec());
        [finding]
    };
    assert_put_down(refused(), "FRM-7", "below 65,536 octets");
    assert_put_down(beside_short_reads(refused()), "FRM-2", "short read");
}

#[test]
fn what_fails_apart_too_is_not_put_down_to_the_cut() {
    let id = "msg/kept-bom";
    let both = [fails(id, APART, TEXT), fails(id, CUT, TEXT)];
    assert_put_down(beside_short_reads(both), "MSG-4", "U+FEFF");
    let cut = [passes(id), fails(id, CUT, TEXT)];
    assert_put_down(beside_short_reads(cut), "FRM-2", "short read");
}

#[test]
fn one_that_cannot_take_cuts_says_nothing_about_q() {
    let cut = || {
        [
            passes("ses/quit-lower"),
            fails("ses/quit-lower", CUT, What::Extra),
        ]
    };
    assert_put_down(cut(), "SES-2", "answers `q`");
    assert_put_down(beside_short_reads(cut()), "FRM-2", "short read");
}

#[test]
fn octets_too_many_are_a_short_read_only_behind_a_truncated_frame() {
    let truncated = fails("frm/truncated-looks-whole", APART, What::Extra);
    assert_put_down(beside_short_reads([truncated]), "FRM-2", "short read");
    let other = fails("frm/nested", APART, What::Extra);
    assert_put_down(beside_short_reads([other]), "FRM-1", "inside of payloads");
}

#[test]
fn characters_that_are_cut_are_a_matter_of_messages() {
    let cut = |id: &str| [passes(id), fails(id, CUT, TEXT)];
    let characters = || cut("msg/cut-2-octets-after-1");
    assert_put_down(characters(), "MSG-2", "before the frame is whole");
    assert_put_down(
        characters().into_iter().chain(cut("msg/kept-decomposed")),
        "MSG-2",
        "before the frame is whole",
    );
    assert_put_down(
        characters().into_iter().chain(cut("ses/same-text-twice")),
        "SES-4",
        "",
    );
    assert_put_down(cut("msg/kept-decomposed"), "MSG-4", "composes");
}

#[test]
fn a_text_that_is_altered_is_so_in_any_frame() {
    let framing = || fails("frm/nested", APART, TEXT);
    assert_put_down([fails("msg/kept-bom", APART, TEXT), framing()], "MSG-4", "");
    assert_put_down([framing()], "FRM-1", "inside of payloads");
}

#[test]
fn octets_that_were_not_sent_come_of_no_frame() {
    let longer = |more: &[u8]| {
        let fault = DirectoryFault::Longer {
            name: "a.bin".to_owned(),
            expected: 1,
            held: 1 + more.len(),
            more: more.to_vec(),
        };
        [fails_after(
            "trf/body-2048",
            APART,
            What::Directory(fault),
            b"body\0\0\0\x05after",
            b"",
        )]
    };
    assert_put_down(longer(b"\0\0\0\x05"), "TRF-4", "next frame");
    assert_put_down(longer(&[0; 8]), "TRF-4", "");
    assert_put_down(longer(b"body"), "TRF-4", "");
}

#[test]
fn an_echo_that_comes_twice_is_no_second_reply() {
    let twice = ["at 59 “a”", "at 60 “a”"].map(|reply| frame(reply.as_bytes()));
    let twice = twice.concat();
    let twice = || [fails_after("frm/two", APART, What::Extra, b"", &twice)];
    assert_eq!(last(Class::Transfer, twice()).0[0], "SES-4");
    assert_ne!(last(Class::Framing, twice()).0[0], "SES-4");
}

#[test]
fn one_that_ends_on_an_error_is_told_from_one_that_serves_badly_after_it() {
    let broken = |what| [fails("msg/invalid-octet-ff", APART, what)];
    assert_put_down(broken(What::Died), "SES-8", "ends the whole process");
    assert_put_down(broken(What::Unwell), "SES-8", "harms the others");
}

#[test]
fn memory_that_is_taken_instead_of_an_answer_is_put_down_to_what_was_announced() {
    let took = |what| fails("len/announced-ff000000", APART, what);
    assert_put_down([took(What::TookMemory)], "FRM-8", "without a bound");
    let alone = || fails("frm/memory-follows-arrival", APART, What::Other);
    assert_put_down([alone()], "FRM-8", "by the announced length");
    for what in [What::TookMemory, What::TooMuchMemory] {
        let beside = [alone(), took(what)];
        assert_put_down(beside, "FRM-8", "by the announced length");
    }
}

#[test]
fn what_else_a_case_is_for_stays() {
    let cut = [
        passes("frm/two"),
        fails("frm/cut-after-12", Segmentation::Pinned, TEXT),
    ];
    let (requirements, _) = last(Class::Transfer, beside_short_reads(cut));
    assert_eq!(requirements, ["FRM-2", "FRM-3"]);
}

#[test]
fn the_answer_to_a_later_text_is_told_from_any_other() {
    let answered = |text: &str| {
        let reply = frame(format!("…“{text}”信息!").as_bytes());
        [
            passes("frm/two"),
            fails_after("frm/two", Segmentation::Whole, TEXT, b"", &reply),
        ]
    };
    assert_put_down(answered("world"), "SES-6", "only the last");
    assert_put_down(answered("hell"), "FRM-3", "");
}

/// A failure that another mistake does not explain stays a finding of its own.
#[test]
fn only_what_is_explained_is_folded() {
    let wide = |id: &str| fails(id, APART, TEXT);
    let mut findings = vec![
        passes("len/1"),
        wide("len/65536"),
        wide("len/65537"),
        wide("len/131072"),
        fails("frm/wraps-fffffffc", APART, What::Extra),
        fails("ses/same-text-twice", APART, What::Missing),
        finding("frm/limit-exceeded", APART, Verdict::Fail, None),
    ];
    findings.push(fails("len/announced-01000000", APART, What::Extra));
    attribute(&mut findings, &options(Class::Session), false);
    let broken = |id: &str| {
        let check = findings.iter().find(|finding| finding.check.id == *id);
        check.map(|finding| finding.check.requirement().to_owned())
    };
    assert_eq!(broken("len/65536").as_deref(), Some("LEN-1"));
    assert_eq!(broken("frm/wraps-fffffffc").as_deref(), Some("LEN-1"));
    assert_eq!(broken("ses/same-text-twice").as_deref(), Some("SES-4"));
    assert_eq!(broken("frm/limit-exceeded").as_deref(), Some("FRM-7"));
}

fn present() -> What {
    What::Directory(DirectoryFault::Present {
        name: "a.bin".to_owned(),
        held: 1,
    })
}

/// A part of a body under its final name is one mistake, whatever else the case is for.
#[test]
fn a_part_of_a_body_that_is_kept_is_one_mistake() {
    let large = || fails("trf/length-2147483648", APART, present());
    assert_put_down([large()], "TRF-2", "");
    let kept = || fails("trf/short-1-of-10", APART, present());
    assert_put_down([kept(), large()], "TRF-9", "keeps what came of a body");
    let seen = fails("trf/invisible-until-whole", APART, present());
    assert_put_down([seen, kept(), large()], "TRF-9", "under its final name");
    let path = fails("trf/refused-name-inner-slash", APART, present());
    assert_put_down([kept(), path], "TRF-7", "name of a path");
}

#[test]
fn an_old_file_that_is_lost_under_a_link_is_the_same_mistake() {
    let changed = |id| {
        let name = "a.bin".to_owned();
        fails(id, APART, What::Directory(DirectoryFault::Changed { name }))
    };
    assert_put_down([changed("trf/link-cut-short")], "TRF-8", "");
    let old = changed("trf/short-1-of-10-old");
    let both = [old, changed("trf/link-cut-short")];
    assert_put_down(both, "TRF-9", "before the new one is whole");
}

/// The close after each transfer is no refusal of this one.
#[test]
fn a_close_after_a_transfer_is_no_refusal() {
    let mut closed = fails("trf/body-1", APART, What::ClosedInstead);
    closed.failure.as_mut().expect("it fails").on_disk = Some(OnDisk::Whole);
    let zeros = fails("trf/length-leading-zero", APART, present());
    assert_put_down([closed, zeros], "TRF-6", "closes the connection");
    let zeros = fails("trf/length-leading-zero", APART, present());
    assert_put_down([passes("trf/body-1"), zeros], "TRF-2", "");
}

/// The plainest length may be left out where much fails; a length below those at which 32 bits wrap around
/// tells as much.
#[test]
fn a_negative_length_is_known_where_the_plainest_was_left_out() {
    let unknown = || {
        let mut left_out = finding("len/announced-80000000", APART, Verdict::Skipped, None);
        left_out.check.left_out = true;
        left_out
    };
    let wraps = || fails("frm/wraps-fffffffc", APART, What::Extra);
    let below = fails("len/announced-ff000000", APART, What::Extra);
    assert_put_down([unknown(), below, wraps()], "LEN-4", "a negative number");
    let above = fails("len/announced-fffffffc", APART, What::Extra);
    assert_put_down([unknown(), above, wraps()], "FRM-7", "wraps around");
}

/// A system takes a whole answer at one time and a part of it at another, however the request was cut.
#[test]
fn a_large_answer_that_breaks_off_says_nothing_about_cuts() {
    let sent = frame(&[b'a'; 100_000]);
    let breaks_off = |id, segmentation, came: usize| {
        let mut finding = fails_after(id, segmentation, What::Missing, &sent, &sent[..came]);
        finding.failure.as_mut().unwrap().expected = Some(vec![b'a'; 100_000]);
        finding
    };
    let findings = [
        passes("len/65536"),
        fails("frm/slow-reader", APART, What::Missing),
        breaks_off("len/65536", CUT, 70_000),
    ];
    assert_eq!(last(Class::Framing, findings).0[0], "FRM-9");
}

/// A write of which a part is lost has announced the whole.
#[test]
fn a_payload_of_another_length_is_no_partial_write() {
    let came = |payload: &[u8]| {
        let mut large = fails_after("len/1-mib", APART, TEXT, b"", &frame(payload));
        large.failure.as_mut().expect("it fails").expected = Some(vec![b'a'; 1 << 20]);
        let unread = fails("frm/slow-reader", APART, What::Missing);
        [passes("frm/two"), unread, large]
    };
    let framing = |payload: &[u8]| last(Class::Framing, came(payload)).0.remove(0);
    assert_eq!(framing(&vec![b'b'; 1 << 20]), "FRM-9");
    assert_ne!(framing(&vec![b'a'; (1 << 20) + 1]), "FRM-9");
}

/// The traces of one mistake in cases of other requirements, each with what it is put down to.
#[test]
fn one_mistake_is_one_finding() {
    let died = |id| fails(id, APART, What::Died);
    let on_errors = |id| [died("msg/invalid-octet-ff"), died(id)];
    for id in [
        "frm/wraps-fffffffc",
        "frm/memory-follows-arrival",
        "trf/refused-name-absolute-outside",
    ] {
        assert_put_down(on_errors(id), "SES-8", "ends the whole process");
    }
    assert_put_down([died("frm/wraps-fffffffc")], "FRM-7", "wraps around");
    let wraps = fails("frm/wraps-ffffffff", APART, What::Extra);
    let large = |id| fails(id, APART, What::Extra);
    assert_put_down(
        [wraps, large("len/announced-ffffffff")],
        "FRM-7",
        "wraps around",
    );
    assert_put_down([large("len/announced-ffffffff")], "LEN-4", "");
    let form = || What::Different(Difference::Form);
    let mut acknowledged = fails("trf/body-1", APART, form());
    let failure = acknowledged.failure.as_mut().expect("it fails");
    failure.expected = Some(b"after".to_vec());
    failure.evidence.seen = [frame(b"ok"), frame("…“after”信息!".as_bytes())]
        .concat()
        .as_slice()
        .into();
    let memory = fails("trf/memory-of-a-body", APART, form());
    assert_put_down([acknowledged, memory], "TRF-6", "replies to a transfer");
    let beside = |id| fails(id, APART, What::Missing);
    let alone = [
        "ses/beside-a-silent-peer",
        "ses/beside-half-a-frame",
        "trf/two-at-once",
        "ses/others-live-on",
    ];
    assert_put_down(alone.map(beside), "SES-10", "one client at a time");
    assert_put_down([beside("ses/others-live-on")], "SES-8", "");
}

#[test]
fn a_file_without_its_beginning_was_not_counted_by_reads() {
    let whole = Segmentation::Whole;
    let joined = |fault| {
        let stored = fails("trf/body-2048", whole, What::Directory(fault));
        [passes("trf/body-2048"), stored]
    };
    let name = || "a.bin".to_owned();
    let (expected, place) = (10, 0);
    let shorter = |held| DirectoryFault::Shorter {
        name: name(),
        expected,
        held,
    };
    assert_put_down(joined(shorter(3)), "TRF-3", "counts reads");
    assert_put_down(joined(shorter(0)), "TRF-3", "together with its header");
    let other = DirectoryFault::Other {
        name: name(),
        place,
        expected,
        held: 4,
    };
    assert_put_down(joined(other), "TRF-3", "together with its header");
}

#[test]
fn lengths_that_are_decoded_as_text_are_told_from_signed_octets_and_from_low_limits() {
    let length = |id| fails_after(id, APART, What::Missing, &[b'a'; 4], b"");
    let cut = || fails("msg/cut-2-octets-after-1", Segmentation::Pinned, TEXT);
    let decodes = [passes("len/256"), cut(), length("len/128")];
    assert_put_down(decodes, "MSG-2", "lengths included");
    let signed = [passes("len/256"), length("len/255"), length("len/128")];
    assert_put_down(signed, "LEN-1", "");
    let repaired = || {
        let seen = frame("\u{FFFD}".as_bytes());
        fails_after(
            "msg/invalid-octet-ff",
            APART,
            What::Extra,
            &frame(b"\xFF"),
            &seen,
        )
    };
    let repairs_and_decodes = [passes("len/256"), repaired(), length("len/128")];
    assert_put_down(repairs_and_decodes, "MSG-2", "lengths included");
    let low = [length("len/256"), cut(), length("len/128")];
    assert_put_down(low, "LEN-1", "");
    let in_frames = [passes("len/256"), passes("len/128"), cut()];
    assert_put_down(in_frames, "MSG-2", "");
}

#[test]
fn replies_that_come_twice_are_no_matter_of_lengths() {
    let twice =
        frame("服务端于2026年01月02日03时04分05秒收到了你发来的“hi”信息!".as_bytes()).repeat(2);
    let repeats = || {
        fails_after(
            "ses/pipelined-two",
            APART,
            What::Extra,
            &frame(b"hi"),
            &twice,
        )
    };
    let large = || fails("len/65537", APART, What::Extra);
    assert_put_down([repeats(), large()], "SES-4", "more than once");
    assert_put_down([large()], "LEN-1", "");
}

#[test]
fn a_server_that_ends_on_errors_leaves_no_slot_and_puts_nothing_back() {
    let ends = || fails("msg/invalid-octet-ff", APART, What::Died);
    for id in ["ses/slots-after-refused-header", "trf/directory-gone"] {
        assert_put_down(
            [ends(), fails(id, APART, What::Died)],
            "SES-8",
            "ends the whole",
        );
    }
}
