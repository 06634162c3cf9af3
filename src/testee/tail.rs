//! The end of what a process writes, so that a flood of it fills no memory.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// How much of a stream is kept, in octets.
const KEPT_OCTETS: usize = 16 * 1024;

/// Reads a stream to its end in the background and keeps the last of it.
#[derive(Debug)]
pub(crate) struct Tail {
    kept: Arc<Mutex<VecDeque<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Tail {
    /// Starts reading. `line` is told each of the first lines, as long as they are short.
    pub(crate) fn of(
        mut stream: impl Read + Send + 'static,
        mut line: impl FnMut(&str) + Send + 'static,
    ) -> Self {
        let kept = Arc::new(Mutex::new(VecDeque::new()));
        let shared = Arc::clone(&kept);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            let mut begun = Vec::new();
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                for octet in &buffer[..count] {
                    if *octet == b'\n' {
                        line(&String::from_utf8_lossy(&begun));
                        begun.clear();
                    } else if begun.len() < KEPT_OCTETS {
                        begun.push(*octet);
                    }
                }
                let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(&buffer[..count]);
                let surplus = kept.len().saturating_sub(KEPT_OCTETS);
                kept.drain(..surplus);
            }
        });
        Self {
            kept,
            reader: Some(reader),
        }
    }

    /// What has been kept so far, as text.
    pub(crate) fn text(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept.iter().copied().collect::<Vec<u8>>()).into_owned()
    }

    /// Waits for the end of the stream: all is there then.
    pub(crate) fn finish(&mut self) {
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_flood_leaves_its_end_only() {
        let mut flood = vec![b'a'; 1_000_000];
        flood.extend(b"\nthe end");
        let (sender, lines) = mpsc::channel();
        let mut tail = Tail::of(std::io::Cursor::new(flood), move |line| {
            sender.send(line.len()).unwrap();
        });
        tail.finish();
        assert_eq!(tail.text().len(), KEPT_OCTETS);
        assert!(tail.text().ends_with("a\nthe end"));
        assert_eq!(lines.iter().collect::<Vec<_>>(), [KEPT_OCTETS]);
    }
}
