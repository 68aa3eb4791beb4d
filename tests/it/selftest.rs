//! The command `bedside selftest`: its verdict is its exit code.

use std::process::{Command, Output};

fn selftest(arguments: &[&str]) -> (Output, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bedside"));
    let output = command.args(["selftest", "--pairs", "1", "--media-seconds", "1"]).args(arguments).output();
    let output = output.unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    (output, text)
}

#[test]
fn a_selftest_that_holds_its_visits_prints_their_steps_and_ends_well() {
    let (output, text) = selftest(&[]);
    assert!(output.status.success(), "{output:?}");
    for line in ["connect media", "patient reconnects", "p99", "Opus packets", "visits: 1 of 1 held"] {
        assert!(text.contains(line), "no {line} in {text}");
    }
}

#[test]
fn a_selftest_that_records_plays_its_files_back_and_says_whether_they_are_in_time() {
    let (output, text) = selftest(&["--record"]);
    assert!(output.status.success(), "{text}{output:?}");
    for line in ["consent to a recording", "put the recording away", "visits: 1 of 1 held"] {
        assert!(text.contains(line), "no {line} in {text}");
    }
    for person in ["doctor", "patient"] {
        let line = text.lines().find(|line| line.starts_with(&format!("recorded: {person}, ")));
        let line = line.unwrap_or_else(|| panic!("no recording of the {person} in {text}"));
        assert!(line.contains("of A_OPUS and V_VP8") && line.contains("picture after sound"), "{line}");
    }
}

#[test]
fn a_selftest_that_falls_short_says_of_what_and_ends_badly() {
    let (output, text) = selftest(&["--set", "limits.chat_burst=1", "--set", "limits.chat_per_second=1"]);
    assert!(!output.status.success(), "{output:?}");
    assert!(text.contains("fell short 1: patient reconnects: chat:send_message was refused"), "{text}");
}
