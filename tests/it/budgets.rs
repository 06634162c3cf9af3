//! A testee that fails everything is not waited for all day: what is left out then, and that nothing
//! is where failures cost nothing.

use std::collections::BTreeMap;

use crate::support::{example, judge_as};

const SOFT: &str = "the case has failed under another segmentation, and many checks take their time \
                    to fail";
const CHAPTER: &str = "failures of this chapter have taken their time too often; mend those first";
const KIND: &str = "25 checks like this have failed and taken their time; mend those first";
const WHOLE: &str = "many checks have failed and taken their time; mend those first";

/// Judges a testee, and counts the checks that fail (with no words) and those that are left out (with
/// the reason), by where the name of their case begins.
fn assert_outcomes(
    role: &str,
    options: &[&str],
    testee: &[&str],
    expected: &[(&str, &str, usize)],
) {
    let (ran, report) = judge_as(role, options, testee);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let mut outcomes = BTreeMap::new();
    for check in report["cases"].as_array().unwrap() {
        let why = match check["verdict"].as_str().unwrap() {
            "fail" => "",
            "skipped" => check["message"].as_str().unwrap(),
            _ => continue,
        };
        let why = why.trim_start_matches("not run: ");
        let id = check["id"].as_str().unwrap();
        let known = expected
            .iter()
            .find(|(start, expected, _)| id.starts_with(start) && *expected == why);
        let (start, why, _) = known.unwrap_or_else(|| panic!("not expected: {check:#}"));
        *outcomes.entry((*start, *why)).or_insert(0) += 1;
    }
    let expected = expected
        .iter()
        .map(|(start, why, count)| ((*start, *why), *count));
    assert_eq!(outcomes, expected.collect());
}

/// A server that is right in the plainest conversation alone.
fn assert_server(mode: &str, cases: &str, expected: &[(&str, &str, usize)]) {
    let options = ["--class", "framing", "--run", cases];
    let testee = [&*example("misbehaving_server"), "--port", "{port}", mode];
    assert_outcomes("server", &options, &testee, expected);
}

fn assert_client(fault: &str, cases: &str, expected: &[(&str, &str, usize)]) {
    let testee = [
        &*example("faulty_client"),
        "{host}",
        "{port}",
        "{dir}",
        "--fault",
        fault,
    ];
    assert_outcomes("client", &["--run", cases], &testee, expected);
}

/// Each of these checks costs a wait in vain and, twice, a start afresh.
#[test]
fn a_chapter_that_takes_too_long_to_fail_is_left_out() {
    let cases =
        "{frm/two,len/{1,2,3,127,128,129,255,256,257,511,512,1000,1023,1024,1025,1460,4095,4096}}";
    let expected = [
        ("frm/", "", 4),
        ("frm/", SOFT, 7),
        ("len/", "", 17),
        ("len/", CHAPTER, 182),
    ];
    assert_server("mute", cases, &expected);
}

#[test]
fn failures_that_cost_nothing_are_all_seen() {
    assert_server("garbles", "len/{1,2,3}", &[("len/", "", 31)]);
}

/// It might have closed without a word, and then would have had to be started afresh.
#[test]
fn a_wrong_answer_before_a_close_costs_as_much_as_none() {
    let expected = [("len/", "", 6), ("len/", SOFT, 25)];
    assert_server("garbles-and-closes", "len/{1,2,3}", &expected);
}

#[test]
fn a_client_that_takes_too_long_to_fail_is_left_in_the_end() {
    let expected = [
        ("client/file-of-", "", 25),
        ("client/file-of-", KIND, 2),
        ("client/name-", "", 15),
        ("client/name-", WHOLE, 8),
    ];
    assert_client(
        "awaits-acknowledgement",
        "client/{file-of-*,name-*}",
        &expected,
    );
}

#[test]
fn a_client_that_has_failed_much_is_cut_no_further_where_it_fails() {
    let expected = [("client/reply-", "", 13), ("client/reply-", SOFT, 10)];
    assert_client(
        "short-length",
        "client/reply-{ascii,chinese,emoji,of-5000-octets}",
        &expected,
    );
}
