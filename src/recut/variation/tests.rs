use super::*;
use crate::trace::answer::Answer;

fn conversation(turns: &[&[u8]]) -> Conversation {
    let mut conversation = Conversation::default();
    for turn in turns {
        conversation.sent(turn);
        conversation.answered(b"ok");
    }
    conversation
}

fn ids(conversation: &Conversation, places: Places, pipelines: bool) -> Vec<String> {
    let wanted = Wanted {
        places,
        seed: 1,
        pipelines,
        framing: None,
        hostile: false,
    };
    let all = all(conversation, &wanted);
    all.iter().map(Variation::id).collect()
}

#[test]
fn a_small_conversation_is_cut_everywhere() {
    let ids = ids(&conversation(&[b"abc", b"d", b"ef"]), Places::ByNeed, true);
    assert_eq!(
        ids,
        [
            "turn1@1",
            "turn1@2",
            "turn3@1",
            "octets",
            "turn1@1+2",
            "pauses",
            "join@1",
            "join@2",
            "join@2+1",
            "join@1-2",
            "end@turn1@1",
            "end@turn1@2",
        ]
    );
}

#[test]
fn a_goodbye_and_what_is_marked_are_never_sent_ahead() {
    let mut conversation = conversation(&[b"a", b"b", b"c", b"d"]);
    conversation.turns[1].answer = Some(Answer {
        awaited: true,
        ..Answer::default()
    });
    conversation.closed();
    let joins = ids(&conversation, Places::ByNeed, true);
    assert_eq!(joins, ["join@1"]);
}

#[test]
fn of_a_long_conversation_the_edges_and_a_sample_are_cut_the_same_each_time() {
    let mut long = vec![b'x'; 5000];
    long[2500] = b'\n';
    let conversation = conversation(&[&long]);
    let singles = || {
        let mut ids = ids(&conversation, Places::ByNeed, false);
        ids.retain(|id| id.starts_with("turn") && !id.contains('+'));
        ids
    };
    assert_eq!(singles().len(), ALL_PLACES_UP_TO);
    assert_eq!(singles(), singles());
    for place in [1, 16, 2500, 2501, 4984, 4999] {
        assert!(singles().contains(&format!("turn1@{place}")), "{place}");
    }
    let count = |places| {
        let ids = ids(&conversation, places, false);
        ids.iter()
            .filter(|id| id.starts_with("turn") && !id.contains('+'))
            .count()
    };
    assert_eq!(count(Places::All), 4999);
    assert_eq!(count(Places::Edges), 34);
    assert_eq!(count(Places::AtMost(10)), 10);
}

/// Every place of a long conversation is cut, and no set of places cuts two that are near each other.
#[test]
fn all_places_of_a_long_conversation_are_cut_in_sets() {
    let turns = conversation(&[&[b'x'; 5000], b"short"]);
    let wanted = Wanted {
        places: Places::ByNeed,
        seed: 1,
        pipelines: false,
        framing: None,
        hostile: false,
    };
    let all = all(&turns, &wanted);
    let sets = all
        .iter()
        .filter(|one| matches!(one, Variation::Every { .. }));
    let mut places: Vec<usize> = Vec::new();
    for set in sets {
        let of_first = set.places(0, 5000);
        assert!(of_first.windows(2).all(|two| two[1] - two[0] == SETS));
        assert!(set.places(1, 5).len() <= 1);
        places.extend(of_first);
    }
    places.sort_unstable();
    assert_eq!(places, Vec::from_iter(1..5000));
    let ids: Vec<String> = all.iter().map(Variation::id).collect();
    assert!(ids.contains(&format!("every{SETS}@1")), "{ids:?}");
}

#[test]
fn with_a_framing_the_frames_say_where_a_long_turn_is_cut() {
    let frame = [&b"\x03\xe8"[..], &[b'x'; 1000]].concat();
    let wanted = Wanted {
        places: Places::Edges,
        seed: 1,
        pipelines: false,
        framing: Some("u16be".parse().unwrap()),
        hostile: false,
    };
    let all = all(&conversation(&[&frame.repeat(2)]), &wanted);
    let ids: Vec<String> = all.iter().map(Variation::id).collect();
    let expected = [
        "turn1@1",
        "turn1@2",
        "turn1@502",
        "turn1@1002",
        "turn1@1003",
        "turn1@1004",
        "turn1@1504",
        "octets",
        "turn1@1+2",
        "turn1@502+1003",
        "turn1@1003+1004",
    ];
    assert_eq!(ids[..expected.len()], expected);
}

#[test]
fn what_goes_octet_by_octet_has_a_bound() {
    assert_eq!(Variation::Octets.places(0, 3), [1, 2]);
    assert_eq!(Variation::Octets.places(0, 1), [0; 0]);
    assert_eq!(Variation::Octets.places(0, 100_000).len(), OCTETS_UP_TO - 1);
}

#[test]
fn answers_that_ask_for_more_are_awaited_without_a_mark() {
    let joins = |answer: &[u8]| {
        let mut conversation = Conversation::default();
        for answer in [answer, b"ok", b"ok"] {
            conversation.sent(b"ab");
            conversation.answered(answer);
        }
        let ids = ids(&conversation, Places::Edges, true);
        ids.into_iter()
            .filter(|id| id.starts_with("join@"))
            .collect::<Vec<_>>()
    };
    let first = "join@1".to_owned();
    assert!(joins(b"ok").contains(&first));
    assert!(joins(b"HTTP/1.1 200 OK\r\n").contains(&first));
    for answer in [&b"HTTP/1.1 101 Switching\r\n"[..], b"354 go on\r\n"] {
        assert_eq!(joins(answer), ["join@2", "join@2+1"]);
    }
}

#[test]
fn a_turn_that_has_to_go_apart_does_so_in_every_variation_but_one() {
    let mut conversation = conversation(&[b"abcdef", b"ghi"]);
    conversation.turns[0].apart = vec![2, 4];
    let pieces = |variation: Variation, turn: usize| {
        let here = &conversation.turns[turn];
        variation.pieces(turn, here, here.sent.len())
    };
    let cut = |turn, place| Variation::Cut {
        turn,
        after: vec![place],
        pause: false,
    };
    let whole = Variation::Whole { turn: 0 };
    assert_eq!(whole.id(), "turn1@whole");
    assert_eq!(pieces(whole, 0), [0; 0]);
    assert_eq!(pieces(Variation::Whole { turn: 1 }, 0), [2, 4]);
    assert_eq!(pieces(Variation::Uncut, 0), [2, 4]);
    assert_eq!(pieces(cut(0, 3), 0), [2, 3, 4]);
    assert_eq!(pieces(cut(0, 4), 0), [2, 4]);
    assert_eq!(pieces(cut(1, 1), 1), [1]);
    assert_eq!(pieces(Variation::Uncut, 1), [0; 0]);
}
