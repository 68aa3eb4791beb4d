//! Legs take in real media over the loopback.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod stranger;
mod support;

use std::time::Duration;

use bedside_peer::call::{Network, Pause, Paused, Sending, Weather};
use bedside_protocol::{recorder::LegState, sdp::Sdp};
use bedside_recorder::{
    leg::{LegEnd, LegOptions, Transports},
    media::Kind,
};

use self::{stranger::Strangers, support::Recorder};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gets_lost_is_asked_for_and_comes_once() {
    let recorder = Recorder::start();
    let weather = Weather { loss_percent: 5, ..Weather::default() };
    let sending = Sending { video_bits_per_second: 1_000_000, weather, ..Sending::default() };
    let mut ann = recorder.record_who(LegOptions::default(), sending).await;
    let heard = ann.until(|heard| heard.packets(Kind::Video) > 1_000).await;
    let (missing, twice) = (heard.missing(Kind::Video), heard.duplicates());
    // About fifty were lost. The last few may be under way, and some came while they were asked for again.
    assert!(missing <= 10, "{missing} missing");
    assert!(twice <= 60, "{twice} came twice");
    ann.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leg_that_is_connected_and_brings_nothing_is_not_connected() {
    let recorder = Recorder::start();
    let (after, lasts) = (Duration::ZERO, Duration::from_secs(60));
    let pause = Some(Pause { of: Paused::Both, after, lasts });
    let options = LegOptions { media_patience: Duration::from_secs(3), ..LegOptions::default() };
    let mut ann = recorder.record_who(options, Sending { pause, ..Sending::default() }).await;
    ann.until_all(|ann| ann.end == Some(LegEnd::NoMedia)).await;
    assert_eq!(ann.states, []);
    assert!(ann.is_connected(), "the other side was through");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_goes_on_when_either_side_finds_new_paths() {
    let recorder = Recorder::start();
    let mut ann = recorder.record(LegOptions::default()).await;
    ann.until(|heard| heard.packets(Kind::Video) > 5).await;
    for round in 1..=4 {
        if round % 2 == 0 {
            ann.leg.restart_ice();
        } else {
            ann.person().restart_ice().await.unwrap();
        }
        let before = ann.so_far();
        ann.until(|heard| heard.all() > before + 200).await;
    }
    assert_eq!(ann.offers, 3, "ours: the first, and two to find new paths");
    assert_eq!(ann.end, None);
    ann.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_offers_cross_that_of_the_recorder_stands() {
    let recorder = Recorder::start();
    let mut ann = recorder.record(LegOptions::default()).await;
    ann.person().offer().await.unwrap();
    ann.until(|heard| heard.packets(Kind::Audio) > 20 && heard.packets(Kind::Video) > 20).await;
    ann.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_sends_too_much_is_cut_and_stays_connected() {
    let recorder = Recorder::start();
    let sending = Sending { video_bits_per_second: 8_000_000, ..Sending::default() };
    let options = LegOptions { video_kbps: 500, ..LegOptions::default() };
    let mut ann = recorder.record_who(options, sending).await;
    ann.stands(LegState::Connected).await;
    let begin = tokio::time::Instant::now();
    let before = recorder.port.counted();
    ann.until(|heard| heard.packets(Kind::Audio) > 150).await;
    let cut = recorder.port.counted().too_much - before.too_much;
    let per_second = ann.bytes() as u128 * 8 * 1_000 / begin.elapsed().as_millis();
    assert!(cut > 200, "{cut}");
    // Twice what is asked for and a megabit, and what is saved up in a second.
    assert!(per_second < 3_500_000, "{per_second}");
    assert_eq!(ann.states, [LegState::Connected]);
    ann.close().await;
}

/// As Chromium does for a page that prefers VP9.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_answers_with_one_codec_and_sends_another_that_was_offered_is_recorded() {
    let recorder = Recorder::start();
    let mut ann = recorder.record(LegOptions::default()).await;
    ann.claims = Some(|answer| {
        assert!(answer.contains("VP8/90000"), "{answer}");
        let answer = answer.replace("VP8/90000", "VP9/90000\r\na=fmtp:98 profile-id=0");
        let line = |line: &str| match line.strip_prefix("m=video ") {
            Some(_) => "m=video 9 UDP/TLS/RTP/SAVPF 98\r\n".to_owned(),
            None => line.replace(":96 ", ":98 "),
        };
        let not_of_repairs = |line: &&str| !line.contains(":97 ");
        let answer: String = answer.split_inclusive('\n').filter(not_of_repairs).map(line).collect();
        Sdp::parse(&answer).unwrap()
    });
    ann.until(|heard| heard.packets(Kind::Audio) > 20 && heard.packets(Kind::Video) > 20).await;
    ann.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_only_gets_through_by_tcp_is_recorded() {
    let recorder = Recorder::by(Transports::Tcp);
    let mut ann = recorder.record_from(LegOptions::default(), Sending::default(), Network::LoopbackTcp).await;
    ann.until(|heard| heard.packets(Kind::Audio) > 50 && heard.packets(Kind::Video) > 30).await;
    ann.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_who_shout_at_the_port_stop_nothing() {
    let recorder = Recorder::start();
    let strangers = Strangers::shout_at(recorder.port.public()[0]);
    let mut ann = recorder.record(LegOptions::default()).await;
    strangers.learn(&ann.offered().await);
    ann.until(|heard| heard.packets(Kind::Audio) > 50 && heard.packets(Kind::Video) > 30).await;
    let before = recorder.port.counted();
    let so_far = ann.so_far();
    ann.until(|heard| heard.all() > so_far + 300).await;
    let after = recorder.port.counted();
    assert!(after.strangers > before.strangers + 100, "{before:?} {after:?}");
    assert!(after.noise > before.noise + 100, "{before:?} {after:?}");
    assert!(after.checks > before.checks + 20, "{before:?} {after:?}");
    assert_eq!(ann.states, [LegState::Connected]);
    assert_eq!(strangers.answers(), 0, "strangers are not answered");
    ann.close().await;
}
