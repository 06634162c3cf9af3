//! The cases for clients: we act as the server, and what a person would type is typed.
//!
//! A client takes `{host}` and `{port}` to connect to and finds its files in `{dir}`. A line on its
//! standard input is a message; `file` and a line with a name send a file; `q` leaves. What it
//! sends is judged always. What it writes is judged as far as its plainest conversation showed
//! that it writes replies.

mod diagnosis;
mod goodbyes;
mod known;
mod messages;
mod replies;
pub mod run;
mod stage;
mod transfers;

use crate::trace::Class;
use crate::trace::segmentation::Segmentation;
use stage::{Judged, Stage};

/// What a check does.
type Act = Box<dyn Fn(&mut Stage<'_>) -> Judged>;

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
    checks: Vec<(Option<Segmentation>, Act)>,
}

impl Case {
    fn new(
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

/// All cases for clients, the plainest first.
#[must_use]
pub fn all() -> Vec<Case> {
    [
        messages::cases(),
        replies::cases(),
        goodbyes::cases(),
        transfers::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
