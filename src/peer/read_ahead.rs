//! A file that one thread reads while another sends what was read before.

use std::fs::File;
use std::io;
use std::sync::mpsc;
use std::thread;

use super::aligned::Aligned;
use super::read;

/// Largest size of a buffer, in octets: of the sizes that were tried the quickest (`benches/transfer.rs`).
const BUFFER_OCTETS: usize = 512 * 1024;

/// Number of buffers: one is sent, one waits to be sent, and one is read into.
const BUFFERS: usize = 3;

/// Reads `length` octets from a file and hands them to `take`, in order and in pieces of any size. Returns how many
/// there were: fewer where the file has shrunk.
///
/// # Errors
/// That of `take`, or of a read, as `failed` puts it.
pub(super) fn read_ahead<E>(
    mut file: File,
    length: u32,
    failed: impl Fn(io::Error) -> E,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<u32, E> {
    let size = BUFFER_OCTETS.min(length as usize);
    let mut left = length;
    let mut next = move |buffer: &mut Aligned| -> io::Result<usize> {
        let most = size.min(left as usize);
        let count = read(&mut file, &mut buffer[..most])?;
        left -= u32::try_from(count).expect("no more than was asked for");
        Ok(count)
    };
    let mut taken = 0;
    let mut count_and_take = |octets: &[u8]| -> Result<(), E> {
        taken += u32::try_from(octets.len()).expect("no more than was asked for");
        take(octets)
    };
    if length as usize <= size {
        let mut buffer = Aligned::new(size);
        loop {
            match next(&mut buffer).map_err(&failed)? {
                0 => return Ok(taken),
                count => count_and_take(&buffer[..count])?,
            }
        }
    }
    let (filled, ready) = mpsc::channel();
    let (emptied, free) = mpsc::channel();
    for _ in 0..BUFFERS {
        emptied.send(Aligned::new(size)).expect("`free` is there");
    }
    thread::scope(|scope| {
        // Dropped when sending ends, however it does: a reader that waits for a buffer ends then, too.
        let emptied = emptied;
        let reading = move || {
            for mut buffer in free {
                let count = next(&mut buffer);
                let last = !matches!(count, Ok(1..));
                // Nobody takes any more where sending has failed.
                if filled.send((buffer, count)).is_err() || last {
                    break;
                }
            }
        };
        thread::Builder::new()
            .spawn_scoped(scope, reading)
            .map_err(&failed)?;
        for (buffer, count) in ready {
            match count.map_err(&failed)? {
                0 => break,
                count => count_and_take(&buffer[..count])?,
            }
            // The reader has ended where it has read all.
            let _ = emptied.send(buffer);
        }
        Ok(())
    })?;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, SeekFrom, Write};

    use super::*;

    /// A file of so many octets, each of which depends on its place.
    fn file(length: usize) -> (File, Vec<u8>) {
        let octets: Vec<u8> = (0..length).map(|place| (place % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&octets).unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        (file, octets)
    }

    fn all(length: usize, asked: usize) -> (Result<u32, io::Error>, Vec<u8>, Vec<u8>) {
        let (file, octets) = file(length);
        let mut seen = Vec::new();
        let read = read_ahead(
            file,
            u32::try_from(asked).unwrap(),
            |error| error,
            |piece| {
                seen.extend_from_slice(piece);
                Ok(())
            },
        );
        (read, seen, octets)
    }

    #[test]
    fn every_octet_comes_once_and_in_order() {
        for length in [
            0,
            1,
            BUFFER_OCTETS - 1,
            BUFFER_OCTETS,
            BUFFER_OCTETS + 1,
            5 * BUFFER_OCTETS,
        ] {
            let (read, seen, octets) = all(length, length);
            assert_eq!(read.unwrap() as usize, length);
            assert!(seen == octets, "{length}");
        }
    }

    #[test]
    fn a_file_that_is_longer_than_announced_is_read_up_to_there() {
        for asked in [3, 3 * BUFFER_OCTETS + 3] {
            let (read, seen, octets) = all(5 * BUFFER_OCTETS, asked);
            assert_eq!(read.unwrap() as usize, asked);
            assert!(seen == octets[..asked]);
        }
    }

    #[test]
    fn a_file_that_has_shrunk_gives_what_it_has() {
        for (length, asked) in [(2, 3), (2 * BUFFER_OCTETS + 1, 9 * BUFFER_OCTETS)] {
            let (read, seen, octets) = all(length, asked);
            assert_eq!(read.unwrap() as usize, length);
            assert!(seen == octets);
        }
    }

    #[test]
    fn a_failure_to_send_ends_it() {
        let (file, octets) = file(9 * BUFFER_OCTETS);
        let mut pieces = 0;
        let refused = read_ahead(
            file,
            u32::try_from(octets.len()).unwrap(),
            |error| error,
            |_| {
                pieces += 1;
                if pieces == 2 {
                    Err(io::ErrorKind::BrokenPipe.into())
                } else {
                    Ok(())
                }
            },
        );
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_reader_that_waits_for_a_buffer_ends_with_the_sender() {
        for _ in 0..20 {
            let (file, octets) = file(9 * BUFFER_OCTETS);
            let mut reader = file.try_clone().unwrap();
            let refused = read_ahead(
                file,
                u32::try_from(octets.len()).unwrap(),
                |error| error,
                |_| {
                    while reader.stream_position()? < (BUFFERS * BUFFER_OCTETS) as u64 {
                        thread::yield_now();
                    }
                    Err(io::ErrorKind::BrokenPipe.into())
                },
            );
            assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        }
    }

    #[test]
    fn a_read_that_fails_ends_it() {
        let directory = tempfile::tempdir().unwrap();
        for asked in [1, 1 << 30] {
            let directory = File::open(directory.path()).unwrap();
            let unreadable = read_ahead(directory, asked, |error| error, |_| Ok(()));
            assert!(unreadable.is_err());
        }
    }
}
