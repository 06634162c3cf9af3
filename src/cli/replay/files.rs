//! Traces from files, and from directories of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::suite::requirement::find;
use crate::trace::{Trace, json};

/// The file of each trace, by its id.
pub(super) type Paths = BTreeMap<String, String>;

/// All traces, each of an id of its own.
pub(super) fn read(given: &[PathBuf]) -> Result<(Vec<Trace>, Paths), Failure> {
    let mut paths = Paths::new();
    let mut traces = Vec::new();
    for path in files(given)? {
        let trace = one(&path)?;
        let shown = path.to_string_lossy().into_owned();
        if let Some(other) = paths.insert(trace.id.clone(), shown) {
            let (shown, id) = (path.display(), &trace.id);
            return Err(Failure::Usage(format!(
                "{shown}: {other} has the id {id} too"
            )));
        }
        traces.push(trace);
    }
    Ok((traces, paths))
}

/// The files that are named, and those of directories that end in `.json`, by name.
fn files(given: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in given {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let shown = path.display();
        let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = entries.map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
        let is_trace = |path: &PathBuf| path.extension().is_some_and(|ends| ends == "json");
        let mut inside: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
        inside.retain(|path| is_trace(path) && path.is_file());
        if inside.is_empty() {
            return Err(Failure::Usage(format!(
                "{shown}: no file in it ends in .json"
            )));
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

fn one(path: &Path) -> Result<Trace, Failure> {
    let shown = path.display();
    let text =
        fs::read_to_string(path).map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
    let trace = json::read(&text).map_err(|error| {
        Failure::Usage(format!(
            "{shown} is no trace: {error}; fixtures/trace.schema.json describes the format"
        ))
    })?;
    if let Some(unknown) = trace.requirements.iter().find(|id| find(id).is_none()) {
        let why =
            format!("{shown}: there is no requirement {unknown}; `unstick explain` lists all");
        return Err(Failure::Usage(why));
    }
    Ok(trace)
}
