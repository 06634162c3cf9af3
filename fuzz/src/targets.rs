//! The targets by name: what `cargo fuzz run NAME` calls for each input, and what the tests
//! call again for every input that was kept.

use std::cell::RefCell;

use crate::captured;
use crate::differential::{self, TokioUtil};
use crate::framed;
use crate::header;
use crate::plan::Plan;
use crate::planted;
use crate::rendered::Rendered;
use crate::session_plan::SessionPlan;
use crate::storing::Place;
use crate::verified_plan::VerifiedPlan;
use crate::verifying::Verifying;
use crate::wire_input::WireInput;
use crate::{decoding, roundtrip, serving, trace_text};

/// A target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name, as `cargo fuzz` has it.
    pub name: &'static str,
    /// The check of an input.
    ///
    /// # Errors
    /// The failure, in words.
    pub check: fn(&[u8]) -> Result<(), String>,
    /// The same for something with a planted fault, and the faults there are.
    pub planted: Option<Planted>,
    /// An input as people read it.
    pub show: fn(&[u8]) -> String,
}

/// Means of measuring a target.
#[derive(Debug, Clone, Copy)]
pub struct Planted {
    /// The faults.
    pub faults: &'static [planted::Fault],
    /// Checks what has the fault.
    ///
    /// # Errors
    /// The fault was exposed: how, in words.
    pub check: fn(&'static str, &[u8]) -> Result<(), String>,
}

/// Arbitrary octets, cut as the input says, into the decoder.
pub static DECODER: Target = Target {
    name: "decoder",
    check: |data| decoder(&mut decoding::Reference::default(), data),
    planted: Some(Planted {
        faults: planted::decoders::FAULTS,
        check: |fault, data| decoder(&mut planted::decoders::Planted::new(fault), data),
    }),
    show: |data| {
        let input = WireInput::new(data);
        let ends: Vec<usize> = input.ends().collect();
        format!(
            "limit {}, cut at {ends:?}: {:02x?}",
            input.limit, input.stream
        )
    },
};

/// Frames and near-frames into the decoder.
pub static DECODER_STRUCTURED: Target = Target {
    name: "decoder_structured",
    check: |data| decoder_structured(&mut decoding::Reference::default(), data),
    planted: Some(Planted {
        faults: planted::decoders::FAULTS,
        check: |fault, data| decoder_structured(&mut planted::decoders::Planted::new(fault), data),
    }),
    show: show_plan,
};

/// Arbitrary octets, cut as the input says, into a decoder of the framing that the input names.
pub static FRAMING: Target = Target {
    name: "framing",
    check: |data| {
        let (kind, input) = framed::input(data);
        framed::check(&mut framed::Reference::new(kind, input.limit), data)
    },
    planted: Some(Planted {
        faults: planted::framed::FAULTS,
        check: |fault, data| {
            let (kind, input) = framed::input(data);
            let planted = planted::framed::Planted::new(fault, kind, input.limit);
            planted.map_or(Ok(()), |mut planted| framed::check(&mut planted, data))
        },
    }),
    show: framed::show,
};

/// Payloads to octets to payloads.
pub static ROUNDTRIP: Target = Target {
    name: "roundtrip",
    check: |data| {
        thread_local!(static BUFFERS: RefCell<(Rendered, Vec<u8>)> = RefCell::default());
        BUFFERS.with_borrow_mut(|(rendered, encoded)| {
            roundtrip::check_plan(Plan::decode(data), rendered, encoded)
        })
    },
    planted: None,
    show: show_plan,
};

/// A client's stream into the server's end of a session.
pub static SESSION: Target = Target {
    name: "session",
    check: |data| session(&mut serving::Reference::default(), data),
    planted: Some(Planted {
        faults: planted::sessions::FAULTS,
        check: |fault, data| session(&mut planted::sessions::Planted::new(fault), data),
    }),
    show: show_session,
};

/// A header and its independent reading.
pub static FILE_HEADER: Target = Target {
    name: "file_header",
    check: |data| file_header(header::reference, data),
    planted: Some(Planted {
        faults: planted::headers::FAULTS,
        check: |fault, data| file_header(|text| planted::headers::parse(fault, text), data),
    }),
    show: |data| format!("{:?}", header_text(data)),
};

/// Files into the real store.
pub static TRANSFER: Target = Target {
    name: "transfer",
    check: transfer,
    planted: None,
    show: show_session,
};

/// Octets of a client that verifies its files, into the server's machine, and into the real store.
pub static VERIFIED: Target = Target {
    name: "verified",
    check: |data| {
        verified(&mut Verifying::default(), data)?;
        with_verified(data, |limit, rendered| stored(true, limit, rendered))
    },
    planted: Some(Planted {
        faults: planted::verified::FAULTS,
        check: |fault, data| verified(&mut planted::verified::Planted::new(fault), data),
    }),
    show: |data| VerifiedPlan::decode(data).to_string(),
};

/// Text to a trace and back.
pub static TRACE: Target = Target {
    name: "trace",
    check: |data| std::str::from_utf8(data).map_or(Ok(()), trace_text::check),
    planted: None,
    show: |data| String::from_utf8_lossy(data).into_owned(),
};

/// Octets to the reader of captures.
pub static CAPTURE: Target = Target {
    name: "capture",
    check: captured::check,
    planted: None,
    show: |data| format!("{data:02x?}"),
};

/// The reference beside tokio-util's codec.
pub static DIFFERENTIAL: Target = Target {
    name: "differential",
    check: |data| {
        thread_local!(static THEIRS: RefCell<TokioUtil> = RefCell::default());
        THEIRS.with_borrow_mut(|theirs| {
            with_plan(data, |limit, rendered| {
                // Theirs reserves what is announced, which is not what is compared here.
                let limit = limit.min(differential::LARGEST_LIMIT);
                let ends = rendered.ends().iter().copied();
                differential::compare(theirs, limit, rendered.octets(), ends)
            })
        })
    },
    planted: None,
    show: show_plan,
};

/// All targets.
pub static ALL: [&Target; 11] = [
    &DECODER,
    &DECODER_STRUCTURED,
    &FRAMING,
    &ROUNDTRIP,
    &SESSION,
    &FILE_HEADER,
    &TRANSFER,
    &VERIFIED,
    &TRACE,
    &CAPTURE,
    &DIFFERENTIAL,
];

/// The target of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    ALL.into_iter().find(|target| target.name == name)
}

