//! A conversation as it was seen on the wire: what each party sent, and when it ended.

/// A party of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// Who opened the connection.
    Client,
    /// Who was connected to.
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
    /// A party sends these octets.
    pub fn octets(&mut self, party: Party, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        match self.events.last_mut() {
            Some(Event::Octets(last, sent)) if *last == party => sent.extend_from_slice(octets),
            _ => self.events.push(Event::Octets(party, octets.to_vec())),
        }
    }

    /// The stream of a party ends. Its first end counts.
    pub fn end(&mut self, party: Party) {
        if !self.events.contains(&Event::End(party)) {
            self.events.push(Event::End(party));
        }
    }

    /// What happened.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Whether no octet was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self
            .events
            .iter()
            .any(|event| matches!(event, Event::Octets(..)))
    }
}
