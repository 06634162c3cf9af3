//! Invariants of a reader of file headers: an independent reading of TRF-1, TRF-2 and
//! TRF-7.

use std::path::Path;

pub use unstick::model::header::{Header, Reading, read};
use unstick::wire::file_header::FileHeader;

/// The reference.
#[must_use]
pub fn reference(text: &str) -> Option<Header> {
    let header = FileHeader::parse(text).ok()?;
    Some((header.name.as_str().to_owned(), header.length))
}

/// Compares a reader with the independent reading, and sees that what it accepts is safe to
/// join to a directory.
///
/// # Errors
/// What went wrong, in words.
pub fn check(parse: impl Fn(&str) -> Option<Header>, text: &str) -> Result<(), String> {
    let parsed = parse(text);
    if let Some((name, _)) = &parsed {
        let joined = Path::new("/directory").join(name);
        let stays = joined.parent() == Some(Path::new("/directory"))
            && joined.file_name().is_some_and(|last| last == name.as_str());
        if !stays {
            return Err(format!("the name {name:?} leads out of the directory"));
        }
    }
    match (parsed, read(text)) {
        (Some(header), Reading::Is(expected) | Reading::MayBe(expected)) if header == expected => {
            Ok(())
        }
        (None, Reading::MayBe(_) | Reading::Refused) => Ok(()),
        (parsed, expected) => Err(format!("read as {parsed:?}; expected {expected:?}")),
    }
}
