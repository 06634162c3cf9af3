//! Sentences for people.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// A sentence for people. It can be shown and kept in a report, but no code decides by it: decisions are made by
/// the data that stands beside it, so that its wording may change at any time.
///
/// In a debug build `UNSTICK_GARBLED=1` replaces every sentence with noise, another each time: code that decides
/// by words after all decides otherwise then.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sentence(String);

impl From<String> for Sentence {
    fn from(words: String) -> Self {
        match words.is_empty() {
            false if is_noise() => Self(noise()),
            _ => Self(words),
        }
    }
}

fn is_noise() -> bool {
    static NOISE: OnceLock<bool> = OnceLock::new();
    cfg!(debug_assertions)
        && *NOISE
            .get_or_init(|| std::env::var_os("UNSTICK_GARBLED").is_some_and(|value| value == "1"))
}

fn noise() -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    format!("#{}", MADE.fetch_add(1, Ordering::Relaxed))
}

impl From<&String> for Sentence {
    fn from(words: &String) -> Self {
        words.as_str().into()
    }
}

impl From<&str> for Sentence {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}

impl From<&Self> for Sentence {
    fn from(sentence: &Self) -> Self {
        sentence.clone()
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
