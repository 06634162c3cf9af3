//! The CI file: a run of plain `unstick`, whose reports are kept.

use std::fs;
use std::path::Path;

use clap::ValueEnum;

use super::files::Planned;
use crate::cli::{Failure, say};

const GITHUB: &str = ".github/workflows/unstick.yml";
const GITLAB: &str = ".gitlab-ci.yml";
const GITLAB_BESIDE: &str = "unstick.gitlab-ci.yml";
const SHELL: &str = "unstick-ci.sh";

/// The kinds of CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Ci {
    /// A workflow of its own
    Github,
    /// A job, in a file to be included where there is a .gitlab-ci.yml
    Gitlab,
    /// A shell script
    Sh,
    /// No file
    None,
}

/// The file for this kind, or the one that the project looks like; none where that is there.
pub(super) fn of(wanted: Option<Ci>) -> Result<Option<Planned>, Failure> {
    let (path, text) = match wanted.unwrap_or_else(found) {
        Ci::None => return Ok(None),
        Ci::Github => (GITHUB, include_str!("recipes/github.yml")),
        Ci::Gitlab if is_there(GITLAB) => {
            say(&format!(
                "{GITLAB} is yours: add `include: {GITLAB_BESIDE}` to it"
            ));
            (GITLAB_BESIDE, include_str!("recipes/gitlab.yml"))
        }
        Ci::Gitlab => (GITLAB, include_str!("recipes/gitlab.yml")),
        Ci::Sh => (SHELL, include_str!("recipes/ci.sh")),
    };
    if is_there(path) {
        say(&format!("{path} is there already, and stays as it is"));
        return Ok(None);
    }
    let text = text.to_owned();
    Ok(Some(match path {
        SHELL => Planned::program(path, text),
        _ => Planned::new(path, text),
    }))
}

fn is_there(path: &str) -> bool {
    Path::new(path).symlink_metadata().is_ok()
}

/// The CI system that the project's files point to.
fn found() -> Ci {
    let remote = fs::read_to_string(".git/config").unwrap_or_default();
    if is_there(GITLAB) {
        Ci::Gitlab
    } else if is_there(".github") || remote.contains("github.com") {
        Ci::Github
    } else if remote.contains("gitlab") {
        Ci::Gitlab
    } else {
        Ci::Sh
    }
}
