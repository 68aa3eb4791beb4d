//! Any datagrams from some sources: whoever made no check that holds reaches nobody, each reaches the leg of the last check, and
//! every datagram is counted.
#![no_main]

use std::{collections::HashMap, net::SocketAddr};

use bedside_recorder_fuzz::leg::{Door, check};
use libfuzzer_sys::{
    arbitrary::{self, Arbitrary},
    fuzz_target,
};

#[derive(Debug, Arbitrary)]
enum Step {
    /// Any bytes.
    Any {
        from: u8,
        datagram: Vec<u8>,
    },
    /// A check that holds.
    Check {
        from: u8,
        leg: bool,
        more: Vec<u8>,
    },
    /// The same with a bit flipped.
    Forged {
        from: u8,
        leg: bool,
        more: Vec<u8>,
        flip: u16,
    },
    Settle {
        leg: bool,
    },
    Remove {
        leg: bool,
    },
}

fuzz_target!(|steps: Vec<Step>| {
    let mut door = Door::new();
    let mut known: HashMap<SocketAddr, usize> = HashMap::new();
    let mut gone = [false; 2];
    let mut given = 0;
    let source = |from: u8| SocketAddr::from(([192, 0, 2, 1], u16::from(from % 24)));
    for step in steps {
        match step {
            Step::Any { from, datagram } => {
                given += 1;
                let from = source(from);
                if let Some(leg) = door.pass(from, &datagram) {
                    assert_eq!(known.get(&from), Some(&leg), "a stranger reaches a leg");
                }
            }
            Step::Check { from, leg, more } => {
                given += 1;
                let leg = usize::from(leg);
                let more = &more[..more.len().min(1_000)];
                if let Some(passed) = door.pass(source(from), &check(leg, more)) {
                    assert!(passed == leg && !gone[leg]);
                    known.insert(source(from), leg);
                }
            }
            Step::Forged { from, leg, more, flip } => {
                let mut datagram = check(usize::from(leg), &more[..more.len().min(1_000)]);
                let bit = usize::from(flip) % (datagram.len() * 8);
                datagram[bit / 8] ^= 1 << (bit % 8);
                // With another type it is no request, and goes where its source belongs.
                if bit >= 16 {
                    given += 1;
                    assert_eq!(door.pass(source(from), &datagram), None, "bit {bit}");
                }
            }
            Step::Settle { leg } => door.settle(usize::from(leg)),
            Step::Remove { leg } => {
                let leg = usize::from(leg);
                gone[leg] = true;
                door.remove(leg);
                known.retain(|_, of| *of != leg);
            }
        }
    }
    let counted = door.counted();
    let sum = counted.passed
        + counted.noise
        + counted.strangers
        + counted.checks
        + counted.clear
        + counted.too_much;
    assert_eq!(sum, given);
});
