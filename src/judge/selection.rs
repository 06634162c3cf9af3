//! The cases that are run.

use globset::{Glob, GlobMatcher};

use super::case::Described;
use crate::trace::Class;

/// The reason why no cases could be chosen.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// A pattern is not a valid glob.
    #[error("{pattern:?} is no pattern: {error}")]
    Malformed {
        /// The pattern.
        pattern: String,
        /// The error in the pattern.
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

fn of(class: &Option<Class>) -> String {
    class.map_or_else(String::new, |class| {
        format!(" that is owed in class {}", class.name())
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
pub fn select<C: Described>(
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
        if !owed
            .iter()
            .any(|case| matcher.is_match(case.info().id.as_str()))
        {
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
        .filter(|case| {
            (run.is_empty() || hit(&run, &case.info().id)) && !hit(&skip, &case.info().id)
        })
        .collect();
    if chosen.is_empty() {
        return Err(SelectionError::NothingLeft);
    }
    Ok(chosen)
}
