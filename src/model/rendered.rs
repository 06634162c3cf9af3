//! A stream under construction: octets, and where they are cut.

/// The most octets that an input may grow to: more cost speed and show nothing new.
pub const MOST_OCTETS: usize = 160_000;

/// A single frame may be larger, at the start of a stream: there are faults of 2 MiB.
const LARGEST_FRAME: usize = 2_097_153;

/// The most octets that may stand before such a frame.
const START: usize = 64;

/// The most cuts that a stream gets; what lies behind them comes in one chunk. Chunks are what an
/// execution spends its time on, and more of them showed nothing new.
pub const MOST_CUTS: usize = 128;

/// The most repetitions of a piece that a stream gets, all in all: more than 255, because there are
/// decoders that count frames in one octet.
const MOST_REPEATS: usize = 320;

/// The pattern that payloads are filled with: octets of a prime period, so that no boundary falls on it.
static PATTERN: Pattern<251> = Pattern::new(0);

/// The same in ASCII.
static LETTERS: Pattern<23> = Pattern::new(b'a');

/// Octets that tell places apart, to be copied in large pieces.
struct Pattern<const PERIOD: usize>([u8; PATTERN_OCTETS]);

const PATTERN_OCTETS: usize = 66_000;

impl<const PERIOD: usize> Pattern<PERIOD> {
    const fn new(first: u8) -> Self {
        let mut octets = [0; PATTERN_OCTETS];
        let mut place = 0;
        while place < octets.len() {
            octets[place] = first + (place % PERIOD) as u8;
            place += 1;
        }
        Self(octets)
    }

    /// Appends `count` octets, whose values depend on their place alone.
    fn extend(&self, octets: &mut Vec<u8>, count: usize) {
        let mut left = count;
        while left > 0 {
            let phase = octets.len() % PERIOD;
            let take = left.min(PATTERN_OCTETS - phase);
            octets.extend_from_slice(&self.0[phase..phase + take]);
            left -= take;
        }
    }
}

/// Octets and cuts. Kept between executions, so that their memory is.
#[derive(Debug, Default, Clone)]
pub struct Rendered {
    octets: Vec<u8>,
    cuts: Vec<usize>,
    /// Cut every so many octets, counted from a place.
    every: Option<(usize, usize)>,
    /// The offset at which the last piece begins, to be repeated.
    piece: usize,
    /// Number of repetitions so far.
    repeated: usize,
}

impl Rendered {
    /// Begins anew.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.cuts.clear();
        self.every = None;
        self.piece = 0;
        self.repeated = 0;
    }

    /// The stream.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The offsets at which the chunks end, in order, the end of the stream left out.
    #[must_use]
    pub fn ends(&self) -> &[usize] {
        &self.cuts
    }

    /// Begins a piece, which [`Rendered::repeat`] can repeat.
    pub fn piece(&mut self) {
        self.piece = self.octets.len();
    }

    /// The octets that have been appended since the last piece began.
    #[must_use]
    pub fn last_piece(&self) -> &[u8] {
        &self.octets[self.piece..]
    }

    /// Appends octets as they are.
    pub fn literal(&mut self, octets: &[u8]) {
        if self.room() >= octets.len() {
            self.octets.extend_from_slice(octets);
        }
    }

    /// Appends a length.
    pub fn length(&mut self, length: u32) {
        let length = u64::from(length);
        self.literal(&[
            (length / 16_777_216) as u8,
            (length / 65_536 % 256) as u8,
            (length / 256 % 256) as u8,
            (length % 256) as u8,
        ]);
    }

    /// Appends `count` octets of a pattern that tells places apart.
    pub fn fill(&mut self, count: usize) {
        let count = count.min(self.room());
        PATTERN.extend(&mut self.octets, count);
    }

    /// Appends `count` octets of ASCII.
    pub fn fill_text(&mut self, count: usize) {
        let count = count.min(self.room());
        LETTERS.extend(&mut self.octets, count);
    }

    /// A frame with a payload of the pattern.
    pub fn filled_frame(&mut self, length: usize) {
        let at_start = self.octets.len() <= START && length <= LARGEST_FRAME;
        if at_start || self.room() >= 4 + length {
            self.length(length as u32);
            PATTERN.extend(&mut self.octets, length);
        }
    }

    /// A frame with this payload.
    pub fn frame(&mut self, payload: &[u8]) {
        if self.room() >= 4 + payload.len() {
            self.length(payload.len() as u32);
            self.literal(payload);
        }
    }

    /// Appends the last piece `times` times more.
    pub fn repeat(&mut self, times: usize) {
        let end = self.octets.len();
        for _ in 0..times {
            if self.repeated == MOST_REPEATS || self.room() < end - self.piece {
                break;
            }
            self.repeated += 1;
            self.octets.extend_from_within(self.piece..end);
        }
        self.piece = end;
    }

    /// Takes octets away from the end.
    pub fn truncate_by(&mut self, count: usize) {
        let left = self.octets.len().saturating_sub(count);
        self.octets.truncate(left);
        self.piece = self.piece.min(left);
    }

    /// Cuts `distance` octets on from here; what comes there is yet to be said.
    pub fn cut_in(&mut self, distance: usize) {
        if self.cuts.len() < MOST_CUTS {
            self.cuts.push(self.octets.len() + distance);
        }
    }

    /// Cuts every `size` octets from here on; 0 ends that.
    pub fn cut_every(&mut self, size: usize) {
        self.end_every();
        self.every = (size > 0).then_some((self.octets.len(), size));
    }

    /// To be called once all is said.
    pub fn finish(&mut self) {
        self.end_every();
        let end = self.octets.len();
        self.cuts.retain(|cut| (1..end).contains(cut));
        if !self.cuts.is_sorted() {
            self.cuts.sort_unstable();
        }
        self.cuts.dedup();
    }

    fn end_every(&mut self) {
        if let Some((from, size)) = self.every.take() {
            let room = MOST_CUTS.saturating_sub(self.cuts.len());
            self.cuts
                .extend((from + size..self.octets.len()).step_by(size).take(room));
        }
    }

    fn room(&self) -> usize {
        MOST_OCTETS.saturating_sub(self.octets.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_come_out_in_order() {
        let mut rendered = Rendered::default();
        rendered.cut_in(5);
        rendered.frame(b"abc");
        rendered.cut_in(0);
        rendered.piece();
        rendered.frame(b"");
        rendered.repeat(1);
        rendered.cut_every(2);
        rendered.fill(5);
        rendered.cut_every(0);
        rendered.truncate_by(1);
        rendered.cut_in(9);
        rendered.finish();
        assert_eq!(
            rendered.octets(),
            b"\0\0\0\x03abc\0\0\0\0\0\0\0\0\x0f\x10\x11\x12"
        );
        assert_eq!(rendered.ends(), [5, 7, 17]);
    }
}
