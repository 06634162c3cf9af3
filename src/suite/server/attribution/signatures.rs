//! The mistakes of servers that are known by the cases they fail.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnosis::TAKES_ANNOUNCED;
use crate::judge::check::Check;
use crate::suite::server::directory_fault::DirectoryFault;
use crate::suite::server::failure::What;
use crate::suite::signature::{self, Telltale, known};

/// The look that the failures of a mistake have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Anything.
    Any,
    /// Something else was delivered.
    Altered,
    /// Input that is to be refused was accepted.
    Accepted,
    /// Input that is right was refused.
    Refused,
    /// Nothing came, and the connection stayed open.
    Unanswered,
    /// A file has more octets than it ought to have.
    TooLong,
    /// A file is missing, or another one than it ought to be.
    WrongFile,
    /// A fault that a case looks for itself, such as the use of memory.
    LookedFor,
}

impl Look {
    fn fits(self, what: &What) -> bool {
        match self {
            Self::Any => true,
            Self::Altered => matches!(what, What::Different(_)),
            Self::Accepted => matches!(
                what,
                What::Extra | What::NotClosed | What::Directory(DirectoryFault::Present { .. })
            ),
            Self::Refused => *what == What::ClosedInstead,
            Self::Unanswered => *what == What::Missing,
            Self::TooLong => matches!(what, What::Directory(DirectoryFault::Longer { .. })),
            Self::WrongFile => matches!(what, What::Directory(_)),
            Self::LookedFor => *what == What::Other,
        }
    }
}

