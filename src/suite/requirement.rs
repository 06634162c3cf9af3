//! The requirements, read from the specification itself.

use std::sync::OnceLock;

use crate::framing::Framing;

/// The specification, as the program carries it.
pub const SPEC: &str = include_str!("../../SPEC.md");

/// A requirement of the specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// `FRM-3`
    pub id: &'static str,
    /// Its demand, one paragraph, its lines joined.
    pub text: String,
    /// The same of any framing, where the paragraph on the article's framing does not carry over;
    /// `FRAMING` stands for what a frame is.
    pub elsewhere: Option<String>,
    /// The reason for it.
    pub rationale: String,
}

impl Requirement {
    /// Its demand on this framing.
    #[must_use]
    pub fn text_in(&self, framing: Option<&Framing>) -> String {
        match (&self.elsewhere, framing) {
            (Some(elsewhere), Some(framing)) if !framing.is_reference() => {
                elsewhere.replace("FRAMING", &framing.sentence())
            }
            _ => self.text.clone(),
        }
    }

    /// The reason for it; empty for another framing if it is about the article's.
    #[must_use]
    pub fn rationale_in(&self, framing: Option<&Framing>) -> &str {
        match (&self.elsewhere, framing) {
            (Some(_), Some(framing)) if !framing.is_reference() => "",
            _ => &self.rationale,
        }
    }
}

/// The demand of the requirement of this id on a framing; empty if there is no such requirement.
#[must_use]
pub fn text_of(id: &str, framing: Option<&Framing>) -> String {
    find(id).map_or_else(String::new, |requirement| requirement.text_in(framing))
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

/// Place of the requirement in the specification; `usize::MAX` if it is not in it.
#[must_use]
pub fn position(id: &str) -> usize {
    all()
        .iter()
        .position(|requirement| requirement.id == id)
        .unwrap_or(usize::MAX)
}

/// A requirement is a heading `### FRM-3`, a paragraph, perhaps one that begins `*In any framing:*`, and one
/// that begins `*Why:*`.
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
            let further: Vec<String> = paragraphs.collect();
            let behind = |mark: &str| {
                let marked =
                    |paragraph: &String| Some(paragraph.strip_prefix(mark)?.trim().to_owned());
                further.iter().find_map(marked)
            };
            let elsewhere = behind("*In any framing:*");
            let rationale = behind("*Why:*").unwrap_or_default();
            Some(Requirement {
                id: id.trim(),
                text,
                elsewhere,
                rationale,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_framing_is_told_in_its_own_words() {
        let framing: Framing = "u16le+2".parse().unwrap();
        let text = text_of("LEN-1", Some(&framing));
        assert!(
            text.contains("a length of two octets, least significant first"),
            "{text}"
        );
        for id in ["LEN-1", "LEN-3", "FRM-1", "FRM-7"] {
            let text = text_of(id, Some(&framing));
            for wrong in ["4 octets", "4,294,967,295", "65,536", "NOT count itself"] {
                assert!(!text.contains(wrong), "{id}: {text}");
            }
            assert_eq!(
                text_of(id, Some(&Framing::default())),
                find(id).unwrap().text
            );
            assert_eq!(find(id).unwrap().rationale_in(Some(&framing)), "");
        }
        assert_eq!(
            text_of("FRM-2", Some(&framing)),
            find("FRM-2").unwrap().text
        );
    }

    #[test]
    fn each_has_a_text_and_a_reason() {
        assert_eq!(all().len(), 5 + 13 + 4 + 12 + 13 + 5 + 4);
        for requirement in all() {
            assert!(
                ["MUST", "SHOULD", "MAY"]
                    .iter()
                    .any(|word| requirement.text.contains(word)),
                "{requirement:?}"
            );
            assert!(!requirement.rationale.is_empty(), "{requirement:?}");
        }
        for id in ["LEN-1", "LEN-3", "LEN-4", "FRM-1", "FRM-4", "FRM-7"] {
            assert!(find(id).unwrap().elsewhere.is_some(), "{id}");
        }
        assert_eq!(find("frm-3").unwrap().id, "FRM-3");
        assert!(position("LEN-1") < position("TRF-13"));
    }
}
