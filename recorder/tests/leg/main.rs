//! Legs take in real media over the loopback.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use bedside_protocol::recorder::LegState;
use bedside_recorder::{
    leg::{LegEnd, LegOptions},
    media::Kind,
};

use self::support::Recorder;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_answers_an_offer_is_heard_and_seen_and_its_clock_is_known() {
    let recorder = Recorder::start();
    let mut ann = recorder.record(LegOptions::default()).await;
    ann.stands(LegState::Connected).await;
    let heard = ann.until(|heard| heard.packets(Kind::Audio) > 100 && heard.packets(Kind::Video) > 60).await;
    assert_eq!(heard.duplicates(), 0);
    let heard = ann.until(|heard| heard.reports.len() >= 2).await;
    assert!(heard.reports.iter().all(|report| report.ntp >> 32 > 3_900_000_000), "{:?}", heard.reports);
    ann.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_legs_share_one_port() {
    let recorder = Recorder::start();
    let mut legs = Vec::new();
    for _ in 0..5 {
        legs.push(recorder.record(LegOptions::default()).await);
    }
    for leg in &mut legs {
        leg.until(|heard| heard.packets(Kind::Audio) > 20 && heard.packets(Kind::Video) > 20).await;
    }
    assert_eq!(recorder.port.public().len(), 1);
    for leg in legs {
        leg.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leg_that_is_shut_takes_in_nothing_more_and_is_closed_within_a_second() {
    let recorder = Recorder::start();
    let mut ann = recorder.record(LegOptions::default()).await;
    ann.until(|heard| heard.packets(Kind::Video) > 5).await;
    let begin = tokio::time::Instant::now();
    let (leg, mut output, person) = ann.apart();
    leg.close().await;
    // What was under way is there; then nothing comes any more.
    while output.arrivals.recv().await.is_some() {}
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    person.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_closes_its_side_ends_the_leg() {
    let recorder = Recorder::start();
    let mut ann = recorder.record(LegOptions::default()).await;
    ann.until(|heard| heard.packets(Kind::Video) > 5).await;
    ann.hang_up().await;
    ann.until_all(|ann| ann.end == Some(LegEnd::PeerClosed)).await;
}
