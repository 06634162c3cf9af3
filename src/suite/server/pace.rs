//! The pace at which a server replies, and what it leaves time for.

use std::time::Duration;

/// Longest time of a conversation, in time limits of a busy server. A longer one is left out: it would keep
/// all others waiting.
const MOST_PATIENCE: u32 = 5;

/// The pace at which a server replies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Time that a reply takes.
    pub(super) late: Duration,
    /// Time by which each further reply of one conversation comes later: as much again for a server that
    /// waits before each, nothing for a server that only takes its time to begin with.
    pub(super) each: Duration,
}

impl Pace {
    /// The pace of a server of which nothing is known yet.
    pub(super) const PROMPT: Self = Self {
        late: Duration::ZERO,
        each: Duration::ZERO,
    };

    /// Checks that this many replies in one conversation come in reasonable time, where a busy server is
    /// waited for as long as `timeout`.
    pub(super) fn leaves_time_for(self, replies: usize, timeout: Duration) -> Result<(), String> {
        let replies = u32::try_from(replies).unwrap_or(u32::MAX);
        let all = self.each.saturating_mul(replies);
        if all <= timeout * MOST_PATIENCE {
            return Ok(());
        }
        let each = self.each.as_millis();
        let wanted = all.div_f64(f64::from(MOST_PATIENCE)).as_secs() + 1;
        Err(format!(
            "a server that gives one reply every {each} ms takes {} s for {replies} replies: \
             --timeout {wanted} waits for them",
            all.as_secs()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_slow_server_takes_too_long_for_is_left_out() {
        let timeout = Duration::from_secs(5);
        let pace = |each| Pace {
            late: Duration::from_millis(150),
            each: Duration::from_millis(each),
        };
        for (each, replies, goes) in [
            (0, 65_537, true),
            (150, 160, true),
            (150, 167, false),
            (150, 1_000, false),
            (30, 1_000, false),
        ] {
            let left = pace(each).leaves_time_for(replies, timeout);
            assert_eq!(left.is_ok(), goes, "{each} ms, {replies}");
        }
        let why = pace(150).leaves_time_for(1_000, timeout).unwrap_err();
        assert_eq!(
            why,
            "a server that gives one reply every 150 ms takes 150 s for 1000 replies: \
             --timeout 31 waits for them"
        );
        let longer = Duration::from_secs(31);
        assert!(pace(150).leaves_time_for(1_000, longer).is_ok());
    }
}
