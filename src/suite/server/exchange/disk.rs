//! Files that a conversation leaves on the disk, and faults found there when it goes wrong.

use super::Talk;
use crate::suite::server::directory::Directory;
use crate::suite::server::directory_fault::DirectoryFault;
use crate::suite::server::failure::{Failure, OnDisk, What};
use crate::testee::server::Server;
use crate::trace::Action;
use crate::trace::segmentation::Move;

impl Talk<'_, '_> {
    /// A fault on the disk explains what comes back: octets of the next frame that lie
    /// in a file are not answered, and a file that was written outside was not refused.
    pub(super) fn seen_on_disk(
        &self,
        mut failure: Box<Failure>,
        rest: &[Move<'_>],
    ) -> Box<Failure> {
        let Some(directory) = self.terms.directory else {
            return failure;
        };
        let longer = || {
            rest.iter().find_map(|one| match one {
                Move::Step(Action::Stored { name, content }) => directory
                    .stored(name, &content.to_vec())
                    .err()
                    .filter(|fault| matches!(fault, DirectoryFault::Longer { .. })),
                _ => None,
            })
        };
        if matches!(failure.what, What::Missing | What::ClosedInstead) {
            failure.on_disk = rest.iter().find_map(|one| match one {
                Move::Step(Action::Stored { name, content }) => {
                    Some(match directory.stored(name, &content.to_vec()) {
                        Ok(()) => OnDisk::Whole,
                        Err(DirectoryFault::Shorter { held: 1.., .. }) => OnDisk::Short,
                        Err(DirectoryFault::Missing { .. }) => OnDisk::Nothing,
                        Err(_) => OnDisk::Other,
                    })
                }
                _ => None,
            });
        }
        let fault = match failure.what {
            What::Missing => longer(),
            _ => None,
        };
        let outside = directory.outside_untouched().err();
        // The directory of a testee that has ended is removed with it, and not by it.
        let ended = failure.what.is_its_end();
        let outside =
            outside.filter(|fault| !ended || !matches!(fault, DirectoryFault::Replaced { .. }));
        let fault = outside.or(fault);
        if let Some(fault) = fault {
            failure.message = format!("{fault}; {}", failure.message).into();
            failure.what = What::Directory(fault);
        }
        failure
    }

    /// Waits until a file holds this.
    pub(crate) fn is_stored(
        &mut self,
        testee: &mut Server,
        name: &str,
        content: &[u8],
    ) -> Result<(), Box<Failure>> {
        self.on_disk(testee, |directory| directory.stored(name, content))
    }

    /// Waits until the directory is as it has to be; that takes no time for a correct testee
    /// that has answered what came behind a file.
    pub(super) fn on_disk(
        &mut self,
        testee: &mut Server,
        mut look: impl FnMut(&Directory) -> Result<(), DirectoryFault>,
    ) -> Result<(), Box<Failure>> {
        let Some(directory) = self.terms.directory else {
            return Ok(());
        };
        let mut last = look(directory);
        if last.is_err() {
            self.connection.wait(testee, self.terms.patience, |_| {
                last = look(directory);
                last.is_ok()
            });
        }
        match last {
            Ok(()) => Ok(()),
            Err(fault) => Err(self.directory_fault(testee, fault)),
        }
    }

    pub(super) fn directory_sound(&self, testee: &mut Server) -> Result<(), Box<Failure>> {
        match self.terms.directory.map(Directory::outside_untouched) {
            Some(Err(fault)) => Err(self.directory_fault(testee, fault)),
            _ => Ok(()),
        }
    }

    /// The failure of a file that is not as it has to be.
    pub(crate) fn directory_fault(
        &self,
        testee: &mut Server,
        fault: DirectoryFault,
    ) -> Box<Failure> {
        let message = fault.to_string();
        let wanted = fault.wanted();
        self.failure(testee, What::Directory(fault), &message, &wanted)
    }
}
