//! A codec as its judge sees it: functions that decode a stream, encode payloads, and pack lengths.

/// A decoder under test, at the start of one stream.
pub trait Decode {
    /// Takes the next octets of the stream, however they were cut, and hands over each payload
    /// that is complete.
    ///
    /// # Errors
    /// The stream breaks the protocol; the decoder's own words.
    fn feed(&mut self, octets: &[u8], deliver: &mut dyn FnMut(&[u8])) -> Result<(), String>;

    /// Is told that the stream has ended, and hands over what it has held back.
    ///
    /// # Errors
    /// The stream ended inside a frame (FRM-6).
    fn finish(&mut self, deliver: &mut dyn FnMut(&[u8])) -> Result<(), String>;

    /// Says whether it has refused the stream already, where [`Decode::feed`] cannot tell.
    fn refused(&mut self) -> bool {
        false
    }

    /// True if it has handed over a payload before the end, where [`Decode::feed`] cannot tell: only of one
    /// that does can it be said that it ought to have refused by now.
    fn has_delivered(&mut self) -> bool {
        false
    }

    /// The number of the chunk, from 1, that completed each payload handed over at the end, where only
    /// the decoder knows it. Without one, what [`Decode::feed`] hands over counts.
    fn completed(&self) -> Option<Vec<usize>> {
        None
    }

    /// True if the last call came to nothing because the decoder died or did not come back, which is not a
    /// refusal.
    fn broke(&self) -> bool {
        false
    }

    /// The reason why the decoder could not be started for this stream, which says nothing of it.
    fn not_started(&self) -> Option<String> {
        None
    }

    /// True if the wait for the last call timed out: a judge has time for a limited number of these.
    fn hung(&self) -> bool {
        false
    }

    /// True if payloads are handed over as soon as they are known to be complete. A decoder that shows
    /// them all in the end cannot be judged by when it had them.
    fn shows_when(&self) -> bool {
        true
    }

    /// The most memory that it has held so far, in octets, once it has made what it makes of what it was fed; where
    /// that can be told from the memory of others ([`Judge::memory`](super::Judge::memory)).
    fn peak_memory(&mut self) -> Option<u64> {
        None
    }

    /// The end of what it wrote for people.
    fn remarks(&self) -> String {
        String::new()
    }
}

/// Encodes one payload as a frame, or says why not.
pub type Encode<'c> = dyn FnMut(&[u8]) -> Result<Vec<u8>, String> + 'c;

/// Packs a value as a length, or says why not (LEN-2).
pub type Pack<'c> = dyn FnMut(i128) -> Result<Vec<u8>, String> + 'c;

/// Unpacks a length, or says why not (LEN-3).
pub type Unpack<'c> = dyn FnMut(&[u8]) -> Result<i128, String> + 'c;

/// Turns a stream of payloads, `u32be` frames, into a stream of frames, or says why not.
pub type EncodeStream<'c> = dyn FnMut(&[u8]) -> Result<Vec<u8>, String> + 'c;
