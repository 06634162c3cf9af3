//! Rules about the bodies of files.

use super::diagnosis::Diagnosis;
use super::run_facts::Pattern;
use super::symptom::Sight;
use crate::suite::server::directory_fault::DirectoryFault;
use crate::suite::server::failure::What;

pub(super) const COUNTED: Diagnosis = Diagnosis::new(
    "TRF-3",
    "it takes a short read of a body for all that it asked for: it counts reads, and not octets",
);

pub(super) const CLOSES_AFTER: Diagnosis =
    Diagnosis::new("TRF-6", "it closes the connection after a transfer");

const LOST_AT_THE_END: Diagnosis = Diagnosis::new(
    "TRF-4",
    "it loses what arrives together with the end of a body",
);

const LOST_AT_THE_BEGINNING: Diagnosis = Diagnosis::new(
    "TRF-3",
    "it loses what of a body arrives together with its header",
);

/// A file that is stored short as soon as its body comes in pieces. What else goes wrong with bodies
/// then is the same: the rest of the body is taken for frames.
pub(super) fn counted_reads(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let elsewhere = matches!(
        sight.failure.what,
        What::Died | What::Directory(DirectoryFault::Outside { .. })
    );
    let about_bodies = sight.has_a_body() || sight.trace().is_none();
    (pattern.counts_reads && sight.id().starts_with("trf/") && about_bodies && !elsewhere)
        .then_some(COUNTED)
}

/// The file is there, whole, and the connection is not. Where a refusal is allowed, that close is taken
/// for one, and the file for what is left of it.
pub(super) fn closes_after(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    let may_refuse = sight
        .trace()
        .is_some_and(|trace| trace.acceptable.is_some());
    let closed = match &sight.failure.what {
        What::ClosedInstead => true,
        What::Directory(DirectoryFault::Present { .. } | DirectoryFault::Changed { .. }) => {
            may_refuse
        }
        _ => false,
    };
    let coded = sight.trace().is_none() && sight.id().starts_with("trf/");
    (pattern.closes_after_transfers && closed && (sight.has_a_body() || coded))
        .then_some(CLOSES_AFTER)
}

/// A transfer that fails only when it is put together with what comes before or after.
pub(super) fn joined(pattern: &Pattern, sight: &Sight<'_>) -> Option<Diagnosis> {
    if pattern.cutting_breaks || !sight.has_a_body() {
        return None;
    }
    if let What::Directory(DirectoryFault::Shorter { .. } | DirectoryFault::Other { .. }) =
        sight.failure.what
    {
        // A loss behind a body leaves the file whole.
        return Some(LOST_AT_THE_BEGINNING);
    }
    let lost = matches!(sight.failure.what, What::Missing | What::ClosedInstead);
    lost.then_some(if pattern.loses_beginnings {
        LOST_AT_THE_BEGINNING
    } else {
        LOST_AT_THE_END
    })
}
