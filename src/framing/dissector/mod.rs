//! A dissector in Lua, for Wireshark: what the framing says, written as a program that reads it.
//!
//! The rule of this folder: `numbers.lua` and `frames.lua` are written out as they stand, and what differs
//! between framings is a table of constants in front of them. Lua 5.2 has no integers: everything is
//! arithmetic, and bits are got by division.

use std::fmt::Write;

use super::number::Number;
use super::{Delimiting, Ends, Framing, Part, Preface, Zero};

/// The Lua code that reads numbers, one function each.
const NUMBERS: &str = include_str!("numbers.lua");

/// The Lua code that divides the octets of a segment into frames, and shows them.
const FRAMES: &str = include_str!("frames.lua");

impl Framing {
    /// A dissector for TCP on this port.
    ///
    /// # Errors
    /// The part of the framing that cannot be told from the octets of a segment alone.
    pub fn dissector(&self, port: u16) -> Result<String, &'static str> {
        let options = &self.shape.options;
        if options.preface != Preface::None {
            return Err(
                "preface: a dissector is not told where a stream begins; leave it out, and what \
                        comes first is shown as wrong",
            );
        }
        if options.first.is_some() {
            return Err("first: a dissector is not told where a stream begins");
        }
        let mut out = format!(
            "-- Frames on TCP port {port}, for Wireshark and tshark -X lua_script:FILE.\n\
             -- Framing {}: {}.\n\n",
            self.template(),
            self.sentence()
        );
        out += "local F = {\n";
        let _ = writeln!(out, "  port = {port},");
        let _ = writeln!(out, "  name = {},", quoted(self.template().as_bytes()));
        for (name, parts) in [
            ("before", &self.shape.before),
            ("after", &self.shape.after),
            ("behind", &self.shape.behind),
        ] {
            let parts: Vec<String> = parts.iter().map(part).collect();
            let _ = writeln!(out, "  {name} = {{{}}},", parts.join(", "));
        }
        let _ = writeln!(out, "  adjustment = {},", self.adjustment());
        let _ = writeln!(out, "  least = {},", options.min.unwrap_or(0));
        match self.declared_max_payload() {
            Some(most) if !self.is_chained() => {
                let _ = writeln!(out, "  most = {most},");
            }
            _ => {}
        }
        let is_short = self.zero() != Zero::Frame
            && self.number().is_some()
            && self.adjustment() != 0
            && options.zero.is_some_and(|zero| zero != Zero::Refuse);
        let _ = writeln!(out, "  zero_has_no_payload = {is_short},");
        let _ = writeln!(out, "  zero_is_wrong = {},", self.zero() == Zero::Refuse);
        out += &self.delimiting();
        out += "}\n\n";
        out += NUMBERS;
        out += FRAMES;
        Ok(out)
    }

    /// The way in which a payload is delimited, as constants.
    fn delimiting(&self) -> String {
        match &self.shape.delimiting {
            Delimiting::Length { number, .. } => format!("  {}\n", reader(number)),
            Delimiting::Line(terminator) => {
                let ends = match self.ends() {
                    None | Some(Ends::Crlf) => quoted(terminator),
                    Some(Ends::Lf) => quoted(b"\n"),
                    Some(Ends::Cr) => quoted(b"\r"),
                    Some(Ends::Any) => "nil".to_owned(),
                };
                let strips = self.strips_cr();
                format!("  kind = \"line\", ends = {ends}, strips_cr = {strips},\n")
            }
            Delimiting::Cobs => "  kind = \"cobs\", ends = \"\\000\",\n".to_owned(),
            Delimiting::Slip => "  kind = \"slip\", ends = \"\\192\",\n".to_owned(),
        }
    }
}

/// The reading of a number: the name of a function, and the constants that it needs.
fn reader(number: &Number) -> String {
    match number {
        Number::Fixed {
            width,
            little,
            signed,
        } => format!("kind = \"fixed\", width = {width}, little = {little}, signed = {signed},"),
        Number::Varint(most) => format!("kind = \"varint\", octets = {most},"),
        Number::Vlq(most) => format!("kind = \"vlq\", octets = {most},"),
        Number::Quic => "kind = \"quic\",".to_owned(),
        Number::Compact => "kind = \"compact\",".to_owned(),
        Number::Decimal(terminator) => {
            format!("kind = \"decimal\", ends = {},", quoted(terminator))
        }
        Number::DecimalFixed(digits) => format!("kind = \"digits\", width = {digits}, base = 10,"),
        Number::HexFixed(digits) => format!("kind = \"digits\", width = {digits}, base = 16,"),
        Number::Header(name) => {
            let name = name.to_ascii_lowercase();
            format!("kind = \"header\", header = {},", quoted(name.as_bytes()))
        }
        Number::Ber => "kind = \"ber\",".to_owned(),
        Number::WebSocket => "kind = \"websocket\",".to_owned(),
        Number::Mark => "kind = \"mark\",".to_owned(),
    }
}

fn part(part: &Part) -> String {
    match part {
        Part::Any(count) => format!("{{length = {count}}}"),
        Part::Literal { octets, times } => {
            let octets = octets.repeat(*times);
            format!(
                "{{length = {}, octets = {}}}",
                octets.len(),
                quoted(&octets)
            )
        }
    }
}

/// Octets as a string of Lua.
fn quoted(octets: &[u8]) -> String {
    let mut out = String::from("\"");
    for octet in octets {
        match octet {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(*octet));
            }
            0x20..=0x7E => out.push(char::from(*octet)),
            other => {
                let _ = write!(out, "\\{other:03}");
            }
        }
    }
    out + "\""
}
