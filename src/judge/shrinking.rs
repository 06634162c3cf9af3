//! Making findings small: inputs are made smaller as long as they show the same.

use std::time::{Duration, Instant};

/// The subject of fuzzing, as the confirming and shrinking of suspects see it.
pub(crate) trait Fuzzable {
    /// A conversation that seems to show something.
    type Suspect: Clone;
    /// The input that a suspect is made from, and that is made smaller.
    type Input;
    /// The reason why nothing can be said any more.
    type Error;

    /// Number of conversations held.
    fn held(&self) -> usize;

    /// Returns the suspect if it is what it seems, also on a fresh subject and with longer waits.
    ///
    /// # Errors
    /// Nothing can be said any more.
    fn confirm(&mut self, suspect: &Self::Suspect) -> Result<Option<Self::Suspect>, Self::Error>;

    /// The suspect that an input makes, where it shows the same as another.
    ///
    /// # Errors
    /// Nothing can be said any more.
    fn still_shows(
        &mut self,
        input: &Self::Input,
        like: &Self::Suspect,
    ) -> Result<Option<Self::Suspect>, Self::Error>;
}

/// A finding that is made smaller.
#[derive(Debug)]
pub(crate) struct Shrinking<'s, F: Fuzzable> {
    subject: &'s mut F,
    /// The smallest suspect that shows the same so far.
    pub(crate) least: F::Suspect,
    found: F::Suspect,
    /// The count of conversations at which the shrinking ends.
    until: usize,
    /// The time at which the shrinking ends.
    deadline: Option<Instant>,
}

impl<'s, F: Fuzzable> Shrinking<'s, F> {
    /// Begins with a confirmed suspect, and holds at most this many conversations.
    pub(crate) fn new(subject: &'s mut F, found: F::Suspect, conversations: usize) -> Self {
        Self {
            until: subject.held() + conversations,
            deadline: None,
            subject,
            least: found.clone(),
            found,
        }
    }

    /// Also ends after a time, for subjects whose conversations may take long.
    pub(crate) fn within(self, time: Option<Duration>) -> Self {
        Self {
            deadline: time.map(|time| Instant::now() + time),
            ..self
        }
    }

    /// True if an input shows the same, which makes it the least.
    ///
    /// # Errors
    /// The errors of the subject.
    pub(crate) fn keep(&mut self, input: &F::Input) -> Result<bool, F::Error> {
        let late = self.deadline.is_some_and(|end| Instant::now() >= end);
        if late || self.subject.held() >= self.until {
            return Ok(false);
        }
        let shown = self.subject.still_shows(input, &self.least)?;
        let shows = shown.is_some();
        if let Some(shown) = shown {
            self.least = shown;
        }
        Ok(shows)
    }

    /// The least suspect, if it is confirmed again; otherwise the one that the shrinking began with.
    ///
    /// # Errors
    /// The errors of the subject.
    pub(crate) fn ended(self) -> Result<F::Suspect, F::Error> {
        Ok(self.subject.confirm(&self.least)?.unwrap_or(self.found))
    }
}

/// Delta debugging: leaves out as many items as possible, in ever smaller pieces. `shows` itself keeps the items
/// for which it returns true.
///
/// # Errors
/// The errors of `shows`.
pub(crate) fn minimise<T: Clone, E>(
    mut items: Vec<T>,
    shows: &mut dyn FnMut(&[T]) -> Result<bool, E>,
) -> Result<(), E> {
    let mut size = items.len() / 2;
    while size > 0 {
        let mut from = 0;
        while from < items.len() && items.len() > 1 {
            let to = (from + size).min(items.len());
            let fewer = [&items[..from], &items[to..]].concat();
            if !fewer.is_empty() && shows(&fewer)? {
                items = fewer;
            } else {
                from = to;
            }
        }
        size /= 2;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_kept_and_nothing_else() {
        let mut least: Vec<u32> = (0..100).collect();
        let all = least.clone();
        minimise::<_, ()>(all, &mut |items| {
            let shows = items.contains(&17) && items.contains(&64);
            if shows {
                least = items.to_vec();
            }
            Ok(shows)
        })
        .unwrap();
        assert_eq!(least, [17, 64]);
    }
}
