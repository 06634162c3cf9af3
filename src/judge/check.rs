//! The results of a run: a verdict for each check, with the evidence of those that are not green.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::case::CaseInfo;
use super::evidence::Evidence;
use super::id::{CaseId, RequirementId};
use super::sentence::Sentence;
use crate::trace::Class;
use crate::trace::segmentation::Segmentation;

/// The verdict of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As the requirement has it.
    Pass,
    /// Against the requirement, twice.
    Fail,
    /// Allowed by a MAY, and worth knowing.
    Acceptable,
    /// Not claimed, or cannot be seen.
    Skipped,
    /// Failed once and not again.
    Flaky,
    /// Could not be judged.
    Error,
}

impl Verdict {
    /// All verdicts, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::Pass,
        Self::Fail,
        Self::Acceptable,
        Self::Skipped,
        Self::Flaky,
        Self::Error,
    ];

    /// The name used in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Acceptable => "acceptable",
            Self::Skipped => "skipped",
            Self::Flaky => "flaky",
            Self::Error => "error",
        }
    }
}

/// A case under one segmentation, judged.
///
/// Written and read as reports have it: there the requirement that is broken stands first of all, and
/// title and class are left out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Check {
    /// The case.
    pub id: CaseId,
    /// The title: what must be done, in one line.
    #[serde(skip)]
    pub title: Sentence,
    /// The requirements that the case shows, the foremost first.
    pub requirements: Vec<RequirementId>,
    /// Of a check that failed, the requirement that is really broken; it may be none of the case's own.
    #[serde(default)]
    pub broken: Option<RequirementId>,
    /// The lowest class that owes the case.
    #[serde(skip, default = "lowest")]
    pub class: Class,
    /// The segmentation of the stream; none for a case whose point is elsewhere.
    pub segmentation: Option<Segmentation>,
    /// The verdict.
    pub verdict: Verdict,
    /// The reason, for every verdict but `pass`.
    pub message: Sentence,
    /// The evidence: what was sent, expected and seen. A finding of `unstick fuzz` has a conversation in its place
    /// when it is written, to be held again; that is passed over where a report is read.
    #[serde(default, rename = "trace", deserialize_with = "evidence")]
    pub evidence: Option<Evidence>,
    /// The likely mistake, where the failure points to one.
    #[serde(default)]
    pub cause: Option<String>,
    /// The command line that runs just this again, where that of the report does not do.
    #[serde(default)]
    pub rerun: Option<String>,
    /// Entries that only this kind of run can give: where it was cut, how often something ran.
    #[serde(flatten)]
    pub details: serde_json::Map<String, serde_json::Value>,
    /// True if the check was skipped because other failures had taken their time: nothing is known of it, though
    /// it would have counted.
    #[serde(default)]
    pub left_out: bool,
}

fn evidence<'de, D: Deserializer<'de>>(written: D) -> Result<Option<Evidence>, D::Error> {
    let written = serde_json::Value::deserialize(written)?;
    // Steps are those of a conversation.
    if written.get("steps").is_some() {
        return Ok(None);
    }
    serde_json::from_value(written).map_err(D::Error::custom)
}

const fn lowest() -> Class {
    Class::Codec
}

impl Check {
    /// A check of a case, with nothing to show. If it failed, it breaks the foremost requirement of its case,
    /// until more is known.
    #[must_use]
    pub fn new(
        case: &CaseInfo,
        segmentation: Option<Segmentation>,
        verdict: Verdict,
        message: impl Into<Sentence>,
    ) -> Self {
        let failed = matches!(verdict, Verdict::Fail | Verdict::Flaky);
        Self {
            id: case.id.clone(),
            title: case.title.clone(),
            requirements: case.requirements.clone(),
            broken: case.requirements.first().filter(|_| failed).cloned(),
            class: case.class,
            segmentation,
            verdict,
            message: message.into(),
            evidence: None,
            cause: None,
            rerun: None,
            details: serde_json::Map::new(),
            left_out: false,
        }
    }

    /// A check that is not made, to save time where others have failed.
    #[must_use]
    pub fn left_out(
        case: &CaseInfo,
        segmentation: Option<Segmentation>,
        why: impl Into<Sentence>,
    ) -> Self {
        Self {
            left_out: true,
            ..Self::new(case, segmentation, Verdict::Skipped, why)
        }
    }

    /// The requirement that the check is about: the broken one, or else the foremost of the case.
    #[must_use]
    pub fn requirement(&self) -> &str {
        let foremost = self.broken.as_ref().or_else(|| self.requirements.first());
        foremost.map_or("", RequirementId::as_str)
    }

    /// All requirements, the broken one first.
    #[must_use]
    pub fn broken_first(&self) -> Vec<&RequirementId> {
        let broken = self.broken.iter();
        let others = self.requirements.iter();
        broken
            .chain(others.filter(|id| Some(*id) != self.broken.as_ref()))
            .collect()
    }
}

