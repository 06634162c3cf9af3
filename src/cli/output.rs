//! Reports on the disk: whole, at once, or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::NamedTempFile;

use super::Failure;
use crate::report::saved::Shard;
use crate::report::{Report, badge, html, json, junit, summary};

/// The reports that are written beside the one on the terminal.
#[derive(Debug, Clone, Args)]
pub(super) struct Outputs {
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the report as a page, in one file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write a summary in Markdown, for a CI job or a pull request
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Write a badge in SVG: how many of the checks passed
    #[arg(long, value_name = "FILE")]
    badge: Option<PathBuf>,
    /// Run the Kth of N parts of the cases, the same split every time; `unstick report` joins them
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
}

/// A format that reports are written in.
#[derive(Debug, Clone, Copy)]
enum Format {
    Json,
    Junit,
    Html,
    Summary,
    Badge,
}

impl Format {
    /// The option that names its file.
    const fn option(self) -> &'static str {
        match self {
            Self::Json => "--json",
            Self::Junit => "--junit",
            Self::Html => "--html",
            Self::Summary => "--summary",
            Self::Badge => "--badge",
        }
    }

    /// A report in it, whose JSON is this.
    fn text(self, report: &Report<'_>, json: &str) -> io::Result<String> {
        match self {
            Self::Json => Ok(json.to_owned()),
            Self::Junit => junit::write(report).map_err(io::Error::other),
            Self::Html => html::write(report).map_err(io::Error::other),
            Self::Summary => Ok(summary::write(report)),
            Self::Badge => badge::write(report).map_err(io::Error::other),
        }
    }
}

impl Outputs {
    /// The part of the cases that is run, where it is a part.
    pub(super) const fn shard(&self) -> Option<Shard> {
        self.shard
    }

    /// The cases of the part that is to be run.
    pub(super) fn part_of<C>(&self, cases: Vec<C>) -> Vec<C> {
        let Some(shard) = self.shard else {
            return cases;
        };
        let placed = cases.into_iter().enumerate();
        placed
            .filter(|(place, _)| shard.has(*place))
            .map(|(_, case)| case)
            .collect()
    }

    /// Each with its format.
    fn all(&self) -> impl Iterator<Item = (Format, &Path)> {
        let all = [
            (Format::Json, &self.json),
            (Format::Junit, &self.junit),
            (Format::Html, &self.html),
            (Format::Summary, &self.summary),
            (Format::Badge, &self.badge),
        ];
        all.into_iter()
            .filter_map(|(format, path)| Some((format, path.as_deref()?)))
    }

    /// Sees that the reports can be written, and would write over nothing that the run reads or
    /// writes elsewhere, so that what is wrong is found before anything is run. Nothing is written.
    pub(super) fn prepare(&self, read: &[(&str, Option<&Path>)]) -> Result<(), Failure> {
        let mut taken: Vec<(&str, PathBuf)> = read
            .iter()
            .filter_map(|(option, path)| Some((*option, place(path.as_deref()?))))
            .collect();
        for (format, path) in self.all() {
            let option = format.option();
            let place = place(path);
            let shown = path.display();
            if let Some((other, _)) = taken.iter().find(|(_, taken)| *taken == place) {
                let why =
                    format!("{option} {shown}: that is the file of {other}; name another one");
                return Err(Failure::Usage(why));
            }
            writable(&place).map_err(|error| {
                Failure::Usage(format!("{option} {shown} cannot be written: {error}"))
            })?;
            taken.push((option, place));
        }
        Ok(())
    }

    /// Writes the reports, each of them whatever comes of the other, and says what went wrong.
    pub(super) fn write(&self, report: &Report<'_>) -> Result<(), String> {
        self.write_as(report, &json::write(report, self.shard))
    }

    /// Writes the reports with this one as JSON.
    pub(super) fn write_as(&self, report: &Report<'_>, json: &str) -> Result<(), String> {
        let mut wrong = Vec::new();
        for (format, path) in self.all() {
            let text = format.text(report, json);
            if let Err(error) = text.and_then(|text| write(&place(path), text.as_bytes())) {
                let (option, shown) = (format.option(), path.display());
                wrong.push(format!("{option} {shown} could not be written: {error}"));
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(wrong.join("\n"))
    }
}

/// The path of a file that is there or not, with symbolic links resolved.
pub(super) fn place(path: &Path) -> PathBuf {
    if let Ok(place) = path.canonicalize() {
        return place;
    }
    let parent = directory(path).canonicalize();
    match (parent, path.file_name()) {
        (Ok(parent), Some(name)) => parent.join(name),
        _ => path.to_owned(),
    }
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// True of a pipe, a terminal or `/dev/stdout`: nothing can be renamed into its place, so it is written into as it
/// is.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

fn writable(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if is_special(path) {
        return Ok(());
    }
    if path.exists() {
        // An existing file is opened, though it will be replaced: one that is protected stays.
        File::options().append(true).open(path)?;
    }
    // Without a name: whatever ends the program now leaves nothing.
    tempfile::tempfile_in(directory(path)).map(drop)
}

/// A temporary file that can be renamed to a path; removed unless it is.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".unstick-report-");
    let permissions = match fs::metadata(path) {
        Ok(metadata) => metadata.permissions(),
        Err(_) => std::os::unix::fs::PermissionsExt::from_mode(0o666),
    };
    builder
        .permissions(permissions)
        .tempfile_in(directory(path))
}

/// Writes a file at once: nobody ever sees a part of it.
pub(super) fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    if is_special(path) {
        return File::options().write(true).open(path)?.write_all(text);
    }
    let mut file = beside(path)?;
    file.write_all(text)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_or_stays_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report");
        writable(&path).unwrap();
        assert!(!path.exists());
        write(&path, b"first").unwrap();
        writable(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"first");
        write(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(writable(&dir.path().join("none/report")).is_err());
        assert!(writable(dir.path()).is_err());
        assert!(write(Path::new("/dev/full"), b"x").is_err());
        write(Path::new("/dev/null"), b"x").unwrap();
    }

    #[test]
    fn two_names_of_one_place_are_known() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list");
        let other = dir.path().join(".").join("list");
        assert_eq!(place(&path), place(&other));
        fs::write(&path, "").unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(place(&path), place(&link));
    }
}