/// Narrower entries stand before wider ones.
#[rustfmt::skip]
const TABLE: &[Telltale<Look>] = &[
    known("LEN-1",
        &["len/65536", "len/65537", "len/131072", "len/1-mib", "len/2-mib", "len/4-mib"],
        &["len/65536", "len/65537", "len/131072"], Look::Any,
        "it does not use all four octets of a length as they are"),
    // Each of these lengths has an octet above 127, and no other case of theirs does.
    known("LEN-1",
        &["len/128", "len/129", "len/255", "len/511", "len/1000", "len/1023", "len/1460",
          "len/4095", "len/16383", "len/32767", "len/32768", "len/65535"],
        &["len/128", "len/255", "len/511"], Look::Any,
        "it takes octets of a length above 127 for negative numbers"),
    known("LEN-4", &["len/announced-8*", "len/announced-f*"], &["len/announced-80000000"], Look::Any,
        "it takes a length with its top bit set for a negative number"),
    // The length FF000000 is below those at which a size of 32 bits wraps around.
    known("LEN-4", &["len/announced-8*", "len/announced-f*"], &["len/announced-ff000000"], Look::Any,
        "it takes a length with its top bit set for a negative number"),
    known("FRM-1", &["frm/nested", "frm/length-like-text", "frm/zeros"], &["frm/nested"], Look::Any,
        "it looks for frames inside of payloads"),
    known("FRM-4", &["frm/empty*", "frm/empties"], &["frm/empty"], Look::Refused,
        "it takes an empty frame for the end of the stream"),
    known("FRM-4", &["frm/empty*", "frm/empties"], &["frm/empty"], Look::Unanswered,
        "it passes over empty frames"),
    known("FRM-6", &["frm/truncated-*"], &["frm/truncated-looks-whole"], Look::Accepted,
        "it takes the part of a frame that came before the end of the stream for a whole one"),
    known("FRM-7", &["frm/limit-exceeded*"], &["frm/limit-exceeded"], Look::Accepted,
        "it does not refuse a length above its limit before the payload has come"),
    known("FRM-7", &["frm/wraps-*"], &[], Look::Any,
        "a size that it computes from a length near 4 GiB wraps around"),
    known("FRM-8", &["frm/memory-*"], &["frm/memory-follows-arrival"], Look::LookedFor,
        TAKES_ANNOUNCED),
    known("FRM-13", &["frm/cost-*"], &["frm/cost-of-a-large-frame"], Look::LookedFor,
        "it looks through all that it holds for each piece that arrives, or copies it many times"),
    known("MSG-3",
        &["msg/invalid-cut-short-*", "msg/invalid-latin-1", "msg/invalid-split-across-frames"],
        &["msg/invalid-cut-short-3"], Look::Accepted,
        "it drops a character that is cut short by the end of its frame"),
    known("MSG-3", &["msg/invalid-*"], &["msg/invalid-octet-ff", "msg/invalid-lone-continuation"],
        Look::Accepted, "it takes what is not UTF-8 for text of another encoding"),
    known("MSG-4", &["msg/kept-bom", "msg/kept-bom-only"], &["msg/kept-bom"], Look::Altered,
        "it drops U+FEFF at the beginning of a text"),
    known("MSG-4", &["msg/kept-decomposed"], &[], Look::Altered, "it composes characters"),
    known("MSG-4", &["msg/kept-crlf"], &[], Look::Altered, "it makes one octet of CR and LF"),
    known("MSG-4", &["msg/kept-nul*"], &["msg/kept-nul-inside"], Look::Altered,
        "it takes U+0000 for the end of a text"),
    known("MSG-4",
        &["msg/kept-cr", "msg/kept-crlf", "msg/kept-only-newline", "msg/kept-trailing-newline"],
        &["msg/kept-trailing-newline"], Look::Altered, "it drops the line end of a text"),
    known("MSG-4",
        &["msg/kept-cr", "msg/kept-crlf", "msg/kept-leading-*", "msg/kept-only-*",
          "msg/kept-surrounding-*", "msg/kept-tabs", "msg/kept-trailing-*", "msg/kept-separators"],
        &["msg/kept-trailing-space"], Look::Altered, "it trims texts"),
    known("SES-3", &["ses/near-miss-file-mixed*", "ses/near-miss-file-title",
                     "ses/near-miss-quit-upper"],
        &["ses/near-miss-file-title"], Look::Any, "it takes commands in any case"),
    known("SES-3",
        &["ses/near-miss-file-crlf", "ses/near-miss-file-newline",
          "ses/near-miss-file-space", "ses/near-miss-q-crlf", "ses/near-miss-q-newline",
          "ses/near-miss-q-space", "ses/near-miss-q-tab", "ses/near-miss-space-*"],
        &["ses/near-miss-q-space"], Look::Any, "it trims a text before it looks for commands"),
    known("SES-3", &["ses/near-miss-q*"], &["ses/near-miss-qq", "ses/near-miss-quelque"],
        Look::Refused, "it takes every text that begins with `q` for `q`"),
    known("SES-3", &["trf/upper-case-command"], &[], Look::Altered, "it does not know `FILE`"),
    known("SES-4", &["ses/same-text-twice"], &[], Look::Unanswered,
        "it does not answer a text that is the same as the one before"),
    known("SES-5", &["ses/reply-form-*"], &["ses/reply-form-plain"], Look::Altered,
        "the time in its replies is wrong"),
    known("SES-7", &["ses/half-close-*", "frm/end-*"], &["ses/half-close-hundred"], Look::Refused,
        "it drops replies that it owes when the client has ended its sending side"),
    known("SES-8", &["ses/others-live-on"], &[], Look::Refused,
        "a protocol error on one connection harms the others"),
    known("SES-9", &["ses/over-limit"], &[], Look::Accepted,
        "it leaves a connection above its limit open"),
    known("SES-9", &["ses/reset-before-accept"], &[], Look::Any,
        "a connection that is gone before it is accepted stops it"),
    known("SES-9", &["ses/gone-while-written-to"], &[], Look::Any,
        "writing to a connection that is gone stops it: SIGPIPE, or an error that nobody handles"),
    known("SES-9", &["ses/slots-after-error", "ses/slots-after-refused-*"],
        &["ses/slots-after-error"], Look::Any,
        "it does not free the slot of a session that a protocol error has ended"),
    known("SES-9",
        &["ses/slots-after-reset", "ses/slots-after-half-*", "ses/slots-after-silence"],
        &["ses/slots-after-reset"], Look::Any,
        "it does not free the slot of a session that was cut off"),
    known("SES-10", &["ses/beside-*", "trf/two-at-once"], &["ses/beside-a-silent-peer", "ses/beside-half-a-frame"],
        Look::Unanswered, "it serves one client at a time"),
    known("TRF-1", &["trf/name-comma*"], &["trf/name-comma"], Look::Any,
        "it splits a header at its first comma"),
    known("TRF-2",
        &["trf/refused-length-arabic", "trf/refused-length-devanagari",
          "trf/refused-length-fullwidth", "trf/refused-length-superscript",
          "trf/refused-length-roman"],
        &["trf/refused-length-arabic"], Look::Accepted,
        "it accepts digits of other scripts in the length of a file"),
    known("TRF-2", &["trf/refused-length-plus", "trf/refused-length-minus*"], &[], Look::Accepted,
        "it accepts a sign before the length of a file"),
    known("TRF-2", &["trf/refused-length-underscore"], &[], Look::Accepted,
        "it accepts underscores in the length of a file"),
    known("TRF-2",
        &["trf/refused-length-leading-space", "trf/refused-length-newline",
          "trf/refused-length-tab", "trf/refused-length-trailing-space"],
        &["trf/refused-length-leading-space"], Look::Accepted,
        "it accepts white space around the length of a file"),
    known("TRF-2",
        &["trf/refused-length-4*", "trf/refused-length-18*", "trf/refused-length-99*",
          "trf/refused-length-eleven-digits"],
        &["trf/refused-length-4294967296"], Look::Accepted,
        "it accepts lengths of files above 4,294,967,295"),
    known("TRF-2", &["trf/refused-length-*"],
        &["trf/refused-length-letters-behind", "trf/refused-length-point"], Look::Accepted,
        "it reads the length of a file up to the first octet that is no digit"),
    known("TRF-3", &["trf/body-of-newlines"], &[], Look::WrongFile,
        "it changes line ends in the body of a file"),
    known("TRF-5", &["trf/empty*", "trf/link-empty"], &["trf/empty"], Look::Unanswered,
        "it waits for an octet of an empty body"),
    known("TRF-5", &["trf/empty*", "trf/link-empty"], &["trf/empty"], Look::WrongFile,
        "it stores no empty file"),
    known("TRF-7", &["trf/name-255-octets*"], &["trf/name-255-octets"], Look::Refused,
        "its limit on names is below 255 octets"),
    known("TRF-7", &["trf/refused-name-backslash", "trf/refused-name-parent-backslash"],
        &["trf/refused-name-backslash"], Look::Accepted, "it accepts backslashes in names"),
    known("TRF-7",
        &["trf/name-composed-and-not", "trf/name-emoji", "trf/name-right-to-left",
          "trf/name-script", "trf/name-255-octets-wide", "trf/name-odd-*"],
        &["trf/name-emoji", "trf/name-script"], Look::Refused,
        "it refuses names that are not ASCII"),
    known("TRF-7",
        &["trf/name-leading-dot*", "trf/name-three-dots", "trf/name-two-dots-inside"],
        &["trf/name-leading-dot"], Look::Refused, "it refuses names that begin with a dot"),
    known("TRF-7", &["trf/name-*space"], &["trf/name-space"], Look::Refused,
        "it refuses names with spaces"),
    known("TRF-7", &["trf/refused-name-*"], &["trf/refused-name-inner-slash"], Look::Accepted,
        "it makes a name of a path that it ought to refuse"),
    known("TRF-9",
        &["trf/old-until-whole", "trf/short-*-old", "trf/link-cut-short"],
        &["trf/old-until-whole", "trf/short-1-of-10-old"], Look::WrongFile,
        "it loses the file of that name before the new one is whole"),
    known("TRF-10",
        &["trf/empty-replaces", "trf/replaces-longer", "trf/same-name-twice"],
        &["trf/replaces-longer"], Look::TooLong, "it writes over a file without shortening it"),
    known("TRF-10",
        &["trf/empty-replaces", "trf/replaces", "trf/replaces-longer", "trf/same-name-twice"],
        &["trf/replaces", "trf/replaces-longer"], Look::WrongFile,
        "it does not replace a file that is there"),
    known("TRF-11", &["trf/memory-*"], &["trf/memory-of-a-body"], Look::LookedFor,
        "it holds the body of a file in memory"),
    known("TRF-11", &["trf/directory-gone"], &[], Look::Accepted,
        "it passes over a file that it cannot write"),
    known("VTR-1", &["vtr/near-miss-capitals"], &[], Look::Any,
        "it takes the command of a verified transfer in any case"),
    known("VTR-1", &["vtr/near-miss-blank"], &[], Look::Any,
        "it trims a text before it looks for the command of a verified transfer"),
    known("VTR-1", &["vtr/near-miss-sha1", "vtr/near-miss-no-digest", "vtr/near-miss-blank"], &["vtr/near-miss-sha1"],
        Look::Any, "it takes every text that begins with `file+` for the command"),
    known("VTR-2", &["vtr/*-digest-capitals"], &["vtr/md5-digest-capitals"], Look::Any,
        "it takes a digest in capitals"),
    known("VTR-2",
        &["vtr/*-digest-a-digit-more", "vtr/*-digest-line-end", "vtr/md5-digest-of-the-other-length"],
        &["vtr/md5-digest-a-digit-more"], Look::Any, "it passes over what follows the digits of a digest"),
    known("VTR-2", &["vtr/*-digest-a-digit-short", "vtr/*-digest-blank-behind",
                     "vtr/sha256-digest-of-the-other-length", "vtr/*-refused-digest-keeps-nothing",
                     "vtr/*-digest-line-end"],
        &["vtr/md5-digest-a-digit-short"], Look::Any, "it compares only as many digits as came"),
    known("VTR-2", &["vtr/md5-*", "vtr/sha256-*"],
        &["vtr/md5-digest-missing", "vtr/sha256-digest-missing"], Look::Accepted,
        "it answers what is no digest instead of closing"),
    known("VTR-2", &["vtr/sha256-*"], &["vtr/sha256-digest-missing"], Look::Unanswered,
        "it does not know `file+sha256`"),
    known("VTR-2", &["vtr/md5-*", "vtr/sha256-*"], &["vtr/md5-digest-missing"], Look::Unanswered,
        "it does not answer the command by the command and `ready`"),
    known("VTR-3", &["vtr/*-mismatch-keeps-old"], &["vtr/md5-mismatch-keeps-old"], Look::WrongFile,
        "it removes the old file of a name at a mismatch"),
    known("VTR-3",
        &["vtr/*-of-another-file", "vtr/*-mismatch-keeps-old", "vtr/body-changed"],
        &["vtr/md5-of-another-file", "vtr/body-changed"], Look::WrongFile,
        "it keeps a file whose digest is another"),
    known("VTR-3",
        &["vtr/*-of-another-file", "vtr/*-mismatch-keeps-old", "vtr/body-changed", "vtr/mismatch-then-right"],
        &["vtr/md5-of-another-file", "vtr/body-changed", "vtr/mismatch-then-right"], Look::Unanswered,
        "it acknowledges a file whatever its digest"),
    known("VTR-3",
        &["vtr/*-of-another-file", "vtr/*-mismatch-keeps-old", "vtr/body-changed", "vtr/mismatch-then-right"],
        &["vtr/md5-of-another-file", "vtr/body-changed", "vtr/mismatch-then-right"], Look::Any,
        "it closes after a mismatch"),
    known("VTR-3", &["vtr/both-digests", "vtr/mismatch-then-right", "vtr/plain-between"],
        &["vtr/plain-between"], Look::Any, "it computes one digest over several files of a session"),
    known("VTR-3", &["vtr/body-4096", "vtr/body-65536", "vtr/body-changed"], &["vtr/body-4096"],
        Look::Any, "it computes the digest of a part of the body"),
    known("VTR-3", &["vtr/*"], &["vtr/md5-stored", "vtr/sha256-stored", "vtr/md5-empty"],
        Look::WrongFile, "it acknowledges a file that it does not store"),
    known("VTR-3", &["vtr/*"], &["vtr/md5-stored", "vtr/sha256-stored", "vtr/md5-of-another-file"],
        Look::Unanswered, "it does not answer a digest before the next message has come"),
    known("VTR-5", &["vtr/directory-gone"], &[], Look::LookedFor,
        "it acknowledges a file that could not be stored"),
    known("VTR-4", &["vtr/*-end-before-digest", "vtr/*-end-inside-digest", "vtr/*-refused-digest-keeps-nothing"],
        &["vtr/md5-end-before-digest"], Look::WrongFile,
        "it stores a file before its digest has come"),
    known("VTR-4", &["vtr/*-end-before-digest", "vtr/*-end-inside-digest"],
        &["vtr/md5-end-before-digest"], Look::Accepted, "it answers an end of stream before the digest"),
];

