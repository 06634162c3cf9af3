//! Arbitrary text for a fixture: reading and writing again is a fixed point.

use unstick::trace::json;

/// Reads a text as a trace; if it is one, what is written of it must read as the same trace,
/// and be written the same.
///
/// # Errors
/// What went wrong, in words.
pub fn check(text: &str) -> Result<(), String> {
    let Ok(trace) = json::read(text) else {
        return Ok(());
    };
    let written = json::write(&trace);
    match json::read(&written) {
        Ok(again) if again != trace => Err("what was written reads as another trace".to_owned()),
        Ok(again) if json::write(&again) != written => {
            Err("what was read again is written otherwise".to_owned())
        }
        Ok(_) => Ok(()),
        Err(error) => Err(format!("what was written cannot be read: {error}")),
    }
}
