//! Embeds the fixtures: a list of `(id, include_str!(…))`, so that the program needs no files.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let fixtures = Path::new(&root).join("fixtures");
    println!("cargo::rerun-if-changed={}", fixtures.display());
    let mut list = Vec::new();
    for chapter in fs::read_dir(&fixtures)
        .expect("fixtures/ is there")
        .flatten()
    {
        if !chapter.path().is_dir() {
            continue;
        }
        println!("cargo::rerun-if-changed={}", chapter.path().display());
        for file in fs::read_dir(chapter.path())
            .expect("it is a directory")
            .flatten()
        {
            let path = file.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let id = format!(
                    "{}/{}",
                    chapter.file_name().display(),
                    path.file_stem().expect("it has a name").display()
                );
                list.push((id, path));
            }
        }
    }
    list.sort();
    let mut code = String::from("&[\n");
    for (id, path) in list {
        writeln!(code, "    ({id:?}, include_str!({path:?})),").expect("a string takes everything");
    }
    code.push_str("]\n");
    fs::write(Path::new(&out).join("fixtures.rs"), code).expect("OUT_DIR is writable");
}
