//! Which cases are run.

use globset::{Glob, GlobMatcher};

use super::server::case;
use super::{client, codec};
use crate::trace::Class;

/// What can be chosen.
pub trait Listed {
    /// The id, a slug.
    fn id(&self) -> &str;

    /// Whether a testee of this class owes it.
    fn owed_by(&self, class: Class) -> bool;
}

impl Listed for case::Case {
    fn id(&self) -> &str {
        self.id
    }

    fn owed_by(&self, class: Class) -> bool {
        self.owed_by(class)
    }
}

impl Listed for client::case::Case {
    fn id(&self) -> &str {
        &self.id
    }

    fn owed_by(&self, class: Class) -> bool {
        self.class <= class
    }
}

/// Why no cases could be chosen.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// A pattern is no pattern.
    #[error("{pattern:?} is no pattern: {error}")]
    Malformed {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        error: globset::Error,
    },
    /// A pattern matches nothing: a run of it would be green for no reason.
    #[error("{pattern:?} matches no case{}; `unstick cases` lists all", of(.class))]
    MatchesNothing {
        /// The pattern.
        pattern: String,
        /// The class whose cases it was matched with.
        class: Option<Class>,
    },
    /// Everything is skipped.
    #[error("--skip leaves no case to run")]
    NothingLeft,
}

/// A case for codecs, by its id.
#[derive(Debug, Clone, Copy)]
pub struct CodecCase(pub &'static str);

impl CodecCase {
    /// All of them.
    #[must_use]
    pub fn all() -> Vec<Self> {
        codec::ids().map(Self).collect()
    }
}

impl Listed for CodecCase {
    fn id(&self) -> &str {
        self.0
    }

    fn owed_by(&self, _: Class) -> bool {
        true
    }
}

fn of(class: &Option<Class>) -> String {
    class.map_or_else(String::new, |class| {
        format!(" that a testee of class {} owes", class.name())
    })
}

fn matchers(patterns: &[String]) -> Result<Vec<(&String, GlobMatcher)>, SelectionError> {
    patterns
        .iter()
        .map(|pattern| match Glob::new(pattern) {
            Ok(glob) => Ok((pattern, glob.compile_matcher())),
            Err(error) => Err(SelectionError::Malformed {
                pattern: pattern.clone(),
                error,
            }),
        })
        .collect()
}

/// The cases that a class owes, that some pattern of `run` matches (if there are any), and
/// none of `skip`.
///
/// # Errors
/// [`SelectionError`], for a pattern that matches nothing too.
pub fn select<C: Listed>(
    cases: Vec<C>,
    class: Option<Class>,
    run: &[String],
    skip: &[String],
) -> Result<Vec<C>, SelectionError> {
    let run = matchers(run)?;
    let skip = matchers(skip)?;
    let owed: Vec<C> = cases
        .into_iter()
        .filter(|case| class.is_none_or(|class| case.owed_by(class)))
        .collect();
    for (pattern, matcher) in run.iter().chain(&skip) {
        if !owed.iter().any(|case| matcher.is_match(case.id())) {
            return Err(SelectionError::MatchesNothing {
                pattern: (*pattern).clone(),
                class,
            });
        }
    }
    let hit = |list: &[(&String, GlobMatcher)], id: &str| {
        list.iter().any(|(_, matcher)| matcher.is_match(id))
    };
    let chosen: Vec<C> = owed
        .into_iter()
        .filter(|case| (run.is_empty() || hit(&run, case.id())) && !hit(&skip, case.id()))
        .collect();
    if chosen.is_empty() {
        return Err(SelectionError::NothingLeft);
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::server::cases;

    fn of<C: Listed>(
        cases: Vec<C>,
        class: Class,
        run: &[&str],
        skip: &[&str],
    ) -> Result<usize, SelectionError> {
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        select(cases, Some(class), &owned(run), &owned(skip)).map(|cases| cases.len())
    }

    fn ids(class: Class, run: &[&str], skip: &[&str]) -> Result<usize, SelectionError> {
        of(cases::all(), class, run, skip)
    }

    #[test]
    fn patterns_choose_and_leave_out() {
        assert_eq!(ids(Class::Framing, &["frm/two"], &[]).unwrap(), 1);
        assert!(ids(Class::Framing, &["frm/*"], &["frm/cut-*"]).unwrap() > 10);
        assert!(ids(Class::Framing, &[], &[]).unwrap() < ids(Class::Session, &[], &[]).unwrap());
    }

    #[test]
    fn a_pattern_that_matches_nothing_is_an_error() {
        assert!(matches!(
            ids(Class::Framing, &["frm/twoo"], &[]),
            Err(SelectionError::MatchesNothing { .. })
        ));
        // There is such a case, but not for this class.
        assert!(matches!(
            ids(Class::Framing, &["msg/*"], &[]),
            Err(SelectionError::MatchesNothing { .. })
        ));
        assert!(matches!(
            ids(Class::Framing, &[], &["frm/twoo"]),
            Err(SelectionError::MatchesNothing { .. })
        ));
        assert!(matches!(
            ids(Class::Framing, &["frm/two"], &["frm/*"]),
            Err(SelectionError::NothingLeft)
        ));
        assert!(matches!(
            ids(Class::Framing, &["frm/[x"], &[]),
            Err(SelectionError::Malformed { .. })
        ));
    }

    #[test]
    fn clients_and_codecs_have_cases_of_their_own() {
        let client = |class, id| of(client::cases::all(), class, &[id], &[]);
        assert_eq!(client(Class::Session, "client/text-chinese").unwrap(), 1);
        assert_eq!(client(Class::Transfer, "client/text-chinese").unwrap(), 1);
        assert_eq!(client(Class::Transfer, "client/file-of-2").unwrap(), 1);
        assert!(client(Class::Session, "client/file-of-2").is_err());
        let codec = |id| of(CodecCase::all(), Class::Framing, &[id], &[]);
        assert_eq!(codec("frm/two").unwrap(), 1);
        assert_eq!(codec("codec/pack-random").unwrap(), 1);
        assert!(codec("msg/*").is_err());
    }

    #[test]
    fn what_is_not_text_is_for_those_who_do_not_read_it() {
        assert_eq!(ids(Class::Framing, &["frm/all-octets"], &[]).unwrap(), 1);
        assert!(ids(Class::Session, &["frm/all-octets"], &[]).is_err());
    }
}
