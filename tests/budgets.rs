//! A testee that fails everything is not waited for all day: what is left out then, and that nothing
//! is where failures cost nothing.

mod support;

use std::collections::BTreeMap;

use support::{example, judge};

const SOFT: &str = "not run: the case has failed under another segmentation, and many checks take \
                    their time to fail";
const HARD: &str = "not run: failures of this chapter have taken their time too often; mend those \
                    first";

/// Judges a server that is right in the plainest conversation alone, and counts the checks that fail
/// (with no words) and those that are left out (with the reason), chapter by chapter.
fn outcomes(mode: &str, cases: &str) -> BTreeMap<(String, String), usize> {
    let server = example("ill_server");
    let (ran, report) = judge(
        &["--class", "framing", "--run", cases],
        &[&server, "--port", "{port}", mode],
    );
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let mut outcomes = BTreeMap::new();
    for check in report["cases"].as_array().unwrap() {
        let chapter = check["id"].as_str().unwrap().split('/').next().unwrap();
        let why = match check["verdict"].as_str().unwrap() {
            "fail" => "",
            "skipped" => check["message"].as_str().unwrap(),
            "pass" if chapter == "plain" => continue,
            other => panic!("{other}: {check:#}"),
        };
        let outcome = (chapter.to_owned(), why.to_owned());
        *outcomes.entry(outcome).or_default() += 1;
    }
    outcomes
}

fn assert_outcomes(mode: &str, cases: &str, expected: &[(&str, &str, usize)]) {
    let expected = expected
        .iter()
        .map(|(chapter, why, count)| (((*chapter).to_owned(), (*why).to_owned()), *count));
    assert_eq!(outcomes(mode, cases), expected.collect(), "{mode}");
}

/// Each of these checks costs a wait in vain and, twice, a start afresh.
#[test]
fn a_chapter_that_takes_too_long_to_fail_is_left_out() {
    let cases =
        "{frm/two,len/{1,2,3,127,128,129,255,256,257,511,512,1000,1023,1024,1025,1460,4095,4096}}";
    assert_outcomes(
        "mute",
        cases,
        &[
            ("frm", "", 4),
            ("frm", SOFT, 7),
            ("len", "", 17),
            ("len", HARD, 182),
        ],
    );
}

#[test]
fn failures_that_cost_nothing_are_all_seen() {
    assert_outcomes("garbles", "len/{1,2,3}", &[("len", "", 31)]);
}

/// It might have closed without a word, and then would have had to be started afresh.
#[test]
fn a_wrong_answer_before_a_close_costs_as_much_as_none() {
    let expected = [("len", "", 6), ("len", SOFT, 25)];
    assert_outcomes("garbles-and-closes", "len/{1,2,3}", &expected);
}