/// The causes that failures without one point to, by requirement; each failure is a check and its kind.
pub(super) fn causes<'f>(
    failures: impl Iterator<Item = (&'f Check, &'f What)>,
    left_out: &BTreeSet<String>,
) -> BTreeMap<String, &'static str> {
    signature::causes(TABLE, Look::fits, failures, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::server::cases;

    fn cause(requirement: &str, failures: &[(&str, &What)]) -> Option<&'static str> {
        signature::cause(TABLE, Look::fits, requirement, failures, &BTreeSet::new())
    }

    #[test]
    fn the_table_speaks_of_cases_that_there_are() {
        let cases: Vec<_> = cases::all()
            .iter()
            .map(|case| case.info.id.to_string())
            .collect();
        signature::assert_speaks_of(TABLE, &cases);
    }

    #[test]
    fn one_failure_too_many_is_not_explained() {
        let plus = ("trf/refused-length-plus", &What::Extra);
        let letters = ("trf/refused-length-letters", &What::Extra);
        assert_eq!(
            cause("TRF-2", &[plus]),
            Some("it accepts a sign before the length of a file")
        );
        assert_eq!(cause("TRF-2", &[plus, letters]), None);
        assert_eq!(cause("TRF-1", &[plus]), None);
        let crashed = ("trf/refused-length-plus", &What::Died);
        assert_eq!(cause("TRF-2", &[crashed]), None);
    }

    #[test]
    fn what_must_fail_has_failed() {
        let comma = ("trf/name-comma-last", &What::ClosedInstead);
        assert_eq!(cause("TRF-1", &[comma]), None);
        let plain = ("trf/name-comma", &What::ClosedInstead);
        assert_eq!(
            cause("TRF-1", &[comma, plain]),
            Some("it splits a header at its first comma")
        );
    }
}
