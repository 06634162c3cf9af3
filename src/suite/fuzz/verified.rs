//! Verified transfers of a draft, right and wrong (VTR).

use super::draft::piece;
use super::generate::{Drawing, LENGTHS};
use crate::model::digest::Digest;
use crate::model::session_plan::Op as Session;
use crate::model::verified_plan::{Given, Op as Verified};

/// Texts that are nearly the command of a verified transfer.
const NEAR_VERIFIED: [&str; 9] = [
    "file+",
    "file+sha1",
    "file+md",
    "file+md55",
    "FILE+MD5",
    "file+md5 ",
    "file+sha256\n",
    " file+md5",
    "file+md5 ready",
];

impl Drawing<'_> {
    /// A verified transfer, or what is nearly one.
    pub(super) fn verified(&mut self) {
        let by = self.one(&[Digest::Md5, Digest::Sha256]);
        let given = match self.rng.bool() {
            true => Given::Right,
            false => self.one(Given::WRONG),
        };
        match self.rng.u8(..8) {
            0 => {
                let near = self.one(&NEAR_VERIFIED);
                self.pieces.push(piece(Session::Message(near.as_bytes())));
            }
            1 | 2 => {
                let count = self.one(&LENGTHS);
                let header = format!("{},{count}", self.name());
                let body = self.body(count);
                self.pieces.push(piece(Verified::Command(by)));
                self.pieces.push(piece(Session::Message(header.as_bytes())));
                self.pieces.push(piece(Session::Raw(&body)));
                if let Some(message) = given.message(by, &body) {
                    self.pieces.push(piece(Session::Message(&message)));
                }
            }
            _ => {
                let length = self.size();
                // An old file of one of these names may lie there.
                let name = self.one(&[&b"v"[..], b"t"]);
                self.pieces.push(piece(Verified::Transfer {
                    by,
                    name,
                    length,
                    given,
                }));
            }
        }
        self.after();
    }
}
