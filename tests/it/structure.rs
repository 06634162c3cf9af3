//! The house as `ARCHITECTURE.md` shows it: files import each other without a circle, and each floor
//! uses only those below it.
//!
//! Read from the text: `use` lines and paths that begin with `crate::` or `super::`, outside tests and
//! comments. A re-export (`pub use`) is a name for something, not a need of it, so it is not counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::support::project;

/// The floors, lowest first. Modules of one floor do not know each other.
const FLOORS: [&[&str]; 7] = [
    &["wire", "framing", "model", "disk"],
    &["trace", "peer"],
    &["testee"],
    &["judge"],
    &["suite", "recut"],
    &["report"],
    &["cli"],
];

/// Needs of each module: the modules whose items it names.
type Needs = BTreeMap<String, BTreeSet<String>>;

/// All modules below `src/`, by path (`suite::server::run`), with their text.
fn modules() -> BTreeMap<String, String> {
    let mut modules = BTreeMap::new();
    let root = project("src");
    collect(Path::new(&root), "", &mut modules);
    assert!(modules.len() > 50, "{} modules", modules.len());
    modules
}

fn collect(dir: &Path, prefix: &str, modules: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let module = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}::{name}")
        };
        if path.is_dir() {
            collect(&path, &module, modules);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let module = match name.as_str() {
                "mod" => prefix.to_owned(),
                "lib" | "main" if prefix.is_empty() => continue,
                _ => module,
            };
            modules.insert(module, code(&fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The text without comments and without the unit tests at its foot.
fn code(text: &str) -> String {
    let text = text
        .split("\n#[cfg(test)]\nmod ")
        .next()
        .unwrap_or_default();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The paths that a text names: each `use` line spread out, and paths in the code.
fn paths(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("use ") {
        let begins = rest[..at].rsplit('\n').next().unwrap_or_default().trim();
        let end = rest[at..].find(';').map_or(rest.len(), |end| at + end);
        if begins.is_empty() {
            spread("", rest[at + 4..end].trim(), &mut paths);
        }
        rest = &rest[(at + 4).min(rest.len())..];
    }
    for start in ["crate::", "super::"] {
        for (at, _) in text.match_indices(start) {
            let before = text[..at].chars().next_back();
            let line = text[..at].rsplit('\n').next().unwrap_or_default();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
                || line.trim_start().starts_with("pub use ")
            {
                continue;
            }
            let path: String = text[at..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':')
                .collect();
            paths.push(path.trim_end_matches(':').to_owned());
        }
    }
    paths
}

/// Spreads `a::{b, c::{d, e}}` out.
fn spread(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or_default().trim();
        paths.push(format!("{prefix}{path}"));
        return;
    };
    let prefix = format!("{prefix}{}", &tree[..open]);
    let inner = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let (mut depth, mut start) = (0, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                spread(&prefix, &inner[start..at], paths);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !inner[start..].trim().is_empty() {
        spread(&prefix, &inner[start..], paths);
    }
}

/// The module that a path leads to from another: the longest part of it that is a module.
fn target(
    path: &str,
    from: &str,
    is_folder: bool,
    known: &BTreeMap<String, String>,
) -> Option<String> {
    let parts: Vec<&str> = path.split("::").collect();
    let mut here: Vec<&str> = from.split("::").collect();
    let mut parts = parts.as_slice();
    match parts.first()? {
        &"crate" => {
            here.clear();
            parts = &parts[1..];
        }
        &"self" => parts = &parts[1..],
        &"super" => {
            while parts.first() == Some(&"super") {
                here.pop();
                parts = &parts[1..];
            }
        }
        first => {
            // A folder names its own modules without a prefix.
            let own = format!("{from}::{first}");
            if !is_folder || !known.contains_key(&own) {
                return None;
            }
        }
    }
    here.extend(parts);
    while !here.is_empty() {
        let module = here.join("::");
        if known.contains_key(&module) {
            return Some(module);
        }
        here.pop();
    }
    None
}

fn needs(modules: &BTreeMap<String, String>) -> Needs {
    let is_folder = |module: &str| {
        let below = format!("{module}::");
        modules.keys().any(|other| other.starts_with(&below))
    };
    modules
        .iter()
        .map(|(module, text)| {
            let needs = paths(text)
                .iter()
                .filter_map(|path| target(path, module, is_folder(module), modules))
                .filter(|target| target != module)
                .collect();
            (module.clone(), needs)
        })
        .collect()
}

/// Sets of modules that need each other, each in order.
fn circles(needs: &Needs) -> Vec<Vec<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> = needs
        .keys()
        .map(|start| {
            let mut seen = BTreeSet::new();
            let mut next: Vec<&String> = needs[start].iter().collect();
            while let Some(module) = next.pop() {
                if seen.insert(module) {
                    next.extend(&needs[module]);
                }
            }
            (start, seen)
        })
        .collect();
    let circle = |start: &String| -> Vec<String> {
        reach[start]
            .iter()
            .filter(|other| reach[**other].contains(start))
            .map(|other| (*other).clone())
            .collect()
    };
    let all: BTreeSet<Vec<String>> = needs.keys().map(circle).collect();
    all.into_iter().filter(|circle| circle.len() > 1).collect()
}

fn floor(module: &str) -> Option<usize> {
    let top = module.split("::").next()?;
    FLOORS.iter().position(|floor| floor.contains(&top))
}

/// Arrows that do not lead down: to a higher floor, or to another module of the same.
fn upward(needs: &Needs) -> Vec<String> {
    let mut wrong = Vec::new();
    for (module, targets) in needs {
        for target in targets {
            let top = |module: &str| module.split("::").next().map(str::to_owned);
            if top(module) != top(target) && floor(module) <= floor(target) {
                wrong.push(format!("{module} -> {target}"));
            }
        }
    }
    wrong
}

#[test]
fn files_import_each_other_without_a_circle() {
    let circles = circles(&needs(&modules()));
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn each_floor_uses_only_those_below_it() {
    let needs = needs(&modules());
    for module in needs.keys() {
        assert!(floor(module).is_some(), "{module} stands on no floor");
    }
    let wrong = upward(&needs);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_circle_and_an_arrow_upward_are_seen() {
    let planted = [
        ("trace", "pub mod one;\npub mod two;\n"),
        ("trace::one", "use super::two::{A, B as C};\n"),
        ("trace::two", "fn f() { crate::trace::three::g(); }\n"),
        (
            "trace::three",
            "use crate::{trace::one::D};\nuse crate::cli;\n",
        ),
        ("cli", "use std::fmt;\n"),
        ("peer", "pub use crate::cli::X;\n"),
        ("wire", "use crate::cli::X;\n"),
    ];
    let modules = planted.map(|(module, text)| (module.to_owned(), text.to_owned()));
    let needs = needs(&modules.into_iter().collect());
    let circle = ["trace::one", "trace::three", "trace::two"].map(str::to_owned);
    assert_eq!(circles(&needs), [circle.to_vec()]);
    assert_eq!(upward(&needs), ["trace::three -> cli", "wire -> cli"]);
}
