//! Time limits of waits for a client.

use std::time::Duration;

use crate::testee::launch::Template;
use crate::testee::wait::Patience;

/// The longest waits after `timeouts` of them have timed out: each makes the following ones shorter.
pub(super) fn patience(template: &Template, timeouts: u32) -> Patience {
    let (idle, busy) = match timeouts {
        0..4 => (1_000, 5_000),
        4..12 => (400, 3_000),
        _ => (150, 1_000),
    };
    Patience {
        idle: Duration::from_millis(idle),
        busy: Duration::from_millis(busy).min(template.timeout),
    }
}
