//! The requirements, read from the specification itself.

use std::sync::OnceLock;

/// The specification, as the program carries it.
pub const SPEC: &str = include_str!("../../SPEC.md");

/// One requirement of the specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// `FRM-3`
    pub id: &'static str,
    /// What it demands, one paragraph, its lines joined.
    pub text: String,
    /// Why it is so.
    pub rationale: String,
}

/// All requirements, in the order of the specification.
pub fn all() -> &'static [Requirement] {
    static ALL: OnceLock<Vec<Requirement>> = OnceLock::new();
    ALL.get_or_init(|| parse(SPEC))
}

/// The requirement of this id, in capitals or not.
#[must_use]
pub fn find(id: &str) -> Option<&'static Requirement> {
    all()
        .iter()
        .find(|requirement| requirement.id.eq_ignore_ascii_case(id))
}

/// Its place in the specification; the end for what is not in it.
#[must_use]
pub fn position(id: &str) -> usize {
    all()
        .iter()
        .position(|requirement| requirement.id == id)
        .unwrap_or(usize::MAX)
}

/// A requirement is a heading `### FRM-3`, a paragraph, and a paragraph that begins `*Why:*`.
fn parse(spec: &'static str) -> Vec<Requirement> {
    spec.split("\n### ")
        .skip(1)
        .filter_map(|section| {
            let (id, rest) = section.split_once('\n')?;
            let mut paragraphs = rest.split("\n\n").map(|paragraph| {
                let lines: Vec<_> = paragraph.lines().map(str::trim).collect();
                lines.join(" ").trim().to_owned()
            });
            let text = paragraphs.find(|paragraph| !paragraph.is_empty())?;
            let rationale = paragraphs
                .find_map(|paragraph| Some(paragraph.strip_prefix("*Why:*")?.trim().to_owned()))
                .unwrap_or_default();
            Some(Requirement {
                id: id.trim(),
                text,
                rationale,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_text_and_a_reason() {
        assert_eq!(all().len(), 5 + 12 + 4 + 12 + 13 + 5 + 4);
        for requirement in all() {
            assert!(
                ["MUST", "SHOULD", "MAY"]
                    .iter()
                    .any(|word| requirement.text.contains(word)),
                "{requirement:?}"
            );
            assert!(!requirement.rationale.is_empty(), "{requirement:?}");
        }
        assert_eq!(find("frm-3").unwrap().id, "FRM-3");
        assert!(position("LEN-1") < position("TRF-13"));
    }
}
