use std::sync::Condvar;
use std::time::Duration;

use super::*;
use crate::judge::case::{CaseInfo, Role};
use crate::judge::evidence::Evidence;
use crate::judge::subject::Recovered;
use crate::trace::Class;
use crate::trace::segmentation::Segmentation;

const CUTS: [Segmentation; 4] = [
    Segmentation::Apart,
    Segmentation::Whole,
    Segmentation::Octets,
    Segmentation::StraddleLength,
];

struct Case {
    info: CaseInfo,
    cut: Segmentation,
    fails: bool,
}

impl Planned for Case {
    fn info(&self) -> &CaseInfo {
        &self.info
    }

    fn segmentation(&self) -> Option<Segmentation> {
        Some(self.cut)
    }
}

#[derive(Debug)]
struct Broken;

impl Fails for Broken {
    fn message(&self) -> Sentence {
        "broken".into()
    }

    fn evidence(&self) -> Evidence {
        Evidence::default()
    }

    fn took_time(&self) -> bool {
        false
    }
}

/// The recovery of a subject that was started again at once.
const RESTARTED: Recovered = Recovered {
    fresh: true,
    costly: false,
};

/// Fails the checks that are to fail; each worker has another speed.
struct Worker(usize);

impl Subject for Worker {
    type Check = Case;
    type Failure = Broken;

    fn attempt(&mut self, check: &Case, _: u32) -> Result<(), NotPassed<Broken>> {
        for _ in 0..self.0 * 7 {
            thread::yield_now();
        }
        if check.fails {
            Err(Box::new(Broken).into())
        } else {
            Ok(())
        }
    }

    fn recover(&mut self, _: &Broken, _: u32) -> Result<Recovered, StartError> {
        Ok(RESTARTED)
    }
}

/// Two hundred cases of two requirements under four cuts; three of four of one requirement fail.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for number in 0..200 {
        let requirement = ["FRM-2", "MSG-1"][number % 2];
        let info = || {
            let mut info = CaseInfo::new(Role::Server, "x/0", "", &[requirement], Class::Framing);
            info.id = format!("x/{number}").into();
            info
        };
        cases.extend(CUTS.map(|cut| Case {
            info: info(),
            cut,
            fails: number % 8 != 0 && number % 2 == 0,
        }));
    }
    cases
}

/// The manner of an ordinary run, with this lag.
fn manner(lag: usize) -> Manner {
    Manner {
        budget: Budget::FULL,
        timeouts: 0,
        fail_fast: false,
        shared: false,
        before: 0,
        lag,
    }
}

/// Each check that was told of, in order: its id, its verdict and why it was left out.
fn told(workers: usize, lag: usize) -> Vec<(String, Verdict, String)> {
    let mut subjects: Vec<Worker> = (0..workers).map(Worker).collect();
    let mut told = Vec::new();
    let mut follow = crate::judge::progress::each(|done, total, check| {
        assert_eq!((done, total), (told.len() + 1, 800));
        told.push((
            check.id.to_string(),
            check.verdict,
            check.message.to_string(),
        ));
        ControlFlow::Continue(())
    });
    let outcomes = run(&mut subjects, &cases(), &manner(lag), &mut follow).unwrap();
    drop(follow);
    assert_eq!(outcomes.len(), told.len());
    told
}

#[test]
fn what_is_left_out_does_not_depend_on_how_many_work() {
    let failed = |told: &[(String, Verdict, String)]| {
        let fails = told
            .iter()
            .filter(|(_, verdict, _)| *verdict == Verdict::Fail);
        fails.count()
    };
    let mut before = 10;
    for lag in [1, 4, 9] {
        let alone = told(1, lag);
        assert!(
            (before..100).contains(&failed(&alone)),
            "{}",
            failed(&alone)
        );
        before = failed(&alone);
        for workers in [2, 5, 16] {
            assert!(told(workers, lag) == alone, "{workers} work");
        }
    }
}

/// Holds the first check that is attempted until so many others have been made, or for a time that is far too long.
struct Holding<'h> {
    made: &'h (Mutex<usize>, Condvar),
    others: usize,
}

impl Subject for Holding<'_> {
    type Check = Case;
    type Failure = Broken;

    fn attempt(&mut self, _: &Case, _: u32) -> Result<(), NotPassed<Broken>> {
        let (made, more) = self.made;
        let mut made = made.lock().unwrap();
        *made += 1;
        more.notify_all();
        if *made > 1 {
            return Ok(());
        }
        let too_long = Duration::from_secs(60);
        let few = |made: &mut usize| *made <= self.others;
        let (made, _) = more.wait_timeout_while(made, too_long, few).unwrap();
        if *made <= self.others {
            return Err(Box::new(Broken).into());
        }
        Ok(())
    }

    fn recover(&mut self, _: &Broken, _: u32) -> Result<Recovered, StartError> {
        Ok(RESTARTED)
    }
}

#[test]
fn a_check_that_takes_long_does_not_hold_up_those_that_pass_behind_it() {
    let made = (Mutex::new(0), Condvar::new());
    let mut subjects: Vec<_> = (0..2)
        .map(|_| Holding {
            made: &made,
            others: 50,
        })
        .collect();
    let mut watch = crate::judge::progress::Unwatched;
    let outcomes = run(&mut subjects, &cases(), &manner(4), &mut watch).unwrap();
    assert_eq!(outcomes.len(), 800);
    for outcome in outcomes {
        assert_eq!(outcome.check.verdict, Verdict::Pass, "{:?}", outcome.check);
    }
}

/// Fails a number of attempts as a silent subject does.
struct Late {
    fails: u32,
    shows_its_time: bool,
}

#[derive(Debug)]
struct Silent;

impl Fails for Silent {
    fn message(&self) -> Sentence {
        "silent".into()
    }

    fn evidence(&self) -> Evidence {
        Evidence::default()
    }

    fn took_time(&self) -> bool {
        true
    }
}

impl Subject for Late {
    type Check = Case;
    type Failure = Silent;

    fn attempt(&mut self, _: &Case, _: u32) -> Result<(), NotPassed<Silent>> {
        match self.fails.checked_sub(1) {
            Some(left) => {
                self.fails = left;
                Err(Box::new(Silent).into())
            }
            None => Ok(()),
        }
    }

    fn shows_its_time(&self) -> bool {
        self.shows_its_time
    }

    fn recover(&mut self, _: &Silent, _: u32) -> Result<Recovered, StartError> {
        Ok(Recovered {
            fresh: true,
            costly: true,
        })
    }
}

#[test]
fn one_silence_proves_nothing_where_time_cannot_be_seen() {
    let verdict = |fails, shows_its_time| {
        let mut late = Late {
            fails,
            shows_its_time,
        };
        let judged = judge(&mut late, &cases()[0], 0, None).unwrap();
        (judged.verdict, judged.failure.is_some())
    };
    assert_eq!(verdict(0, false), (Verdict::Pass, false));
    assert_eq!(verdict(1, false), (Verdict::Acceptable, false));
    assert_eq!(verdict(1, true), (Verdict::Flaky, true));
    assert_eq!(verdict(2, false), (Verdict::Fail, true));
}
