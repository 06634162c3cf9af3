//! The trace of a script.

use super::script::{Exchange, Script};
use crate::suite::client::driver::reply;
use crate::suite::fuzz::conversation::Conversation;
use crate::suite::fuzz::draft::Cutting;
use crate::suite::plain::frame;
use crate::trace::answer::Answer;
use crate::trace::octets::Octets;
use crate::trace::segmentation::Segmentation;
use crate::trace::{Action, Class, Placed, Step, Trace};

/// The conversation of a script.
pub(super) fn conversation(script: &Script) -> Conversation {
    let mut actions = Vec::new();
    let mut before = Vec::new();
    let mut class = Class::Session;
    let mut broken = match script.cutting {
        Cutting::Named(Segmentation::Apart) => "MSG-1",
        _ => "FRM-2",
    };
    for exchange in &script.exchanges {
        match exchange {
            Exchange::Line { typed, text } => {
                actions.push(Action::Answer(Answer::of(&frame(typed.as_bytes()))));
                replied(text, &mut actions);
            }
            Exchange::File { name, content } => {
                class = Class::Transfer;
                broken = "TRF-13";
                // A name that comes again is the same file again.
                let content = placed(&before, name).unwrap_or_else(|| content.clone());
                if placed(&before, name).is_none() {
                    before.push(Placed::File {
                        name: name.clone(),
                        content: Octets::folded(&content),
                    });
                }
                let header = format!("{name},{}", content.len());
                let sent = [frame(b"file"), frame(header.as_bytes()), content];
                actions.push(Action::Answer(Answer::of(&sent.concat())));
            }
        }
    }
    if let Some(spoilt) = &script.spoilt {
        broken = spoilt.broken;
        actions.push(Action::Answer(Answer::of(&frame(b"hello"))));
        if !spoilt.octets.is_empty() {
            actions.push(Action::Send(Octets::folded(&spoilt.octets)));
        }
        actions.extend([Action::EndOfStream, Action::Refusal]);
    }
    let (cuts, segmentation) = script.cutting.in_trace(Vec::new());
    let steps = actions.into_iter();
    Conversation {
        trace: Trace {
            id: "fuzz/conversation".to_owned(),
            title: "A generated conversation goes as the specification has it".to_owned(),
            requirements: vec![broken.to_owned()],
            class: Some(class),
            framing: None,
            acceptable: None,
            before,
            cuts: Some(cuts),
            steps: steps.map(|action| Step { action, note: None }).collect(),
            beside: None,
            repaired: None,
        },
        segmentation,
    }
}

/// Content of a file that is there already.
fn placed(before: &[Placed], wanted: &str) -> Option<Vec<u8>> {
    before.iter().find_map(|placed| match placed {
        Placed::File { name, content } if name == wanted => Some(content.to_vec()),
        _ => None,
    })
}

/// The reply to a text, which is to be shown.
fn replied(text: &str, actions: &mut Vec<Action>) {
    let reply = reply(text);
    let length = (reply.len() as u32).to_be_bytes();
    actions.push(Action::Frame {
        length: Octets::from(&length[..]),
        payload: Octets::folded(reply.as_bytes()),
    });
    actions.push(Action::Deliver(Octets::folded(reply.as_bytes())));
}
