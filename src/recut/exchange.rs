//! A conversation as it was seen on the wire: what each party sent, and when it ended.

use super::turn::Conversation;
use crate::trace::Trace;

/// A party of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// The end that opened the connection.
    Client,
    /// The end that was connected to.
    Server,
}

/// Something that a party did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It sent octets.
    Octets(Party, Vec<u8>),
    /// Its stream ended: orderly or by a reset.
    End(Party),
}

/// A conversation, in the order in which things were seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exchange {
    events: Vec<Event>,
}

impl Exchange {
    /// Adds octets that a party sent.
    pub fn octets(&mut self, party: Party, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        match self.events.last_mut() {
            Some(Event::Octets(last, sent)) if *last == party => sent.extend_from_slice(octets),
            _ => self.events.push(Event::Octets(party, octets.to_vec())),
        }
    }

    /// Adds the end of a party's stream. Its first end counts.
    pub fn end(&mut self, party: Party) {
        if !self.events.contains(&Event::End(party)) {
            self.events.push(Event::End(party));
        }
    }

    /// The events, in their order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// True if no octet was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self
            .events
            .iter()
            .any(|event| matches!(event, Event::Octets(..)))
    }

    /// The number of octets that a party sent.
    #[must_use]
    pub fn sent_by(&self, party: Party) -> usize {
        self.pieces(party).map(<[u8]>::len).sum()
    }

    fn pieces(&self, party: Party) -> impl Iterator<Item = &[u8]> {
        self.events.iter().filter_map(move |event| match event {
            Event::Octets(sender, octets) if *sender == party => Some(octets.as_slice()),
            _ => None,
        })
    }

    /// Replaces a text by other octets, as many, wherever either party sent it, in one turn or across several.
    /// Returns the number of replacements.
    pub fn redact(&mut self, secret: &[u8]) -> usize {
        if secret.is_empty() {
            return 0;
        }
        [Party::Client, Party::Server]
            .into_iter()
            .map(|party| self.redact_of(party, secret))
            .sum()
    }

    fn redact_of(&mut self, party: Party, secret: &[u8]) -> usize {
        let mut stream: Vec<u8> = self.pieces(party).flatten().copied().collect();
        let mut found = 0;
        let mut at = 0;
        while at + secret.len() <= stream.len() {
            if stream[at..].starts_with(secret) {
                stream[at..at + secret.len()].iter_mut().for_each(conceal);
                found += 1;
                at += secret.len();
            } else {
                at += 1;
            }
        }
        let mut rest = stream.as_slice();
        for event in &mut self.events {
            if let Event::Octets(sender, octets) = event
                && *sender == party
            {
                let (own, others) = rest.split_at(octets.len());
                octets.copy_from_slice(own);
                rest = others;
            }
        }
        found
    }

    /// The conversation as a recording. Once the server has closed, the client's own end says
    /// nothing more.
    #[must_use]
    pub fn trace(&self, id: &str, title: &str) -> Trace {
        let mut conversation = Conversation::default();
        for event in &self.events {
            match event {
                Event::Octets(Party::Client, octets) => conversation.sent(octets),
                Event::Octets(Party::Server, octets) => conversation.answered(octets),
                Event::End(Party::Client) if !conversation.closes => conversation.ended(),
                Event::End(Party::Client) => {}
                Event::End(Party::Server) => conversation.closed(),
            }
        }
        conversation.into_trace(id, title)
    }
}

/// Replaces a character of a secret by one of its kind, so that numbers stay numbers.
fn conceal(octet: &mut u8) {
    *octet = match octet {
        b'0'..=b'9' => b'0',
        b'A'..=b'Z' => b'X',
        _ => b'x',
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_replaced_in_both_directions_and_across_turns() {
        let mut exchange = Exchange::default();
        exchange.octets(Party::Client, b"AUTH Se");
        exchange.octets(Party::Server, b"more?");
        exchange.octets(Party::Client, b"cret-1 SSecret-1");
        exchange.octets(Party::Server, b"no such user Secret-1");
        assert_eq!(exchange.redact(b"Secret-1"), 3);
        assert_eq!(exchange.redact(b"Secret-1"), 0);
        assert_eq!(exchange.redact(b""), 0);
        let octets = |party, octets: &[u8]| Event::Octets(party, octets.to_vec());
        assert_eq!(
            exchange.events(),
            [
                octets(Party::Client, b"AUTH Xx"),
                octets(Party::Server, b"more?"),
                octets(Party::Client, b"xxxxx0 SXxxxxxx0"),
                octets(Party::Server, b"no such user Xxxxxxx0"),
            ]
        );
    }

    #[test]
    fn after_the_server_has_closed_the_end_of_the_client_says_nothing() {
        let mut exchange = Exchange::default();
        exchange.octets(Party::Client, b"q");
        exchange.end(Party::Server);
        exchange.end(Party::Client);
        exchange.end(Party::Server);
        let steps = exchange.trace("x", "x").steps;
        assert_eq!(steps.len(), 2, "{steps:?}");
        let mut exchange = Exchange::default();
        exchange.octets(Party::Client, b"q");
        exchange.end(Party::Client);
        exchange.end(Party::Server);
        assert_eq!(exchange.trace("x", "x").steps.len(), 3);
    }
}
