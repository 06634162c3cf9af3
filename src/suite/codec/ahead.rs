//! The processes of a program that is started for each stream: while one is judged, the next start, which takes some
//! programs longer than all that they are asked.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::testee::launch::Template;
use crate::testee::piped::Piped;

/// Number of processes at a time, unless it is said.
pub(super) const AT_A_TIME: usize = 2;

#[derive(Debug)]
pub(super) struct Ahead<'t> {
    template: &'t Template,
    /// Number of processes at a time.
    at_a_time: usize,
    started: RefCell<VecDeque<Result<Piped, String>>>,
}

impl<'t> Ahead<'t> {
    pub(super) const fn new(template: &'t Template, at_a_time: usize) -> Self {
        Self {
            template,
            at_a_time,
            started: RefCell::new(VecDeque::new()),
        }
    }

    /// A process that has been given nothing yet.
    pub(super) fn next(&self) -> Result<Piped, String> {
        let mut started = self.started.borrow_mut();
        while started.len() < self.at_a_time {
            let program = Piped::start(self.template, 0);
            started.push_back(program.map_err(|error| error.to_string()));
        }
        started.pop_front().expect("one was started at least")
    }
}
