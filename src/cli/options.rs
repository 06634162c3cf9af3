//! Options that several commands take: class, framing, limits, pace, chosen cases.

use clap::{Args, ValueEnum};

use super::Failure;
use crate::framing::Framing;
use crate::judge::case::Described;
use crate::judge::selection::select;
use crate::trace::Class;

/// The least limit on payloads that FRM-7 allows in the article's framing, in octets.
const FLOOR: u32 = 65_536;

/// A limit on payloads, which FRM-7 lets nobody set lower than its floor.
pub(super) fn limit(text: &str) -> Result<u32, String> {
    let limit: u32 = text.parse().map_err(|error| format!("{error}"))?;
    fits(Some(limit), &Framing::default()).map_err(|(_, why)| why)?;
    Ok(limit)
}

/// Refuses a limit that FRM-7 lets nobody set in the article's framing, and says why. Other framings have
/// payloads that are shorter than its floor by nature.
pub(super) fn fits(limit: Option<u32>, framing: &Framing) -> Result<(), (u32, String)> {
    match limit {
        Some(limit) if limit < FLOOR && framing.is_reference() => Err((
            limit,
            format!("FRM-7 asks for a limit of at least {FLOOR} octets"),
        )),
        _ => Ok(()),
    }
}

/// The classes that a server may claim.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ServerClass {
    /// Sends every frame back unchanged
    Framing,
    /// Answers messages, and ends with q
    Session,
    /// Receives files too
    Transfer,
    /// Receives files with a digest, and acknowledges them
    VerifiedTransfer,
}

impl From<ServerClass> for Class {
    fn from(class: ServerClass) -> Self {
        match class {
            ServerClass::Framing => Self::Framing,
            ServerClass::Session => Self::Session,
            ServerClass::Transfer => Self::Transfer,
            ServerClass::VerifiedTransfer => Self::VerifiedTransfer,
        }
    }
}

/// A number of octets, with K, M or G for powers of 1024.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, unit)) if unit.is_ascii_alphabetic() => (&text[..at], Some(unit)),
        _ => (text, None),
    };
    let shift = match unit.map(|unit| unit.to_ascii_uppercase()) {
        None => Some(0),
        Some('K') => Some(10),
        Some('M') => Some(20),
        Some('G') => Some(30),
        Some(_) => None,
    };
    let size = digits.parse::<u64>().ok().zip(shift);
    size.and_then(|(number, shift)| number.checked_mul(1 << shift))
        .ok_or_else(|| "expected a number of octets, such as 2147483648, 2048M or 2G".to_owned())
}

/// How fast a run is, and how soon it ends.
#[derive(Debug, Args)]
pub(super) struct Pace {
    /// How many conversations go on side by side [default: as many as slow replies call for]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    jobs: Option<u32>,
    /// Stop at the first failure that is confirmed and not known
    #[arg(long)]
    fail_fast: bool,
}

impl Pace {
    pub(super) fn jobs(&self) -> Option<usize> {
        self.jobs.map(|jobs| jobs as usize)
    }

    pub(super) const fn fail_fast(&self) -> bool {
        self.fail_fast
    }
}

/// The choice of cases.
#[derive(Debug, Args)]
pub(super) struct Chosen {
    /// Run only the cases whose id matches; may be given more than once
    #[arg(long, value_name = "GLOB")]
    run: Vec<String>,
    /// Leave out the cases whose id matches; may be given more than once
    #[arg(long, value_name = "GLOB")]
    skip: Vec<String>,
}

impl Chosen {
    /// The cases that a testee of this class owes and that are wanted.
    pub(super) fn of<C: Described>(&self, cases: Vec<C>, class: Class) -> Result<Vec<C>, Failure> {
        select(cases, Some(class), &self.run, &self.skip)
            .map_err(|error| Failure::Usage(error.to_string()))
    }
}

/// The framing of what is judged.
#[derive(Debug, Args)]
pub(super) struct Framed {
    /// The framing that it speaks, of a server of class framing: a preset, or a template in stream order;
    /// `unstick explain --framing F` draws it
    #[arg(
        long,
        value_name = "F",
        default_value = "u32be",
        hide_default_value = true
    )]
    pub(super) framing: Framing,
}

impl Framed {
    /// The class of a server that claims this one, or none: another framing has nothing but frames.
    pub(super) fn class(&self, claimed: Option<ServerClass>) -> Result<Class, Failure> {
        let class = claimed.map(Class::from);
        match class {
            _ if self.framing.is_reference() => Ok(class.unwrap_or(Class::Transfer)),
            None | Some(Class::Framing) => Ok(Class::Framing),
            Some(class) => {
                let why = format!(
                    "--framing {} is for --class framing, servers that send frames back: messages and \
                     files, class {}, are those of the framing u32be",
                    self.framing,
                    class.name()
                );
                Err(Failure::Usage(why))
            }
        }
    }

    /// The words that name it again.
    pub(super) fn words(&self) -> Vec<String> {
        if self.framing.is_reference() {
            return Vec::new();
        }
        vec!["--framing".to_owned(), self.framing.to_string()]
    }
}

/// The limits that a server declares.
#[derive(Debug, Args)]
pub(super) struct Limits {
    /// The limit on payloads in octets, to be judged at its boundary
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_payload: Option<u32>,
    /// The limit on concurrent sessions, to be judged at its boundary
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_sessions: Option<u32>,
    #[command(flatten)]
    pace: Pace,
}

impl Limits {
    /// The limit on payloads, where one is declared.
    pub(super) const fn max_payload(&self) -> Option<u32> {
        self.max_payload
    }

    /// Refuses a limit that FRM-7 lets nobody set.
    pub(super) fn fit(&self, framing: &Framing) -> Result<(), Failure> {
        fits(self.max_payload, framing)
            .map_err(|(limit, why)| Failure::Usage(format!("--max-payload {limit}: {why}")))
    }

    /// The limit on concurrent sessions, where one is declared.
    pub(super) fn max_sessions(&self) -> Option<usize> {
        self.max_sessions.map(|limit| limit as usize)
    }

    pub(super) const fn fail_fast(&self) -> bool {
        self.pace.fail_fast()
    }

    pub(super) fn jobs(&self) -> Option<usize> {
        self.pace.jobs()
    }

    /// The words that declare them again.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(limit) = self.max_payload {
            words.extend(["--max-payload".to_owned(), limit.to_string()]);
        }
        if let Some(limit) = self.max_sessions {
            words.extend(["--max-sessions".to_owned(), limit.to_string()]);
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(size("300"), Ok(300));
        assert_eq!(size("64m"), Ok(64 << 20));
        assert_eq!(size("2G"), Ok(2 << 30));
        for wrong in ["", "G", "1T", "-1", "1.5G", "99999999999G"] {
            size(wrong).unwrap_err();
        }
    }
}
