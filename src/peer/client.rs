//! The reference client, with the article's habits: a line is a message, `file` asks for a
//! name, `q` leaves.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use super::aligned::Aligned;
use super::hasher::Hasher;
use super::read_ahead::read_ahead;
use super::screen::{Asked, Screen};
use super::{READ_OCTETS, read};
use crate::wire::file_header::{FileHeader, FileName, HeaderError};
use crate::wire::length::LengthError;
use crate::wire::session::{ClientSession, Command, SessionError};
use crate::wire::verified::{Algorithm, Answer};

/// The reason why the conversation with a server ended early.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The octets that came are not a reply, or a reply is missing (SES-11).
    #[error("the server broke the protocol: {0}")]
    Protocol(#[from] SessionError),
    /// A message is too long for a frame.
    #[error(transparent)]
    Length(#[from] LengthError),
    /// The connection, the input or the output failed.
    #[error("{doing}: {error}")]
    Io {
        /// The action that failed.
        doing: &'static str,
        /// The error of the system.
        error: io::Error,
    },
    /// The file became shorter while it was sent, so the connection was closed (TRF-13).
    #[error(
        "{name} shrank while it was sent: {left} octets were missing; the connection is closed"
    )]
    FileShrank {
        /// The name of the file.
        name: String,
        /// The octets that had been announced and were not there.
        left: u32,
    },
}

fn doing(doing: &'static str) -> impl Fn(io::Error) -> ClientError {
    move |error| ClientError::Io { doing, error }
}

/// The reason why a file is not sent. Nothing at all has gone on the wire then (TRF-12).
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error("{0}")]
    Name(#[from] HeaderError),
    #[error("cannot be opened: {0}")]
    Open(#[from] io::Error),
    #[error("is not a file")]
    NotAFile,
    #[error("has {0} octets; at most 4294967295 can be sent")]
    TooLarge(u64),
}

/// A client that is connected.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    session: ClientSession,
    dir: PathBuf,
    /// The algorithm that verifies transfers; none where they are not verified, or where the server
    /// has said that it cannot (VTR-1).
    verify: Option<Algorithm>,
}

/// The fate of a file, for the user.
#[derive(Debug)]
enum Told {
    /// Nothing went out (TRF-12).
    NotSent(NotSent),
    /// All its octets went out, so many; whether it arrived nobody says (TRF-6).
    Sent(u32),
    /// The server is not able to verify, so the file was sent as a plain one.
    SentUnverified(u32),
    /// The server has it, whole and durably (VTR-3).
    Verified(u32, Algorithm),
    /// The server kept nothing (VTR-3), for this reason.
    NotStored(String),
}

impl Told {
    const fn is_undelivered(&self) -> bool {
        matches!(self, Self::NotSent(_) | Self::NotStored(_))
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(why) => write!(f, "not sent: {why}"),
            Self::Sent(length) => write!(f, "sent, {length} octets"),
            Self::SentUnverified(length) => write!(
                f,
                "sent, {length} octets, not verified: the server has no verified transfers"
            ),
            Self::Verified(length, algorithm) => write!(
                f,
                "sent, {length} octets, verified by {}",
                algorithm.command().trim_start_matches("file+")
            ),
            Self::NotStored(why) => write!(f, "not stored: {why}"),
        }
    }
}

fn ask(screen: &mut impl Screen, asked: Asked) -> Result<Option<String>, ClientError> {
    screen.ask(asked).map_err(doing("reading the input"))
}

fn show(screen: &mut impl Screen, line: &str) -> Result<(), ClientError> {
    screen.show(line).map_err(doing("writing the output"))
}

