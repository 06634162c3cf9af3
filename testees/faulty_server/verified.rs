//! Verified transfers, as an ordinary programmer adds them to the server (VTR).

use std::fs;

use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::planted::Fault;
use super::{End, Session};

impl Session<'_> {
    /// The command that a text is for this server: the algorithm, and what answers begin with.
    pub(super) fn verified_command(&self, text: &str) -> Option<&'static str> {
        let text = match self.fault.0 {
            Some(Fault::CommandAnyCase) => text.to_lowercase(),
            Some(Fault::CommandTrimmed) => text.trim().to_owned(),
            _ => text.to_owned(),
        };
        match text.as_str() {
            "file+md5" => Some("file+md5"),
            "file+sha256" if !self.fault.is(Fault::CommandSha256Unknown) => Some("file+sha256"),
            other if self.fault.is(Fault::CommandAnyDigest) && other.starts_with("file+") => {
                Some("file+md5")
            }
            _ => None,
        }
    }

    /// Receives a file and its digest, and answers.
    pub(super) fn receive_verified(&mut self, command: &str) -> Result<(), End> {
        let fault = self.fault;
        match fault.0 {
            Some(Fault::ReadyMissing) => {}
            Some(Fault::ReadyBare) => self.send(b"ready")?,
            _ => self.send(format!("{command} ready").as_bytes())?,
        }
        let Some(header) = self.text()? else {
            return Err(End::Cut);
        };
        let (name, length) = self.header(&header).ok_or(End::Protocol)?;
        let target = self.config.dir.join(&name);
        let mut body = Vec::new();
        while (body.len() as u64) < length {
            if self.peer.pending.is_empty() && !self.read()? {
                return Err(End::Cut);
            }
            let left = usize::try_from(length).unwrap_or(usize::MAX) - body.len();
            let count = left.min(self.peer.pending.len());
            body.extend(self.take(count));
        }
        if fault.is(Fault::StoredBeforeDigest) {
            self.store(&target, &body)?;
        }
        let sent = match self.text() {
            Ok(Some(sent)) => sent,
            end => {
                if fault.is(Fault::EndIsMismatch) {
                    self.send(format!("{command} mismatch").as_bytes())?;
                }
                return Err(end.err().unwrap_or(End::Cut));
            }
        };
        let digits = if command == "file+md5" { 32 } else { 64 };
        let mut sent = sent;
        if fault.is(Fault::DigestAnyCase) {
            sent = sent.to_lowercase();
        }
        if fault.is(Fault::DigestLonger) && sent.len() > digits {
            sent.truncate(digits);
        }
        let computed = self.digest(command, &body);
        let is_digest = sent.len() == digits
            && sent
                .bytes()
                .all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
        let short = fault.is(Fault::DigestPrefix) && computed.starts_with(sent.trim_end());
        let right = fault.is(Fault::DigestIgnored) && is_digest || sent == computed || short;
        if !is_digest && !short && !fault.is(Fault::DigestNoneIsMismatch) {
            return Err(End::Protocol);
        }
        if fault.is(Fault::OkBehindNext) && self.peer.pending.is_empty() {
            self.read()?;
        }
        if !right {
            if fault.is(Fault::MismatchKept) {
                self.store(&target, &body)?;
            }
            if fault.is(Fault::MismatchLosesOld) {
                let _ = fs::remove_file(&target);
            }
            self.send(format!("{command} mismatch").as_bytes())?;
            return if fault.is(Fault::MismatchCloses) {
                Err(End::Clean)
            } else {
                Ok(())
            };
        }
        if !fault.is(Fault::OkWithoutFile) {
            self.store(&target, &body)?;
        }
        self.send(format!("{command} ok").as_bytes())
    }

    fn digest(&mut self, command: &str, body: &[u8]) -> String {
        let body = match self.fault.0 {
            Some(Fault::DigestOfFirst) => &body[..body.len().min(100)],
            Some(Fault::DigestGoesOn) => {
                self.peer.digested.extend_from_slice(body);
                &self.peer.digested
            }
            _ => body,
        };
        let octets = match command {
            "file+md5" => Md5::digest(body).to_vec(),
            _ => Sha256::digest(body).to_vec(),
        };
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    fn store(&self, target: &std::path::Path, body: &[u8]) -> Result<(), End> {
        let (path, file) = self.open(target, false);
        let stored = file
            .and_then(|mut file| {
                std::io::Write::write_all(&mut file, body)?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&path, target));
        if self.fault.is(Fault::NotStoredIsOk) {
            return Ok(());
        }
        stored.map_err(|_| End::Cut)
    }
}
