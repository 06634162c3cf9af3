use super::*;

/// Answers a turn whose messages end with their pieces: octets after a message in the same piece spoil the next.
struct LosesTails {
    held: usize,
}

impl Subject for LosesTails {
    fn hold(&mut self, talk: &Talk<'_>) -> Result<Held, String> {
        self.held += 1;
        let mut answers = vec![Vec::new()];
        for (number, turn) in talk.conversation.turns.iter().enumerate() {
            let places = talk.variation.pieces(number, turn, turn.sent.len());
            let mut from = 0;
            let mut part = Vec::new();
            let mut asked = 0;
            for to in places.into_iter().chain([turn.sent.len()]) {
                part.extend_from_slice(&turn.sent[from..to]);
                from = to;
                if let Some(end) = part.iter().position(|octet| *octet == b'.') {
                    asked += usize::from(end + 1 == part.len());
                    part.clear();
                }
            }
            let all = turn.sent.iter().filter(|octet| **octet == b'.').count();
            let answer = if asked == all && all > 0 {
                b"ok"
            } else {
                &b""[..]
            };
            answers.push(answer.to_vec());
        }
        Ok(Held {
            answers,
            ..Held::default()
        })
    }

    fn refresh(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn can_refresh(&self) -> bool {
        true
    }
}

fn apart(turns: &[&[u8]]) -> (Option<Vec<Vec<usize>>>, usize) {
    let mut conversation = Conversation::default();
    for turn in turns {
        conversation.sent(turn);
        conversation.answered(b"ok");
    }
    let mut subject = LosesTails { held: 0 };
    let options = Options::untold(Duration::from_secs(1));
    let found = find(&mut subject, &conversation, &options).unwrap();
    let places = |found: Conversation| found.turns.into_iter().map(|turn| turn.apart).collect();
    (found.map(places), subject.held)
}

#[test]
fn a_turn_goes_apart_where_it_has_to_and_nowhere_else() {
    let (places, held) = apart(&[b"one.", b"one.two.three.", b"four.five."]);
    assert_eq!(places, Some(vec![vec![], vec![4, 8], vec![5]]));
    assert!(held < 60, "{held}");
}

#[test]
fn turns_that_are_answered_stay_as_they_are() {
    assert_eq!(apart(&[b"one.", b"two."]), (None, 1));
}

#[test]
fn what_no_cut_helps_stays_as_it_is() {
    // Without a message there is nothing to answer, in however many pieces.
    let (places, held) = apart(&[b"one.", b"..", b"no end"]);
    assert_eq!(places, None);
    assert!(held < 40, "{held}");
}
