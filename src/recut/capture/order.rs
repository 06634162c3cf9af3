//! Two sides of a stream as one conversation. The acknowledgements of a side say how much it had heard when it sent
//! an octet; the order of the file decides only what they leave open.

use super::assemble::{Assembled, Run};
use super::streams::{End, Side};
use crate::recut::exchange::{Exchange, Party};

/// The next element of a side.
enum Next<'a> {
    Octets(&'a Run),
    End(End),
}

struct Sender<'a> {
    party: Party,
    runs: std::slice::Iter<'a, Run>,
    next: Option<Next<'a>>,
    end: Option<End>,
    /// The position of the peer's first octet.
    peer_base: i64,
    /// The number of octets of this side that have been told, its end counting for one.
    told: i64,
}

impl<'a> Sender<'a> {
    fn of(party: Party, side: &Side, assembled: &'a Assembled, peer: &Assembled) -> Self {
        let mut sender = Self {
            party,
            runs: assembled.runs.iter(),
            next: None,
            end: side.end.or(side.reset),
            peer_base: peer.base,
            told: 0,
        };
        sender.advance();
        sender
    }

    fn advance(&mut self) {
        self.next = match self.runs.next() {
            Some(run) => Some(Next::Octets(run)),
            None => self.end.take().map(Next::End),
        };
    }

    fn heard(&self) -> Option<i64> {
        match self.next.as_ref()? {
            Next::Octets(run) => Some(run.heard),
            Next::End(end) => Some(end.heard.map_or(0, |heard| heard - self.peer_base)),
        }
    }

    fn packet(&self) -> u64 {
        match &self.next {
            Some(Next::Octets(run)) => run.packet,
            Some(Next::End(end)) => end.packet,
            None => u64::MAX,
        }
    }

    fn tell(&mut self, exchange: &mut Exchange) {
        match self.next.take() {
            Some(Next::Octets(run)) => {
                exchange.octets(self.party, &run.octets);
                self.told += run.octets.len() as i64;
            }
            Some(Next::End(_)) => {
                exchange.end(self.party);
                self.told += 1;
            }
            None => {}
        }
        self.advance();
    }
}

/// The conversation of a client and a server.
pub(super) fn exchange(client: (&Side, &Assembled), server: (&Side, &Assembled)) -> Exchange {
    let mut exchange = Exchange::default();
    let mut ours = Sender::of(Party::Client, client.0, client.1, server.1);
    let mut theirs = Sender::of(Party::Server, server.0, server.1, client.1);
    loop {
        let ready =
            |sender: &Sender<'_>, peer: &Sender<'_>| sender.heard().map(|heard| heard <= peer.told);
        let client_first = match (ready(&ours, &theirs), ready(&theirs, &ours)) {
            (None, None) => return exchange,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(true), Some(false)) => true,
            (Some(false), Some(true)) => false,
            // Neither had heard the other, or each claims to: the file decides.
            _ => ours.packet() < theirs.packet(),
        };
        if client_first {
            ours.tell(&mut exchange);
        } else {
            theirs.tell(&mut exchange);
        }
    }
}