/// Runs a target as the engines do: what goes wrong is a panic.
///
/// # Panics
/// When the check fails.
pub fn run(target: &Target, data: &[u8]) {
    conclude(target, data, || (target.check)(data));
}

/// A target with a planted fault, chosen once for a run.
#[derive(Debug)]
pub struct PlantedRun {
    /// The target.
    pub target: &'static Target,
    fault: &'static str,
}

impl PlantedRun {
    /// The target and the fault that the environment names; a right implementation where it
    /// names no fault.
    ///
    /// # Panics
    /// When there is no such target, or no such fault of it.
    #[must_use]
    pub fn from_environment() -> Self {
        let value = |name: &str| std::env::var(name).ok();
        let name = value("UNSTICK_FUZZ_TARGET").unwrap_or_else(|| "decoder".to_owned());
        let target = find(&name).expect("UNSTICK_FUZZ_TARGET names a target");
        let planted = target.planted.expect("the target has planted faults");
        let fault = value("UNSTICK_FUZZ_FAULT").map_or("none", |name| {
            let known = planted.faults.iter().find(|fault| fault.name == name);
            known.expect("UNSTICK_FUZZ_FAULT names a fault").name
        });
        Self { target, fault }
    }

    /// Runs the target.
    ///
    /// # Panics
    /// When the fault is exposed.
    pub fn run(&self, data: &[u8]) {
        let planted = self.target.planted.expect("looked at when it was chosen");
        conclude(self.target, data, || (planted.check)(self.fault, data));
    }
}