impl Client {
    /// Connects to a server. Files are sent from `dir`.
    ///
    /// # Errors
    /// Any error of the system about the connection.
    pub fn connect(server: &[SocketAddr], dir: &Path) -> io::Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            session: ClientSession::new(u32::MAX),
            dir: dir.to_owned(),
            verify: None,
        })
    }

    /// The same client, which has its transfers verified where the server is able to (VTR).
    #[must_use]
    pub const fn verifying(mut self, verify: Option<Algorithm>) -> Self {
        self.verify = verify;
        self
    }

    /// Talks until `q` or the end of the input; either way the session ends with `q` (SES-12).
    /// Empty lines are passed over, as in the article. Returns the number of files that were not
    /// sent, or not stored as far as the server told it.
    ///
    /// # Errors
    /// [`ClientError`]; the connection is closed then.
    pub fn run(mut self, screen: &mut impl Screen) -> Result<usize, ClientError> {
        let mut undelivered = 0;
        let goodbye = loop {
            let Some(line) = ask(screen, Asked::Message)? else {
                break "q".to_owned();
            };
            match Command::of(&line) {
                _ if line.is_empty() => {}
                Command::Quit => break line,
                Command::File => {
                    let Some(name) = ask(screen, Asked::FileName)? else {
                        break "q".to_owned();
                    };
                    let told = match self.open(&name) {
                        Ok((header, file)) => self.transfer(&line, &header, file, screen)?,
                        Err(why) => Told::NotSent(why),
                    };
                    undelivered += usize::from(told.is_undelivered());
                    show(screen, &format!("{name}: {told}"))?;
                }
                Command::Text => {
                    self.send(&line)?;
                    let reply = self.receive()?;
                    show(screen, &reply)?;
                }
            }
        };
        self.send(&goodbye)?;
        Ok(undelivered)
    }

    fn send(&mut self, message: &str) -> Result<(), ClientError> {
        let mut out = Vec::new();
        self.session.message(message, &mut out)?;
        self.stream
            .write_all(&out)
            .map_err(doing("sending a message"))
    }

    fn receive(&mut self) -> Result<String, ClientError> {
        let mut buffer = Aligned::new(READ_OCTETS);
        loop {
            let count =
                read(&mut self.stream, &mut buffer).map_err(doing("waiting for a reply"))?;
            let mut input = &buffer[..count];
            if let Some(reply) = self.session.next(&mut input)? {
                let reply = reply.to_owned();
                if !input.is_empty() {
                    return Err(SessionError::ReplyNotOwed.into());
                }
                return Ok(reply);
            }
            if count == 0 {
                let session = std::mem::replace(&mut self.session, ClientSession::new(0));
                session.finish()?;
            }
        }
    }

    /// Opens a file and learns its size before anything is sent (TRF-12).
    fn open(&self, name: &str) -> Result<(FileHeader, File), NotSent> {
        let name = FileName::new(name)?;
        let file = File::open(self.dir.join(name.as_str()))?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(NotSent::NotAFile);
        }
        let length =
            u32::try_from(metadata.len()).map_err(|_| NotSent::TooLarge(metadata.len()))?;
        Ok((FileHeader { name, length }, file))
    }

    /// Sends a file, verified where that is wanted and the server is able to (VTR-1).
    fn transfer(
        &mut self,
        command: &str,
        header: &FileHeader,
        file: File,
        screen: &mut impl Screen,
    ) -> Result<Told, ClientError> {
        let Some(algorithm) = self.verify else {
            self.send_file(Some(command), header, file, None, screen)?;
            return Ok(Told::Sent(header.length));
        };
        self.send(algorithm.command())?;
        match Answer::parse(algorithm, &self.receive()?) {
            Some(Answer::Ready) => {}
            Some(Answer::Refused(why)) => return Ok(Told::NotStored(why.to_owned())),
            Some(_) => return Err(SessionError::ReplyNotOwed.into()),
            None => {
                self.verify = None;
                self.send_file(Some(command), header, file, None, screen)?;
                return Ok(Told::SentUnverified(header.length));
            }
        }
        let mut hasher = Hasher::new(algorithm);
        self.send_file(None, header, file, Some(&mut hasher), screen)?;
        let mut out = Vec::new();
        self.session.digest(&hasher.finish(), &mut out);
        self.stream
            .write_all(&out)
            .map_err(doing("sending a digest"))?;
        let answer = self.receive()?;
        match Answer::parse(algorithm, &answer) {
            Some(Answer::Stored) => Ok(Told::Verified(header.length, algorithm)),
            Some(Answer::Mismatch) => Ok(Told::NotStored(
                "the server got another body than was sent".to_owned(),
            )),
            Some(Answer::Refused(why)) => Ok(Told::NotStored(why.to_owned())),
            _ => Err(SessionError::ReplyNotOwed.into()),
        }
    }

    /// Sends the header and the body of a file, behind its command where that has not gone out yet.
    fn send_file(
        &mut self,
        command: Option<&str>,
        header: &FileHeader,
        file: File,
        mut hasher: Option<&mut Hasher>,
        screen: &mut impl Screen,
    ) -> Result<(), ClientError> {
        let mut out = Vec::new();
        if let Some(command) = command {
            self.session.message(command, &mut out)?;
        }
        self.session.header(header, &mut out);
        self.stream
            .write_all(&out)
            .map_err(doing("sending a file header"))?;
        let mut gone = 0;
        // Not by sendfile: it lends the file's own pages to the socket, and a file that is cut
        // while they wait there has zeros sent in place of what was read (TRF-13).
        let sent = read_ahead(file, header.length, doing("reading the file"), |octets| {
            self.stream
                .write_all(octets)
                .map_err(doing("sending the body of a file"))?;
            if let Some(hasher) = &mut hasher {
                hasher.update(octets);
            }
            gone += octets.len() as u32;
            screen.sending(gone, header.length);
            Ok(())
        })?;
        if sent < header.length {
            return Err(ClientError::FileShrank {
                name: header.name.as_str().to_owned(),
                left: header.length - sent,
            });
        }
        Ok(())
    }
}
