//! The number of files that a process may have open, where each session takes its share.

use std::io;

use rustix::process::{Resource, getrlimit, setrlimit};

/// Lets this process have `count` files open, and sockets, which count as files. Where the system
/// allows fewer, it gets as many as there are.
///
/// # Errors
/// The number of files that the system allows, if they are too few, or the error of the system.
pub fn allow(count: u64) -> io::Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= count) {
        return Ok(());
    }
    let most = limit.maximum.unwrap_or(u64::MAX);
    limit.current = Some(count.min(most));
    setrlimit(Resource::Nofile, limit)?;
    if most < count {
        return Err(io::Error::other(format!(
            "the system allows {most} open files, and {count} may be needed"
        )));
    }
    Ok(())
}
