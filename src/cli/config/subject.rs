//! The subjects that an `unstick.toml` describes.

use super::place::Place;

/// The commands that judge, and the tables that are named after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Role {
    Server,
    Client,
    Codec,
    Recut,
}

impl Role {
    pub(in crate::cli) const ALL: [Self; 4] =
        [Self::Server, Self::Client, Self::Codec, Self::Recut];

    pub(in crate::cli) const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Codec => "codec",
            Self::Recut => "recut",
        }
    }

    pub(in crate::cli) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// An `unstick.toml` that has been read.
#[derive(Debug)]
pub(in crate::cli) struct Config {
    /// Its path, as messages name it.
    pub(in crate::cli) path: String,
    /// The directory that reports go to.
    pub(in crate::cli) reports: Option<String>,
    /// The subjects, in the file's order.
    pub(in crate::cli) subjects: Vec<Subject>,
}

/// A server, client or codec to judge.
#[derive(Debug)]
pub(in crate::cli) struct Subject {
    pub(in crate::cli) role: Role,
    /// The name that tells it from the others, and names its reports.
    pub(in crate::cli) name: String,
    /// The place in the file at which its table begins.
    pub(super) place: Place,
    /// The words of its command, none where it runs already.
    pub(in crate::cli) command: Vec<String>,
    /// Its recordings, of `recut`.
    pub(super) recordings: Vec<String>,
    /// Its other keys, in the file's order.
    pub(super) settings: Vec<Setting>,
}

impl Subject {
    /// True if the file gives this option.
    pub(in crate::cli) fn sets(&self, option: &str) -> bool {
        self.settings.iter().any(|setting| setting.key == option)
    }
}

/// A key with its value, as words of a command line.
#[derive(Debug)]
pub(super) struct Setting {
    /// The option's long name.
    pub(super) key: String,
    pub(super) place: Place,
    /// `--key=value`, or `--key`; one for each value, none for a flag that is off.
    pub(super) words: Vec<String>,
}
