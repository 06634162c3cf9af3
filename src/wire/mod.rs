//! The reference protocol, sans-IO: octets in, events out.
//!
//! Nothing here opens a socket, touches a file or reads a clock, and nothing here knows
//! that it is being tested. Read the files in this order, each in a few minutes:
//!
//! 1. [`length`]: the 4-octet length (LEN);
//! 2. [`frame`]: a length and its payload, in and out (FRM);
//! 3. [`text`]: payloads that are messages (MSG);
//! 4. [`file_header`]: the message that announces a file (TRF-1, TRF-2, TRF-7);
//! 5. [`reply`]: what a server answers to a text (SES-5);
//! 6. [`verified`]: the optional commands, answers and digests (VTR);
//! 7. [`session`]: the two state machines, server and client (SES, TRF).

pub mod file_header;
pub mod frame;
pub mod length;
pub mod reply;
pub mod session;
pub mod text;
pub mod verified;
