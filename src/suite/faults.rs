//! The planted faults that prove the cases: what `tests/it/kill_matrix.rs` and
//! `tests/it/client_matrix.rs` have seen, and keep seeing.

/// The matrices, as the tests keep them.
const MATRICES: [(&str, &str); 4] = [
    ("server", include_str!("../../snapshots/kill-matrix.snap")),
    (
        "server",
        include_str!("../../snapshots/verified-matrix.snap"),
    ),
    ("client", include_str!("../../snapshots/client-matrix.snap")),
    (
        "client",
        include_str!("../../snapshots/client-verified-matrix.snap"),
    ),
];

/// A planted fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Role of the program: `server` or `client`.
    pub role: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The requirement that it breaks, which the report names first.
    pub requirement: &'static str,
}

/// All faults, servers' first.
#[must_use]
pub fn all() -> Vec<Fault> {
    let mut faults = Vec::new();
    for (role, matrix) in MATRICES {
        // The rows follow two lines of dashes and the line between them. An indented line says more of the
        // fault above it.
        let rows = matrix.lines().skip(3);
        let rows = rows.filter(|row| !row.starts_with(' '));
        for row in rows {
            let mut words = row.split_whitespace();
            if let (Some(name), Some(requirement)) = (words.next(), words.next())
                && requirement.contains('-')
            {
                faults.push(Fault {
                    role,
                    name,
                    requirement,
                });
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::requirement;

    #[test]
    fn every_row_is_read() {
        let faults = all();
        let of = |role| faults.iter().filter(|fault| fault.role == role).count();
        assert!(
            of("server") >= 100 && of("client") >= 40,
            "{}",
            faults.len()
        );
        for fault in &faults {
            assert!(requirement::find(fault.requirement).is_some(), "{fault:?}");
        }
    }
}
