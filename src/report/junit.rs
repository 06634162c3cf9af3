//! The report for continuous integration: JUnit's XML, a suite for each chapter.

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::Report;
use super::picture::safe;
use crate::judge::check::{Check, Verdict};
use crate::trace::visible::Visible;

/// Characters of a conversation that are shown.
const EVIDENCE: usize = 32 * 1024;

/// The report as JUnit XML.
///
/// # Errors
/// Something in it cannot be written as XML.
pub fn write(report: &Report<'_>) -> Result<String, quick_junit::SerializeError> {
    let mut document = Document::new("unstick");
    let mut suites: Vec<TestSuite> = Vec::new();
    for check in report.checks {
        let chapter = check.id.split('/').next().unwrap_or_default();
        let name = safe(format_args!("unstick.{}.{chapter}", report.testee.role));
        if suites
            .last()
            .is_none_or(|suite| suite.name.as_str() != name)
        {
            suites.push(TestSuite::new(name));
        }
        let suite = suites.last_mut().expect("one has just been pushed");
        suite.add_test_case(test_case(check, report));
    }
    if let Some(why) = report.unjudged {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(safe(why));
        status.set_type("unjudged");
        let mut suite = TestSuite::new(format!("unstick.{}.run", report.testee.role));
        suite.add_test_case(TestCase::new("the run comes to its end", status));
        suites.push(suite);
    }
    document.add_test_suites(suites);
    document.to_string().map(without_the_sum_of_skipped)
}

/// Takes out the number of all skipped test cases, for which Jenkins's schema has no place. Each suite
/// has its own number, which stays.
fn without_the_sum_of_skipped(text: String) -> String {
    let Some(from) = text.find("<testsuites ") else {
        return text;
    };
    let end = from + text[from..].find('>').unwrap_or_default();
    let skipped = text[from..end].find(" skipped=\"");
    let Some(from) = skipped.map(|place| from + place) else {
        return text;
    };
    let quotes = text[from..end].match_indices('"');
    match quotes.map(|(place, _)| from + place + 1).nth(1) {
        Some(end) => format!("{}{}", &text[..from], &text[end..]),
        None => text,
    }
}

fn test_case(check: &Check, report: &Report<'_>) -> TestCase {
    let name = match check.segmentation {
        Some(segmentation) => safe(format_args!("{} [{segmentation}]", check.id)),
        None => safe(&check.id),
    };
    let mut status = match check.verdict {
        Verdict::Pass | Verdict::Acceptable => TestCaseStatus::success(),
        Verdict::Skipped => TestCaseStatus::skipped(),
        _ if report.known.expects(check) => TestCaseStatus::skipped(),
        Verdict::Fail | Verdict::Flaky => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    if check.verdict != Verdict::Pass && check.verdict != Verdict::Acceptable {
        let requirement = check.requirement();
        status.set_message(safe(format_args!("{requirement}: {}", check.message)));
        status.set_type(check.verdict.name());
    }
    let mut case = TestCase::new(name, status);
    let requirements: Vec<&str> = check.broken_first().iter().map(|id| id.as_str()).collect();
    case.set_classname(safe(requirements.join(" ")));
    if check.verdict == Verdict::Acceptable {
        case.set_system_out(safe(&check.message));
    }
    if let Some(evidence) = &check.evidence {
        case.set_system_out(Visible::shortened(evidence, EVIDENCE).as_str());
    }
    case
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sum_of_what_was_skipped_is_taken_out() {
        let with = "<testsuites name=\"a\" skipped=\"14\" errors=\"0\"><testsuite skipped=\"1\"/>";
        let without = "<testsuites name=\"a\" errors=\"0\"><testsuite skipped=\"1\"/>";
        assert_eq!(without_the_sum_of_skipped(with.to_owned()), without);
        assert_eq!(without_the_sum_of_skipped(without.to_owned()), without);
        assert_eq!(
            without_the_sum_of_skipped("<testsuites ".to_owned()),
            "<testsuites "
        );
    }
}
