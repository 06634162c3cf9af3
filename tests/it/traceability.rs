//! The table of requirements, cases and faults in the documentation is up to date; and nothing in
//! it is left without a proof.

use std::path::Path;

use unstick::suite::traceability;

#[test]
fn the_table_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/traceability.md");
    let table = traceability::table();
    if std::env::var_os("UNSTICK_WRITE").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap_or_default(),
        table,
        "run UNSTICK_WRITE=1 cargo test --test it traceability"
    );
}

#[test]
fn every_requirement_has_cases_and_faults_or_a_reason() {
    for trace in traceability::all() {
        let proved = !trace.cases.is_empty() && !trace.faults.is_empty();
        assert!(
            proved || trace.not_seen.is_some(),
            "{}",
            trace.requirement.id
        );
    }
}
