//! The keys of a table: the options of the command of its name.

use std::any::TypeId;

use clap::{Arg, ArgAction, CommandFactory};

use super::subject::Role;
use crate::cli::Cli;

/// The words that start what is judged.
pub(super) const COMMAND: &str = "command";

/// The name that tells a subject from others of its kind.
pub(super) const SUBJECT_NAME: &str = "name";

/// The files that `unstick recut` takes.
pub(super) const RECORDINGS: &str = "recordings";

/// Keys that are no options.
pub(super) const fn own(role: Role) -> &'static [&'static str] {
    match role {
        Role::Recut => &[SUBJECT_NAME, COMMAND, RECORDINGS],
        _ => &[SUBJECT_NAME, COMMAND],
    }
}

/// The values that a key may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `true` or `false`
    Flag,
    /// A text or a number
    One,
    /// One of them, or an array
    Several,
}

/// An option that is a key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) help: String,
    pub(super) is_number: bool,
    /// The values that there are, where they are counted.
    pub(super) values: Vec<String>,
}

/// All options of a command, as keys.
pub(super) fn all(role: Role) -> Vec<Key> {
    let command = Cli::command();
    let command = command.find_subcommand(role.name());
    let arguments = command.into_iter().flat_map(clap::Command::get_arguments);
    arguments.filter_map(key).collect()
}

fn key(argument: &Arg) -> Option<Key> {
    let name = argument.get_long().filter(|name| *name != "help")?;
    let kind = match argument.get_action() {
        ArgAction::SetTrue => Kind::Flag,
        ArgAction::Append => Kind::Several,
        _ => Kind::One,
    };
    let values = argument.get_possible_values();
    let values = values.iter().filter(|_| kind != Kind::Flag);
    let numbers = [
        TypeId::of::<u32>(),
        TypeId::of::<u64>(),
        TypeId::of::<usize>(),
    ];
    Some(Key {
        name: name.to_owned(),
        kind,
        help: argument.get_help().map(ToString::to_string)?,
        is_number: numbers
            .iter()
            .any(|number| argument.get_value_parser().type_id() == *number),
        values: values.map(|value| value.get_name().to_owned()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_options_with_their_kinds() {
        let keys = all(Role::Server);
        let kind = |name: &str| keys.iter().find(|key| key.name == name).map(|key| key.kind);
        assert_eq!(kind("fail-fast"), Some(Kind::Flag));
        assert_eq!(kind("framing"), Some(Kind::One));
        assert_eq!(kind("run"), Some(Kind::Several));
        assert_eq!(kind("help"), None);
        assert_eq!(kind("command"), None);
        let number = keys.iter().find(|key| key.name == "max-payload");
        assert!(number.is_some_and(|key| key.is_number));
        for role in Role::ALL {
            for own in own(role) {
                assert!(all(role).iter().all(|key| key.name != *own), "{own}");
            }
        }
    }
}
