//! Choosing among the cases of all roles.

use crate::judge::case::Described;
use crate::judge::selection::{SelectionError, select};
use crate::suite::server::cases;
use crate::suite::{client, codec};
use crate::trace::Class;

fn of<C: Described>(
    cases: Vec<C>,
    class: Class,
    run: &[&str],
    skip: &[&str],
) -> Result<usize, SelectionError> {
    let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    select(cases, Some(class), &owned(run), &owned(skip)).map(|cases| cases.len())
}

fn ids(class: Class, run: &[&str], skip: &[&str]) -> Result<usize, SelectionError> {
    of(cases::all(), class, run, skip)
}

#[test]
fn patterns_choose_and_leave_out() {
    assert_eq!(ids(Class::Framing, &["frm/two"], &[]).unwrap(), 1);
    assert!(ids(Class::Framing, &["frm/*"], &["frm/cut-*"]).unwrap() > 10);
    assert!(ids(Class::Framing, &[], &[]).unwrap() < ids(Class::Session, &[], &[]).unwrap());
}

#[test]
fn a_pattern_that_matches_nothing_is_an_error() {
    assert!(matches!(
        ids(Class::Framing, &["frm/twoo"], &[]),
        Err(SelectionError::MatchesNothing { .. })
    ));
    // There is such a case, but not for this class.
    assert!(matches!(
        ids(Class::Framing, &["msg/*"], &[]),
        Err(SelectionError::MatchesNothing { .. })
    ));
    assert!(matches!(
        ids(Class::Framing, &[], &["frm/twoo"]),
        Err(SelectionError::MatchesNothing { .. })
    ));
    assert!(matches!(
        ids(Class::Framing, &["frm/two"], &["frm/*"]),
        Err(SelectionError::NothingLeft)
    ));
    assert!(matches!(
        ids(Class::Framing, &["frm/[x"], &[]),
        Err(SelectionError::Malformed { .. })
    ));
}

#[test]
fn clients_and_codecs_have_cases_of_their_own() {
    let client = |class, id| of(client::cases::all(), class, &[id], &[]);
    assert_eq!(client(Class::Session, "client/text-chinese").unwrap(), 1);
    assert_eq!(client(Class::Transfer, "client/text-chinese").unwrap(), 1);
    assert_eq!(client(Class::Transfer, "client/file-of-2").unwrap(), 1);
    assert!(client(Class::Session, "client/file-of-2").is_err());
    let codec = |id| of(codec::cases(), Class::Framing, &[id], &[]);
    assert_eq!(codec("frm/two").unwrap(), 1);
    assert_eq!(codec("codec/pack-random").unwrap(), 1);
    assert!(codec("msg/*").is_err());
}

#[test]
fn what_is_not_text_is_for_those_who_do_not_read_it() {
    assert_eq!(ids(Class::Framing, &["frm/all-octets"], &[]).unwrap(), 1);
    assert!(ids(Class::Session, &["frm/all-octets"], &[]).is_err());
}
