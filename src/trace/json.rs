//! Traces as JSON: a step a line, so that a file reads like the conversation it is.

use std::fmt;
use std::io;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;

use super::octets::{MAX_OCTETS, Octets};
use super::segmentation::Segmentation;
use super::strangers;
use super::{Action, Cuts, Step, Trace};
use crate::framing::Place;

/// The reason why a text is not a trace.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// Text that is not JSON, or JSON that is not a trace; says the line, the column and what was expected.
    #[error("{0}")]
    Malformed(#[from] serde_json::Error),
    /// A trace that cannot be run.
    #[error("{0}")]
    Meaningless(String),
}

/// Reads a trace.
///
/// # Errors
/// [`TraceError`], which says the place and what is expected there.
pub fn read(text: &str) -> Result<Trace, TraceError> {
    let trace: Trace = serde_json::from_str(text)?;
    let meaningless = |why: String| Err(TraceError::Meaningless(why));
    if trace.steps.is_empty() {
        return meaningless("`steps` is empty: a trace says at least one thing".to_owned());
    }
    strangers::check(&trace).map_err(TraceError::Meaningless)?;
    let prescribes = trace.steps.iter().any(|step| step.action.prescribes());
    if prescribes && trace.requirements.is_empty() {
        return meaningless("`requirements` is empty: name the one that it shows".to_owned());
    }
    if prescribes && trace.class.is_none() {
        return meaningless("`class` is missing: name the lowest that owes it".to_owned());
    }
    let sent_by = |steps: &[Step]| -> usize { steps.iter().map(Step::sent_len).sum() };
    let sent = sent_by(&trace.steps);
    let repaired = sent_by(trace.repaired.as_deref().unwrap_or_default());
    for (name, sent) in [("steps", sent), ("repaired", repaired)] {
        if sent > MAX_OCTETS {
            return meaningless(format!(
                "`{name}` send {sent} octets; the most is {MAX_OCTETS}"
            ));
        }
    }
    let stores = |step: &Step| {
        matches!(
            step.action,
            Action::Stored { .. } | Action::Absent(_) | Action::Untouched
        )
    };
    if trace.beside.is_some_and(|beside| {
        !beside.goes_with(trace.steps.iter().any(stores) || !trace.before.is_empty())
    }) {
        return meaningless(
            "`beside` is two-files: the conversation itself stores none, or leave `beside` out"
                .to_owned(),
        );
    }
    if let Some(Cuts::Named(named)) = &trace.cuts
        && (named.is_empty() || named.contains(&Segmentation::Pinned))
    {
        return meaningless(
            "`cuts` names segmentations or lists places; leave it out to cut in every way"
                .to_owned(),
        );
    }
    if let Some(Cuts::At(places)) = &trace.cuts
        && (!places.is_sorted_by(|a, b| a < b)
            || places.iter().any(|place| !(1..sent).contains(place)))
    {
        return meaningless(format!(
            "`cuts` are places inside the {sent} octets sent, in rising order"
        ));
    }
    Ok(trace)
}

/// Writes a trace in the form that the fixtures have.
#[must_use]
pub fn write(trace: &Trace) -> String {
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, StepALine::default());
    trace
        .serialize(&mut serializer)
        .expect("memory takes everything");
    out.push(b'\n');
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// Fields of a trace that take a line for each item.
const TALL: [&str; 3] = ["before", "steps", "repaired"];

/// Each field of a trace on one line, but for those that are [`TALL`]; a space behind each comma and colon.
#[derive(Default)]
struct StepALine {
    /// Number of arrays and objects that are open.
    depth: usize,
    /// The last field of the trace itself.
    field: String,
    in_field: bool,
}

impl StepALine {
    fn is_tall(&self) -> bool {
        self.depth == 2 && TALL.contains(&self.field.as_str())
    }
}

impl Formatter for StepALine {
    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"[")
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        out.write_all(match (self.is_tall(), first) {
            (true, true) => b"\n    ",
            (true, false) => b",\n    ",
            (false, true) => b"",
            (false, false) => b", ",
        })
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        let end: &[u8] = if self.is_tall() { b"\n  ]" } else { b"]" };
        self.depth -= 1;
        out.write_all(end)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"{")
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.in_field = self.depth == 1;
        if self.in_field {
            self.field.clear();
        }
        out.write_all(match (self.in_field, first) {
            (true, true) => b"\n  ",
            (true, false) => b",\n  ",
            (false, true) => b"",
            (false, false) => b", ",
        })
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if self.in_field {
            self.field.push_str(fragment);
        }
        out.write_all(fragment.as_bytes())
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.in_field = false;
        out.write_all(b": ")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        let end: &[u8] = if self.depth == 1 { b"\n}" } else { b"}" };
        self.depth -= 1;
        out.write_all(end)
    }
}

