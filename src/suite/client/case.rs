//! A case for clients: what is done with one.

use super::driver::{Judged, Stage};
use crate::trace::Class;
use crate::trace::segmentation::Segmentation;

/// What a check does.
pub(in crate::suite::client) type Act = Box<dyn Fn(&mut Stage<'_>) -> Judged>;

/// One case, under each segmentation that it is made with.
pub struct Case {
    /// A slug that never changes: `client/length-in-octets`.
    pub id: String,
    /// What the client must do, in one line.
    pub title: String,
    /// The requirements, the foremost first.
    pub requirements: Vec<&'static str>,
    /// The lowest class that owes it.
    pub class: Class,
    pub(in crate::suite::client) checks: Vec<(Option<Segmentation>, Act)>,
}

impl Case {
    pub(in crate::suite::client) fn new(
        id: &str,
        title: &str,
        requirements: &[&'static str],
        class: Class,
        act: impl Fn(&mut Stage<'_>) -> Judged + 'static,
    ) -> Self {
        Self {
            id: format!("client/{id}"),
            title: title.to_owned(),
            requirements: requirements.to_vec(),
            class,
            checks: vec![(None, Box::new(act))],
        }
    }

    /// How many checks it makes.
    #[must_use]
    pub fn checks(&self) -> usize {
        self.checks.len()
    }
}
