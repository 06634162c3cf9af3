//! Every case, of whichever role.

use super::server::cases;
use super::{client, codec};
use crate::framing::Framing;
use crate::judge::case::Described;

/// A case of any role.
pub(crate) type Listed = Box<dyn Described>;

/// All cases of a framing: those of servers, which codecs share up to class `framing`, those of clients, and
/// those that only codecs have.
pub(crate) fn all(framing: &Framing) -> Vec<Listed> {
    let servers = cases::of(framing).into_iter();
    let mut clients = client::cases::with_large();
    // Clients speak the article's framing, and no other.
    clients.retain(|_| framing.is_reference());
    let codecs = codec::further_cases_of(framing).into_iter();
    servers
        .map(|case| Box::new(case) as Listed)
        .chain(clients.into_iter().map(|case| Box::new(case) as Listed))
        .chain(codecs.map(|case| Box::new(case) as Listed))
        .collect()
}