const STEP_FIELDS: &[&str] = &[
    "frame", "send", "deliver", "answer", "end", "expect", "stored", "absent", "note",
];

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFrame {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Octets>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    length: Option<Octets>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<Octets>,
    payload: Octets,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    behind: Option<Octets>,
}

impl From<WrittenFrame> for Action {
    fn from(written: WrittenFrame) -> Self {
        match written {
            WrittenFrame {
                before: None,
                length: Some(length),
                after: None,
                payload,
                behind: None,
            } => Self::Frame { length, payload },
            WrittenFrame {
                before,
                length,
                after,
                payload,
                behind,
            } => {
                let parts = [
                    (Place::Before, before),
                    (Place::Length, length),
                    (Place::After, after),
                    (Place::Payload, Some(payload)),
                    (Place::Behind, behind),
                ];
                let given = |(place, octets): (_, Option<Octets>)| Some((place, octets?));
                Self::Parts(parts.into_iter().filter_map(given).collect())
            }
        }
    }
}

impl WrittenFrame {
    fn of(parts: &[(Place, Octets)]) -> Self {
        let part = |wanted| {
            let found = parts.iter().find(|(place, _)| *place == wanted);
            found.map(|(_, octets)| octets.clone())
        };
        Self {
            before: part(Place::Before),
            length: part(Place::Length),
            after: part(Place::After),
            payload: part(Place::Payload).unwrap_or_default(),
            behind: part(Place::Behind),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
    name: String,
    content: Octets,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Ended {
    Stream,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Expected {
    Silence,
    Close,
    Refusal,
    Untouched,
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(StepVisitor)
    }
}

struct StepVisitor;

impl<'de> Visitor<'de> for StepVisitor {
    type Value = Step;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a step, an object with one of {STEP_FIELDS:?}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Step, A::Error> {
        let mut note = None;
        let mut actions = Vec::new();
        while let Some(field) = map.next_key::<String>()? {
            let action = match field.as_str() {
                "note" => {
                    note = Some(map.next_value()?);
                    continue;
                }
                "frame" => map.next_value::<WrittenFrame>()?.into(),
                "send" => Action::Send(map.next_value()?),
                "deliver" => Action::Deliver(map.next_value()?),
                "answer" => Action::Answer(map.next_value()?),
                "end" => {
                    let Ended::Stream = map.next_value()?;
                    Action::EndOfStream
                }
                "expect" => match map.next_value()? {
                    Expected::Silence => Action::Silence,
                    Expected::Close => Action::Close,
                    Expected::Refusal => Action::Refusal,
                    Expected::Untouched => Action::Untouched,
                },
                "stored" => {
                    let WrittenFile { name, content } = map.next_value()?;
                    Action::Stored { name, content }
                }
                "absent" => Action::Absent(map.next_value()?),
                _ => return Err(de::Error::unknown_field(&field, STEP_FIELDS)),
            };
            actions.push(action);
        }
        match (actions.pop(), actions.is_empty()) {
            (Some(action), true) => Ok(Step { action, note }),
            _ => Err(de::Error::custom(
                "a step does exactly one thing, besides a `note`",
            )),
        }
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.action.clone() {
            Action::Frame { length, payload } => {
                let parts = [(Place::Length, length), (Place::Payload, payload)];
                map.serialize_entry("frame", &WrittenFrame::of(&parts))?;
            }
            Action::Parts(parts) => map.serialize_entry("frame", &WrittenFrame::of(&parts))?,
            Action::Send(octets) => map.serialize_entry("send", &octets)?,
            Action::Deliver(payload) => map.serialize_entry("deliver", &payload)?,
            Action::Answer(answer) => map.serialize_entry("answer", &answer)?,
            Action::EndOfStream => map.serialize_entry("end", &Ended::Stream)?,
            Action::Silence => map.serialize_entry("expect", &Expected::Silence)?,
            Action::Close => map.serialize_entry("expect", &Expected::Close)?,
            Action::Refusal => map.serialize_entry("expect", &Expected::Refusal)?,
            Action::Untouched => map.serialize_entry("expect", &Expected::Untouched)?,
            Action::Stored { name, content } => {
                map.serialize_entry("stored", &WrittenFile { name, content })?;
            }
            Action::Absent(name) => map.serialize_entry("absent", &name)?,
        }
        if let Some(note) = &self.note {
            map.serialize_entry("note", note)?;
        }
        map.end()
    }
}

impl Step {
    /// Number of octets that this step sends.
    fn sent_len(&self) -> usize {
        match &self.action {
            Action::Frame { length, payload } => length.len() + payload.len(),
            Action::Parts(parts) => parts.iter().map(|(_, octets)| octets.len()).sum(),
            Action::Send(octets) => octets.len(),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &str = r#"{
  "id": "frm/hello",
  "title": "A frame comes back",
  "requirements": ["FRM-1"],
  "class": "framing",
  "cuts": [4],
  "steps": [
    {"frame": {"length": "00000005", "payload": "68656c6c6f"}, "note": "hello"},
    {"deliver": "68656c6c6f"},
    {"end": "stream"},
    {"expect": "close"}
  ]
}
"#;

    #[test]
    fn what_is_read_is_written_the_same() {
        assert_eq!(write(&read(HELLO).unwrap()), HELLO);
    }

    #[test]
    fn errors_say_the_place_and_the_remedy() {
        let error = |from: &str, to: &str| read(&HELLO.replace(from, to)).unwrap_err().to_string();
        let unknown = error(r#""deliver""#, r#""delivers""#);
        assert!(
            unknown.contains("unknown field `delivers`, expected one of `frame`"),
            "{unknown}"
        );
        assert!(unknown.contains("line 9 column"), "{unknown}");
        let two = error(r#"{"deliver": "#, r#"{"absent": "a", "deliver": "#);
        assert!(two.contains("exactly one thing"), "{two}");
        assert!(error(r#""68656c6c6f"}, "#, r#""6"}, "#).contains("pairs of hexadecimal digits"));
        assert!(error("[4]", "[9]").contains("inside the 9 octets sent"));
        assert!(error("[4]", "[4, 4]").contains("in rising order"));
        assert!(error("[\"FRM-1\"]", "[]").contains("`requirements` is empty"));
        assert!(error("\"framing\"", "\"framings\"").contains("unknown variant `framings`"));
        assert!(error("  \"class\": \"framing\",\n", "").contains("`class` is missing"));
        for id in ["frm/../a", "/a", "a/b/c", "a--b", "A", ""] {
            assert!(error("frm/hello", id).contains("`id` is "), "{id}");
        }
    }

    const RECORDED: &str = r#"{
  "id": "greeting",
  "title": "Recorded from a server that speaks first",
  "framing": "crlf",
  "steps": [
    {"answer": {"octets": "323230", "varies": ["digits"]}},
    {"send": "4e4f4f500d0a"},
    {"answer": "3235300d0a", "note": "250"},
    {"send": "515549540d0a"},
    {"answer": {"await": true}},
    {"end": "stream"},
    {"expect": "close"}
  ]
}
"#;

    #[test]
    fn a_recording_needs_no_requirement_and_no_class() {
        let trace = read(RECORDED).unwrap();
        assert!(trace.is_recording());
        assert_eq!(write(&trace), RECORDED);
        let error = |from: &str, to: &str| {
            let text = RECORDED.replace(from, to);
            read(&text).unwrap_err().to_string()
        };
        let silence = error("\"close\"", "\"silence\"");
        assert!(silence.contains("`requirements` is empty"), "{silence}");
        assert!(error("crlf", "a\\nb").contains("`framing` is"));
        let octets = error("\"3235300d0a\"", "\"3235300D0A\"");
        assert!(octets.contains("an answer is octets"), "{octets}");
    }

    #[test]
    fn what_is_sent_and_answered_in_all_is_bounded() {
        let half = r#"{"repeat": "61", "times": 40000000}"#;
        let with = |extra: &str| {
            let extra = extra.replace("HALF", half);
            let text = HELLO.replace("  \"cuts\": [4]", &format!("  {extra}"));
            read(&text).map_err(|error| error.to_string())
        };
        with(r#""repaired": [{"send": HALF}]"#).unwrap();
        let error = with(r#""repaired": [{"send": HALF}, {"send": HALF}]"#).unwrap_err();
        assert!(error.contains("80000000"), "{error}");
        let answers = r#""repaired": [{"answer": HALF}, {"answer": HALF}, {"answer": HALF}, {"answer": HALF}]"#;
        let error = with(answers).unwrap_err();
        assert!(error.contains("160000005"), "{error}");
    }

    #[test]
    fn names_of_files_stay_in_the_directory() {
        for (place, name) in [
            (
                r#""before": [{"file": {"name": NAME, "content": ""}}]"#,
                "../a",
            ),
            (
                r#""before": [{"link": {"name": NAME, "to": "target"}}]"#,
                "/a",
            ),
            (r#""repaired": [{"absent": NAME}]"#, "a/b"),
            (
                r#""repaired": [{"stored": {"name": NAME, "content": ""}}]"#,
                "..",
            ),
        ] {
            let with = |name: &str| {
                let extra = place.replace("NAME", &format!("{name:?}"));
                read(&HELLO.replace("  \"cuts\": [4]", &format!("  {extra}")))
            };
            with("a..b").unwrap();
            let error = with(name).unwrap_err().to_string();
            assert!(error.contains("single plain file name"), "{error}");
        }
    }
}
