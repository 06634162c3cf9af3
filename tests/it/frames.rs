//! Properties of framing: no cut, no coalescing and no limit changes what is delivered.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use unstick_fuzz::decoding::{Decode, Reference, check};
use unstick_fuzz::differential::check_theirs;
use unstick_fuzz::plan::Plan;
use unstick_fuzz::planted::decoders::{FAULTS, Planted};
use unstick_fuzz::rendered::Rendered;
use unstick_fuzz::roundtrip;

/// Frames, near-frames and cuts; every octet string is a plan.
fn plan() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..120)
}

/// Frames of small sizes, some of which announce more or less than they carry, cut anywhere.
fn stream() -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
    let payload = prop::collection::vec(any::<u8>(), 0..40);
    let lie = prop_oneof![6 => Just(0_i64), 1 => -3..3_i64];
    let stream = prop::collection::vec((payload, lie), 0..8).prop_map(|frames| {
        let mut stream = Vec::new();
        for (payload, lie) in frames {
            let length = (payload.len() as i64 + lie).max(0);
            stream.extend([0, 0, (length / 256) as u8, (length % 256) as u8]);
            stream.extend(payload);
        }
        stream
    });
    let sizes = prop::collection::vec(0..12_usize, 0..60);
    (stream, sizes).prop_map(|(stream, sizes)| {
        let ends = sizes.iter().scan(0, |end, size| {
            *end += size;
            Some(*end)
        });
        (stream, ends.collect())
    })
}

fn decodes_plans(decoder: &mut impl Decode, data: &[u8]) -> Result<(), String> {
    let plan = Plan::decode(data);
    let mut rendered = Rendered::default();
    plan.render(&mut rendered);
    let ends = rendered.ends().iter().copied();
    check(decoder, plan.limit(), rendered.octets(), ends)
}

proptest! {
    #[test]
    fn any_plan_is_decoded_like_one_reading(data in plan()) {
        prop_assert_eq!(decodes_plans(&mut Reference::default(), &data), Ok(()));
    }

    #[test]
    fn any_cut_delivers_what_one_reading_does((stream, ends) in stream(), limit in 0..64_u32) {
        let mut reference = Reference::default();
        prop_assert_eq!(check(&mut reference, limit, &stream, ends.iter().copied()), Ok(()));
        // The oracle is right by somebody else's decoder too.
        prop_assert_eq!(check_theirs(limit, &stream, ends.into_iter()), Ok(()));
    }

    #[test]
    fn what_is_encoded_is_decoded(data in plan()) {
        let outcome = roundtrip::check_plan(
            Plan::decode(&data),
            &mut Rendered::default(),
            &mut Vec::new(),
        );
        prop_assert_eq!(outcome, Ok(()));
    }
}

/// The two properties above, of a decoder with a planted fault: whether one of them fails.
fn is_exposed(fault: &'static str) -> bool {
    // The same cases in every run: what is proved here is that the properties can fail.
    let runner = || {
        TestRunner::new_with_rng(
            Config {
                cases: 4_000,
                max_shrink_iters: 0,
                failure_persistence: None,
                ..Config::default()
            },
            TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        )
    };
    let holds = |outcome: Result<(), String>| outcome.map_err(TestCaseError::fail);
    let plans = runner().run(&plan(), |data| {
        holds(decodes_plans(&mut Planted::new(fault), &data))
    });
    let streams = runner().run(&(stream(), 0..64_u32), |((stream, ends), limit)| {
        holds(check(&mut Planted::new(fault), limit, &stream, ends))
    });
    plans.is_err() || streams.is_err()
}

/// A property that nothing fails proves nothing: each planted fault is seen by these, but for
/// those that take a fuzzer's patience or an allocator that counts.
#[test]
fn planted_faults_are_exposed() {
    assert!(!is_exposed("none"));
    let missed: Vec<&str> = FAULTS
        .iter()
        .map(|fault| fault.name)
        .filter(|name| !is_exposed(name))
        .collect();
    assert_eq!(missed, ["read-of-4096", "announced-memory"]);
}