impl AsRef<Self> for Check {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl AsMut<Self> for Check {
    fn as_mut(&mut self) -> &mut Self {
        self
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'c> {
            id: &'c CaseId,
            requirements: Vec<&'c RequirementId>,
            #[serde(skip_serializing_if = "Option::is_none")]
            broken: Option<&'c RequirementId>,
            segmentation: Option<Segmentation>,
            verdict: Verdict,
            message: &'c Sentence,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            left_out: bool,
            #[serde(skip_serializing_if = "Option::is_none")]
            trace: Option<&'c Evidence>,
            #[serde(skip_serializing_if = "Option::is_none")]
            cause: Option<&'c str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            rerun: Option<&'c str>,
            #[serde(flatten)]
            details: &'c serde_json::Map<String, serde_json::Value>,
        }
        Written {
            id: &self.id,
            requirements: self.broken_first(),
            broken: self.broken.as_ref(),
            segmentation: self.segmentation,
            verdict: self.verdict,
            message: &self.message,
            left_out: self.left_out,
            trace: self.evidence.as_ref(),
            cause: self.cause.as_deref(),
            rerun: self.rerun.as_deref(),
            details: &self.details,
        }
        .serialize(serializer)
    }
}

/// Numbers of checks, by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// [`Verdict::Pass`]
    pub pass: usize,
    /// [`Verdict::Fail`]
    pub fail: usize,
    /// [`Verdict::Acceptable`]
    pub acceptable: usize,
    /// [`Verdict::Skipped`]
    pub skipped: usize,
    /// [`Verdict::Flaky`]
    pub flaky: usize,
    /// [`Verdict::Error`]
    pub error: usize,
}

impl Summary {
    /// Counts the verdicts of some checks.
    #[must_use]
    pub fn of<'c>(checks: impl IntoIterator<Item = &'c Check>) -> Self {
        let mut summary = Self::default();
        for check in checks {
            *match check.verdict {
                Verdict::Pass => &mut summary.pass,
                Verdict::Fail => &mut summary.fail,
                Verdict::Acceptable => &mut summary.acceptable,
                Verdict::Skipped => &mut summary.skipped,
                Verdict::Flaky => &mut summary.flaky,
                Verdict::Error => &mut summary.error,
            } += 1;
        }
        summary
    }

    /// The count of one verdict.
    #[must_use]
    pub const fn count(&self, verdict: Verdict) -> usize {
        match verdict {
            Verdict::Pass => self.pass,
            Verdict::Fail => self.fail,
            Verdict::Acceptable => self.acceptable,
            Verdict::Skipped => self.skipped,
            Verdict::Flaky => self.flaky,
            Verdict::Error => self.error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::case::Role;

    #[test]
    fn a_check_is_read_back_as_it_was_written() {
        let case = CaseInfo::new(Role::Server, "frm/a", "", &["FRM-1", "FRM-3"], Class::Codec);
        let mut check = Check::new(&case, Some(Segmentation::Octets), Verdict::Fail, "why");
        check.broken = Some(RequirementId::new("FRM-3"));
        check.cause = Some("it does".to_owned());
        check.rerun = Some("unstick proxy".to_owned());
        check.details.insert("runs".to_owned(), 7.into());
        check.evidence = Some(Evidence {
            expected: "more".into(),
            seen: b"less"[..].into(),
            ..Evidence::default()
        });
        let text = serde_json::to_string(&check).unwrap();
        let head = r#"{"id":"frm/a","requirements":["FRM-3","FRM-1"],"broken":"FRM-3","segmentation":"octets","verdict":"fail","message":"why","trace":"#;
        assert!(text.starts_with(head), "{text}");
        let mut read: Check = serde_json::from_str(&text).unwrap();
        assert_eq!(read.broken_first(), check.broken_first());
        read.requirements.reverse();
        assert_eq!(read, check);
        let pass = Check::new(&case, None, Verdict::Pass, "");
        let text = serde_json::to_string(&pass).unwrap();
        assert_eq!(
            text,
            r#"{"id":"frm/a","requirements":["FRM-1","FRM-3"],"segmentation":null,"verdict":"pass","message":""}"#
        );
    }

    #[test]
    fn a_conversation_in_the_place_of_evidence_is_passed_over() {
        let with = |trace: &str| {
            let head = r#""id":"fuzz/a","requirements":["FRM-1"],"segmentation":null,"verdict":"fail","message":"","#;
            serde_json::from_str::<Check>(&format!(r#"{{{head}"trace":{trace}}}"#))
        };
        let finding = with(r#"{"id":"found-1","steps":[]}"#).unwrap();
        assert_eq!(finding.evidence, None);
        with(r#"{"id":"found-1"}"#).unwrap_err();
        assert_eq!(with("null").unwrap().evidence, None);
    }
}
