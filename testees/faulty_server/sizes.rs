//! Mistakes that show at few sizes, which no fixed case has: cases go through the edges of buffers, and miss these
//! by design. They are what generated conversations are for.

use super::{End, Session};

planted! {
    /// A mistake that the fixed cases miss: its name, the requirement that it breaks, and what it is.
    pub enum AtSize {
        Size1461 = "size-1461", "FRM-1", "loses the last octet of a payload of 1,461 octets";
        Size4112 = "size-4112", "FRM-3", "drops what came behind a payload of 4,112 octets in the same read";
        Multiple61 = "size-multiple-of-61", "FRM-1", "loses the last octet of a payload of a multiple of 61 octets";
        Sum777 = "sum-777", "FRM-3", "loses the last octet of the second of two payloads that have 777 octets together";
        Sum4096 = "sum-4096", "FRM-3", "loses the last octet of the second of two payloads that have 4,096 octets together";
        Across8192 = "length-across-8192", "FRM-2", "takes the last octet only of a length that lies across octet 8,192 of the stream";
        Reply1500 = "reply-1500", "FRM-9", "writes all but the last octet of a reply of 1,500 octets";
        Header77 = "header-77", "TRF-1", "loses the last octet of a header of 77 octets";
        BodyMultiple77 = "body-multiple-of-77", "TRF-4", "loses the octet behind a body of a multiple of 77 octets";
    }
}

/// Those of them that are planted.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtSizes {
    #[default]
    None,
    One(AtSize),
    /// Cases that miss each miss all.
    All,
}

impl AtSizes {
    /// By a name on the command line.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "all-sizes" => Some(Self::All),
            _ => AtSize::named(name).map(Self::One),
        }
    }
}

/// The place of a session in its stream.
#[derive(Default)]
pub(crate) struct Place {
    /// Octets that were taken.
    pub(crate) taken: usize,
    /// Size of the payload before.
    before: usize,
}

impl Session<'_> {
    fn shows(&self, mistake: AtSize) -> bool {
        matches!(self.config.at_sizes, AtSizes::All)
            || self.config.at_sizes == AtSizes::One(mistake)
    }

    /// A length that has just been taken, as it is understood.
    pub(crate) fn at_length(&self, length: usize) -> usize {
        match self.shows(AtSize::Across8192) && (8_193..8_196).contains(&self.peer.place.taken) {
            true => length % 256,
            false => length,
        }
    }

    /// A payload as it is delivered.
    pub(crate) fn at_payload(&mut self, mut payload: Vec<u8>) -> Vec<u8> {
        let (size, before) = (payload.len(), self.peer.place.before);
        self.peer.place.before = size;
        let both = if before == 0 || size == 0 {
            0
        } else {
            before + size
        };
        let loses = self.shows(AtSize::Size1461) && size == 1_461
            || self.shows(AtSize::Multiple61) && size.is_multiple_of(61)
            || self.shows(AtSize::Sum777) && both == 777
            || self.shows(AtSize::Sum4096) && both == 4_096;
        if self.shows(AtSize::Size4112) && size == 4_112 {
            self.peer.pending.clear();
        }
        if loses {
            payload.pop();
        }
        payload
    }

    /// The header of a file as it is read.
    pub(crate) fn at_header(&self, header: String) -> String {
        match self.shows(AtSize::Header77) && header.len() == 77 {
            true => header[..76].to_owned(),
            false => header,
        }
    }

    /// Sees to what comes behind a body of so many octets.
    pub(crate) fn at_body(&mut self, length: u64) -> Result<(), End> {
        if self.shows(AtSize::BodyMultiple77) && length > 0 && length.is_multiple_of(77) {
            self.need(1)?;
            self.take(1.min(self.peer.pending.len()));
        }
        Ok(())
    }

    /// The octets of a reply's frame that are written.
    pub(crate) fn at_reply<'f>(&self, frame: &'f [u8]) -> &'f [u8] {
        match self.shows(AtSize::Reply1500) && frame.len() == 1_504 {
            true => &frame[..1_503],
            false => frame,
        }
    }
}
