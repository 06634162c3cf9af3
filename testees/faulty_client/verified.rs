//! Verified transfers, as an ordinary programmer adds them to the client (VTR).

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::planted::{Fault, Habit};
use super::{Client, OWED, queues, read_name};

/// Time that an answer is waited for, where there is no reason to wait less.
const LONG: Duration = Duration::from_secs(3_600);

/// The fate of a file.
enum Sent {
    Stored,
    Mismatch,
    Refused(String),
    /// The server has no verified transfers.
    Unknown,
}

impl Client {
    /// The command of the verified transfer that a line asks for.
    pub(crate) fn verified_by(&self, line: &str) -> Option<&'static str> {
        if !self.verify || self.has(Fault::NoExtension) {
            return None;
        }
        let by_file = self.habit == Some(Habit::VerifiesFiles);
        match line {
            "file" if by_file && !self.unverified.get() => Some("file+sha256"),
            _ if by_file => None,
            "file+md5" => Some("file+md5"),
            "file+sha256" if self.habit != Some(Habit::OneDigest) => Some("file+sha256"),
            _ => None,
        }
    }

    /// Sends the file whose name is typed next, and tells what became of it.
    pub(crate) fn send_verified(
        &self,
        stream: &mut TcpStream,
        command: &'static str,
    ) -> io::Result<()> {
        while OWED.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_millis(1));
        }
        if self.has(Fault::CommandBeforeFile) {
            self.message(stream, command)?;
        }
        let name = read_name()?;
        if name.contains('/') || matches!(name.as_str(), "" | "." | "..") {
            println!("{name}: not sent: not a plain name");
            return Ok(());
        }
        let path = Path::new(&self.dir).join(&name);
        let fits = |length: u64| length <= u64::from(u32::MAX);
        let found = path.metadata();
        if !found.is_ok_and(|found| found.is_file() && fits(found.len())) {
            println!("{name}: not sent: it is no file, or too large");
            return Ok(());
        }
        let mut sent = self.one_transfer(stream, command, &name)?;
        if matches!(sent, Sent::Mismatch) && self.habit == Some(Habit::SendsAgain) {
            sent = self.one_transfer(stream, command, &name)?;
        }
        if matches!(sent, Sent::Unknown) && self.habit == Some(Habit::OtherDigest) {
            let other = match command {
                "file+md5" => "file+sha256",
                _ => "file+md5",
            };
            sent = self.one_transfer(stream, other, &name)?;
        }
        self.tell(stream, &name, sent)
    }

    fn tell(&self, stream: &mut TcpStream, name: &str, sent: Sent) -> io::Result<()> {
        let ends = self.habit == Some(Habit::EndsUnverified);
        match sent {
            Sent::Stored => println!("{name}: stored"),
            Sent::Mismatch if self.has(Fault::MismatchUnsaid) => println!("{name}: stored"),
            Sent::Refused(_) if self.has(Fault::RefusalUnsaid) => println!("{name}: stored"),
            _ if ends => self.report("the file is not stored"),
            Sent::Mismatch => println!("{name}: not stored: it did not arrive as it was sent"),
            Sent::Refused(why) => println!("{name}: not stored: {why}"),
            Sent::Unknown => return self.send_unverified(stream, name),
        }
        Ok(())
    }

    /// Falls back to `file`.
    fn send_unverified(&self, stream: &mut TcpStream, name: &str) -> io::Result<()> {
        if self.habit == Some(Habit::NeverUnverified) {
            println!("{name}: not sent: the server cannot verify it");
            return Ok(());
        }
        if self.habit == Some(Habit::AsksBack) {
            println!("{name} will not be verified: send it all the same? (y/n)");
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line)?;
            if line.trim() != "y" {
                return Ok(());
            }
        }
        self.unverified.set(true);
        if self.has(Fault::FallsBackSilently) {
            println!("{name}: stored");
            let body = std::fs::read(Path::new(&self.dir).join(name))?;
            self.message(stream, "file")?;
            self.message(stream, &format!("{name},{}", body.len()))?;
            return self.write(stream, &body);
        }
        println!("{name}: will not be verified");
        self.send_named(stream, "file", name)
    }

    fn one_transfer(
        &self,
        stream: &mut TcpStream,
        command: &'static str,
        name: &str,
    ) -> io::Result<Sent> {
        let path = Path::new(&self.dir).join(name);
        let mut file = File::open(&path)?;
        let size = file.metadata()?.len();
        let before = (self.habit == Some(Habit::DigestFirst)).then(|| std::fs::read(&path));
        queues::expect_answers();
        if !self.has(Fault::CommandBeforeFile) {
            self.message(stream, command)?;
        }
        if !self.has(Fault::HeaderAtOnce) {
            let answer = self.answer()?;
            let is_ready = answer == format!("{command} ready")
                || self.has(Fault::AnyReplyIsReady)
                || self.has(Fault::ContainsReady) && answer.contains("ready");
            if !is_ready {
                queues::expect_replies();
                return Ok(match answer.strip_prefix(&format!("{command} refused: ")) {
                    Some(why) => Sent::Refused(why.to_owned()),
                    None => Sent::Unknown,
                });
            }
        }
        let shown = match self.fault {
            Some(Fault::NameCut) => name.split(',').next().unwrap_or(name),
            _ => name,
        };
        let header = format!("{shown},{size}");
        self.message(stream, &header)?;
        let mut body = Vec::new();
        let most = if self.has(Fault::VerifiedGrows) {
            u64::MAX
        } else {
            size
        };
        self.send_body(stream, &mut file, most, &mut body)?;
        if (body.len() as u64) < size {
            stream.shutdown(Shutdown::Both)?;
            return Err(io::Error::other("the file shrank while it was sent"));
        }
        if let Some(before) = before {
            body = before?;
        }
        if self.has(Fault::LineBeforeDigest) {
            let mut line = String::new();
            // A line that has been typed by now is sent by now.
            if has_line() {
                io::stdin().lock().read_line(&mut line)?;
                self.message(stream, line.trim_end_matches('\n'))?;
            }
        }
        self.send_digest(stream, command, &header, &path, body)?;
        if self.has(Fault::HeaderAtOnce) {
            self.answer()?;
        }
        self.verdict(command)
    }

    fn send_body(
        &self,
        stream: &mut TcpStream,
        file: &mut File,
        mut left: u64,
        body: &mut Vec<u8>,
    ) -> io::Result<()> {
        let mut chunk = vec![0; 4_096];
        while left > 0 {
            let most = left.min(chunk.len() as u64) as usize;
            let count = file.read(&mut chunk[..most])?;
            if count == 0 {
                return Ok(());
            }
            left -= count as u64;
            self.write(stream, &chunk[..count])?;
            body.extend_from_slice(&chunk[..count]);
        }
        Ok(())
    }

    fn send_digest(
        &self,
        stream: &mut TcpStream,
        command: &str,
        header: &str,
        path: &Path,
        body: Vec<u8>,
    ) -> io::Result<()> {
        let mut digested = match self.fault {
            Some(Fault::DigestOfNothing) => Vec::new(),
            Some(Fault::DigestWithHeader) => [header.as_bytes(), &body].concat(),
            Some(Fault::DigestOneRead) => body[..body.len().min(4_096)].to_vec(),
            Some(Fault::DigestReadAgain) => std::fs::read(path)?,
            _ => body,
        };
        if self.has(Fault::DigestWholeBuffer) {
            let mut buffer = [0; 4_096];
            let mut whole = Vec::new();
            for read in digested.chunks(4_096) {
                buffer[..read.len()].copy_from_slice(read);
                whole.extend_from_slice(&buffer);
            }
            digested = whole;
        }
        let skipped = self.has(Fault::NoDigest)
            || self.has(Fault::NoDigestOfNothing) && digested.is_empty()
            || self.has(Fault::SkipsDigest) && queues::has_answer();
        let mut all = self.digest.borrow_mut();
        let earlier = all.take().unwrap_or_default();
        let digested = if self.has(Fault::DigestGoesOn) {
            [earlier, digested].concat()
        } else {
            digested
        };
        let is_md5 = (command == "file+md5") != self.has(Fault::DigestOfTheOther);
        let octets = if is_md5 {
            Md5::digest(&digested).to_vec()
        } else {
            Sha256::digest(&digested).to_vec()
        };
        *all = Some(digested);
        drop(all);
        if skipped {
            return Ok(());
        }
        let digits: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        let text = match self.fault {
            Some(Fault::DigestCapitals) => digits.to_uppercase(),
            Some(Fault::DigestLineEnd) => digits + "\n",
            Some(Fault::DigestNamed) => format!("{digits}  {}", path.display()),
            Some(Fault::DigestNumber) => digits.trim_start_matches('0').to_owned(),
            Some(Fault::DigestNoZeros) => octets.iter().map(|octet| format!("{octet:x}")).collect(),
            Some(Fault::DigestBare) => return self.write(stream, digits.as_bytes()),
            Some(Fault::DigestOctets) => {
                let length = (octets.len() as u32).to_be_bytes();
                return self.write(stream, &[&length[..], &octets].concat());
            }
            _ => digits,
        };
        self.message(stream, &text)
    }

    fn answer(&self) -> io::Result<String> {
        queues::next_answer(LONG).ok_or_else(|| io::Error::other("no answer in time"))
    }

    fn verdict(&self, command: &str) -> io::Result<Sent> {
        let answer = if self.has(Fault::AnswerByTimer) {
            let answer = queues::next_answer(Duration::from_millis(800));
            answer.unwrap_or_else(|| format!("{command} ok"))
        } else {
            self.answer()?
        };
        let refused = answer.strip_prefix(&format!("{command} refused: "));
        let is_mismatch = answer == format!("{command} mismatch");
        if is_mismatch && self.has(Fault::MismatchStuck)
            || refused.is_some() && self.has(Fault::RefusalStuck)
        {
            self.answer()?;
        }
        queues::expect_replies();
        let is_ok = answer == format!("{command} ok")
            || self.has(Fault::AnyAnswerIsOk)
            || self.has(Fault::ContainsOk) && answer.contains("ok")
            || self.has(Fault::ReadyIsOk) && !is_mismatch && refused.is_none();
        match refused {
            _ if is_ok => Ok(Sent::Stored),
            Some(why) => Ok(Sent::Refused(why.to_owned())),
            None if is_mismatch => Ok(Sent::Mismatch),
            None => self.report("the server answers something else"),
        }
    }
}

/// True if something has been typed.
fn has_line() -> bool {
    let stdin = io::stdin();
    let pending = rustix::io::ioctl_fionread(&stdin).unwrap_or(0);
    pending > 0
}
