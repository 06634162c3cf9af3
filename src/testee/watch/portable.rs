//! The view of processes on a system that shows nothing: no queue, no thread, no memory.

use std::net::SocketAddr;

use super::seen::{Activity, Backlog};

/// Queues that cannot be looked into; there is no value of this type.
#[derive(Debug)]
pub(in crate::testee) enum Queues {}

impl Queues {
    pub(in crate::testee) const fn open() -> Option<Self> {
        None
    }

    pub(in crate::testee) fn is_listening(&mut self, _address: SocketAddr) -> bool {
        match *self {}
    }

    pub(in crate::testee) fn backlog(
        &mut self,
        _local: SocketAddr,
        _remote: SocketAddr,
        _sent: u64,
    ) -> Option<Backlog> {
        match *self {}
    }
}

/// Processes of which nothing is known.
#[derive(Debug)]
pub(in crate::testee) struct ProcessTree;

impl ProcessTree {
    pub(in crate::testee) const fn of(_ancestor: u32) -> Self {
        Self
    }

    pub(in crate::testee) const fn adopt(&mut self, _pids: &[u32]) {}

    pub(in crate::testee) const fn members(&mut self) -> Vec<u32> {
        Vec::new()
    }

    pub(in crate::testee) const fn activity_of_ancestor(&self) -> Option<Activity> {
        None
    }

    pub(in crate::testee) const fn activity(&mut self) -> Option<Activity> {
        None
    }
}

pub(in crate::testee) const fn resident(_pids: &[u32]) -> u64 {
    0
}

pub(in crate::testee) const fn highest_peak(_pids: &[u32]) -> u64 {
    0
}

pub(in crate::testee) const fn shared_once(_pids: &[u32]) -> u64 {
    0
}

pub(in crate::testee) const fn peak_memory(_pids: &[u32]) -> u64 {
    0
}

pub(in crate::testee) const fn machine_memory() -> Option<u64> {
    None
}

pub(in crate::testee) const fn reads_into(_pids: &[u32]) -> Option<u64> {
    None
}