fn conclude(target: &Target, data: &[u8], check: impl FnOnce() -> Result<(), String>) {
    #[cfg(feature = "engine")]
    let outcome = match target.planted {
        // Targets that compare with something else hold more than the reference does.
        None => check(),
        Some(_) => crate::allocation::bounded(check),
    };
    #[cfg(not(feature = "engine"))]
    let outcome = check();
    if let Err(wrong) = outcome {
        panic!("{}: {wrong}\n{}", target.name, (target.show)(data));
    }
}

fn decoder(decoder: &mut impl decoding::Decode, data: &[u8]) -> Result<(), String> {
    let input = WireInput::new(data);
    decoding::check(decoder, input.limit, input.stream, input.ends())
}

fn decoder_structured(decoder: &mut impl decoding::Decode, data: &[u8]) -> Result<(), String> {
    with_plan(data, |limit, rendered| {
        let ends = rendered.ends().iter().copied();
        decoding::check(decoder, limit, rendered.octets(), ends)
    })
}

fn session(server: &mut impl serving::Serve, data: &[u8]) -> Result<(), String> {
    with_session(data, |limit, rendered| {
        let ends = rendered.ends().iter().copied();
        serving::check(server, limit, rendered.octets(), ends)
    })
}

fn file_header(parse: impl Fn(&str) -> Option<header::Header>, data: &[u8]) -> Result<(), String> {
    // Octets that are not UTF-8 are not a message and never reach the header's reader.
    header_text(data).map_or(Ok(()), |text| header::check(parse, &text))
}

/// The text that an input stands for. FF, which UTF-8 never holds, and a count behind it
/// repeat the character before, so that a few octets make a name of 256.
fn header_text(data: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut parts = data.split(|octet| *octet == 0xFF);
    text.push_str(std::str::from_utf8(parts.next()?).ok()?);
    for part in parts {
        let (count, rest) = part.split_first()?;
        let last = text.chars().next_back()?;
        text.extend(std::iter::repeat_n(last, usize::from(*count)));
        text.push_str(std::str::from_utf8(rest).ok()?);
    }
    Some(text)
}

fn transfer(data: &[u8]) -> Result<(), String> {
    with_session(data, |limit, rendered| stored(false, limit, rendered))
}

fn verified(server: &mut impl serving::Serve, data: &[u8]) -> Result<(), String> {
    with_verified(data, |limit, rendered| {
        let ends = rendered.ends().iter().copied();
        serving::check_verified(server, limit, rendered.octets(), ends)
    })
}

/// Files that the reference server stores, and its replies.
fn stored(verifies: bool, limit: u32, rendered: &Rendered) -> Result<(), String> {
    thread_local!(static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) });
    PLACE.with_borrow_mut(|place| {
        let place = match place {
            Some(place) => place,
            None => place.insert(Place::new().map_err(|error| error.to_string())?),
        };
        let ends = rendered.ends().iter().copied();
        place.check(verifies, limit, rendered.octets(), ends)
    })
}

thread_local!(static RENDERED: RefCell<Rendered> = RefCell::default());

fn with_plan<T>(data: &[u8], check: impl FnOnce(u32, &Rendered) -> T) -> T {
    RENDERED.with_borrow_mut(|rendered| {
        let plan = Plan::decode(data);
        plan.render(rendered);
        check(plan.limit(), rendered)
    })
}

fn with_session<T>(data: &[u8], check: impl FnOnce(u32, &Rendered) -> T) -> T {
    RENDERED.with_borrow_mut(|rendered| {
        let plan = SessionPlan::decode(data);
        plan.render(rendered);
        check(plan.limit(), rendered)
    })
}

fn with_verified<T>(data: &[u8], check: impl FnOnce(u32, &Rendered) -> T) -> T {
    RENDERED.with_borrow_mut(|rendered| {
        let plan = VerifiedPlan::decode(data);
        plan.render(rendered);
        check(plan.limit(), rendered)
    })
}

fn show_plan(data: &[u8]) -> String {
    Plan::decode(data).to_string()
}

fn show_session(data: &[u8]) -> String {
    SessionPlan::decode(data).to_string()
}
