//! The pages of docs/: all are in the book, no link leads nowhere, commands have only options that there are,
//! and what is generated is up to date.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use unstick::suite::{fixtures, requirement};
use unstick::trace::hexdump;

use crate::support::{project, unstick};

/// Parts of a page that can go stale.
#[derive(Default)]
struct Page {
    links: Vec<String>,
    anchors: BTreeSet<String>,
    /// The language, and the text.
    blocks: Vec<(String, String)>,
}

fn read(path: &Path) -> Page {
    let text = fs::read_to_string(path).unwrap();
    let mut page = Page::default();
    let (mut heading, mut block) = (None, None);
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                page.links.push(dest_url.into_string());
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                page.anchors.insert(anchor(&heading.take().unwrap()));
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.into_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                block = Some((language, String::new()));
            }
            Event::End(TagEnd::CodeBlock) => page.blocks.extend(block.take()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
                if let Some((_, block)) = &mut block {
                    block.push_str(&text);
                }
            }
            _ => {}
        }
    }
    page
}

/// The name by which a heading is linked to.
fn anchor(heading: &str) -> String {
    let kept = heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .collect::<String>();
    kept.replace(' ', "-")
}

/// The pages of the book.
fn docs() -> BTreeMap<PathBuf, Page> {
    let entries = fs::read_dir(project("docs")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let pages = paths.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let pages: BTreeMap<_, _> = pages.map(|path| (path.clone(), read(&path))).collect();
    assert!(pages.len() > 15, "{} pages", pages.len());
    pages
}

/// All pages whose links are looked at.
fn all_pages() -> BTreeMap<PathBuf, Page> {
    let mut pages = docs();
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "fuzz/README.md",
    ] {
        let path = PathBuf::from(project(name));
        pages.insert(path.clone(), read(&path));
    }
    pages
}

#[test]
fn every_page_is_in_the_book_once() {
    let pages = docs();
    let summary = PathBuf::from(project("docs/SUMMARY.md"));
    let mut listed = pages[&summary].links.clone();
    listed.sort();
    let names = pages.keys().filter(|path| **path != summary);
    let names: Vec<String> = names
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(listed, names);
}

#[test]
fn no_link_leads_nowhere() {
    let pages = all_pages();
    let mut looked_at = 0;
    for (path, page) in &pages {
        for link in &page.links {
            if link.contains("://") {
                continue;
            }
            looked_at += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            let there = target.canonicalize();
            let Ok(target) = there else {
                panic!("{}: {link} is not there", path.display());
            };
            if let (false, Some(page)) = (anchor.is_empty(), pages.get(&target)) {
                assert!(page.anchors.contains(anchor), "{}: {link}", path.display());
            }
        }
    }
    assert!(looked_at > 60, "{looked_at} links");
}

/// The words of each `unstick …` in a block, without comments.
fn commands(block: &str) -> Vec<Vec<String>> {
    let joined = block.replace("\\\n", " ");
    let lines = joined
        .lines()
        .map(|line| line.trim_start_matches(['$', ' ']));
    let own = lines.filter(|line| line.starts_with("unstick "));
    let plain = own.map(|line| line.split(" #").next().unwrap_or_default());
    plain.filter_map(shlex::split).collect()
}

#[test]
fn commands_have_only_options_that_there_are() {
    let mut helps: BTreeMap<String, String> = BTreeMap::new();
    let mut looked_at = 0;
    for (path, page) in all_pages() {
        let shells = ["", "console", "sh", "yaml"];
        let blocks = page.blocks.iter();
        let blocks = blocks.filter(|(language, _)| shells.contains(&language.as_str()));
        for words in blocks.flat_map(|(_, block)| commands(block)) {
            let own = words.iter().skip(1).take_while(|word| *word != "--");
            let own: Vec<&String> = own.collect();
            // The value of an option comes behind it: the command of such a line is that of plain `unstick`.
            let is_name = |word: &&&String| !word.starts_with('-');
            let mut command: Vec<&str> = own
                .iter()
                .take(1)
                .filter(is_name)
                .map(|word| word.as_str())
                .collect();
            let below = own.get(1).filter(|word| {
                command == ["fuzz"] && ["server", "client", "codec"].contains(&word.as_str())
            });
            command.extend(below.map(|word| word.as_str()));
            let key = command.join(" ");
            let help = helps.entry(key).or_insert_with(|| {
                let ran = unstick(command.into_iter().chain(["--help"]));
                assert_eq!(
                    ran.status,
                    0,
                    "{}: {words:?}: {}",
                    path.display(),
                    ran.stderr
                );
                ran.stdout
            });
            for option in own.iter().filter(|word| word.starts_with("--")) {
                let option = option.split('=').next().unwrap();
                looked_at += 1;
                assert!(
                    help.contains(option),
                    "{}: {words:?}: {option}",
                    path.display()
                );
            }
        }
    }
    assert!(looked_at > 60, "{looked_at} options");
}

#[test]
fn every_configuration_is_one() {
    let mut looked_at = 0;
    for (path, page) in docs() {
        for (_, block) in page
            .blocks
            .iter()
            .filter(|(language, _)| language == "toml")
        {
            if !block.contains("command = ") {
                continue;
            }
            looked_at += 1;
            let dir = tempfile::tempdir().unwrap();
            let file = dir.path().join("unstick.toml");
            fs::write(&file, block).unwrap();
            let ran = unstick(["--config", file.to_str().unwrap(), "--only", "nothing"]);
            let is_read = ran.stderr.starts_with("unstick: --only: ");
            assert!(is_read, "{}: {block}: {}", path.display(), ran.stderr);
        }
    }
    assert!(looked_at >= 2, "{looked_at} configurations");
}

/// The page of requirements: each with its reason, and the smallest golden trace that it comes first in.
fn requirements() -> String {
    const LONGEST: usize = 24;
    let mut page = String::from(
        "# The requirements, drawn\n\n\
         Generated by `UNSTICK_WRITE=1 cargo test --test it book`, which otherwise fails when it is not up to \
         date. [SPEC.md](../SPEC.md) has the whole text; `unstick explain REQUIREMENT` lists the cases.\n",
    );
    for requirement in requirement::all() {
        let (id, text, why) = (requirement.id, &requirement.text, &requirement.rationale);
        let _ = write!(page, "\n## {id}\n\n{text}\n\n*Why*: {why}\n");
        let own = fixtures::all()
            .iter()
            .filter(|trace| trace.requirements.first().is_some_and(|first| first == id));
        let smallest = own.min_by_key(|trace| {
            let drawn = hexdump::conversation(trace);
            (drawn.len(), trace.id.clone())
        });
        let Some(trace) = smallest else { continue };
        let drawn = hexdump::conversation(trace);
        let lines: Vec<&str> = drawn.lines().take(LONGEST).collect();
        let _ = write!(
            page,
            "\n`{}`: {}\n\n```\n{}\n```\n",
            trace.id,
            trace.title,
            lines.join("\n")
        );
    }
    page
}

#[test]
fn the_page_of_requirements_is_up_to_date() {
    let path = project("docs/requirements.md");
    let page = requirements();
    if std::env::var_os("UNSTICK_WRITE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "run UNSTICK_WRITE=1 cargo test --test it book"
    );
    assert!(page.matches("\n```\n").count() > 40, "{page}");
}
