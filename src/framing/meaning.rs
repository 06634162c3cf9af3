//! The meanings that the options of a framing can have.

/// The meaning of a number of zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zero {
    /// A frame like any other.
    #[default]
    Frame,
    /// A sign of life: nothing is delivered, and the stream goes on.
    Keepalive,
    /// The peer's end: nothing is delivered.
    End,
    /// An error.
    Refuse,
    /// Nothing: it is skipped.
    Ignore,
}

/// The forms of a number that are taken, where there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Forms {
    /// Only the shortest; a longer one is an error.
    Shortest,
    /// Longer ones too.
    Longer,
    /// The protocol leaves it open.
    #[default]
    Any,
}

/// The meaning of a stream that ends without the last terminator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unterminated {
    /// An error.
    #[default]
    Error,
    /// The rest is delivered as a payload.
    Deliver,
    /// The rest is dropped.
    Drop,
}

/// The octets that end a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// CR LF, and nothing else.
    Crlf,
    /// LF.
    Lf,
    /// CR.
    Cr,
    /// CR LF, LF or CR.
    Any,
}

/// The quantity that the limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LimitCounts {
    /// The payload.
    #[default]
    Payload,
    /// The whole frame.
    Frame,
    /// The number as it is written.
    Number,
}

/// The payloads that a protocol carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alphabet {
    /// Any octets.
    #[default]
    Any,
    /// UTF-8.
    Utf8,
    /// ASCII.
    Ascii,
    /// Printable ASCII and blanks.
    Printable,
}
