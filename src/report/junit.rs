//! The report for continuous integration: JUnit's XML, a suite for each chapter.

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::Report;
use crate::judge::check::{Check, Verdict};
use crate::trace::visible::Visible;

/// The report as JUnit XML.
///
/// # Errors
/// Something in it cannot be written as XML.
pub fn write(report: &Report<'_>) -> Result<String, quick_junit::SerializeError> {
    let mut document = Document::new("unstick");
    let mut suites: Vec<TestSuite> = Vec::new();
    for check in report.checks {
        let chapter = check.id.split('/').next().unwrap_or_default();
        let name = format!("unstick.{}.{chapter}", report.testee.role);
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
        status.set_message(Visible::of(why).as_str());
        status.set_type("unjudged");
        let mut suite = TestSuite::new(format!("unstick.{}.run", report.testee.role));
        suite.add_test_case(TestCase::new("the run comes to its end", status));
        suites.push(suite);
    }
    document.add_test_suites(suites);
    document.to_string()
}

fn test_case(check: &Check, report: &Report<'_>) -> TestCase {
    let name = match check.segmentation {
        Some(segmentation) => format!("{} [{segmentation}]", check.id),
        None => check.id.to_string(),
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
        status.set_message(Visible::of(format_args!("{requirement}: {}", check.message)).as_str());
        status.set_type(check.verdict.name());
    }
    let mut case = TestCase::new(name, status);
    let requirements: Vec<&str> = check.broken_first().iter().map(|id| id.as_str()).collect();
    case.set_classname(requirements.join(" "));
    if check.verdict == Verdict::Acceptable {
        case.set_system_out(Visible::of(&check.message).as_str());
    }
    if let Some(evidence) = &check.evidence {
        case.set_system_out(Visible::of(evidence).as_str());
    }
    case
}
