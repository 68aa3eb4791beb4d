//! Two legs, wired to each other without a server, exchange real media on loopback.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use bedside_peer::call::{Leg, LegOptions, Network, Sending, Sent, Signal, Weather};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

const PATIENCE: Duration = Duration::from_secs(10);

async fn leg(polite: bool) -> (Leg, mpsc::Receiver<Signal>) {
    leg_that_sends(polite, Sending::default()).await
}

async fn leg_that_sends(polite: bool, sending: Sending) -> (Leg, mpsc::Receiver<Signal>) {
    let (signals, heard) = mpsc::channel(64);
    let options = LegOptions {
        network: Network::Loopback,
        ice_servers: Vec::new(),
        only_relayed: false,
        polite,
        sending,
    };
    (Leg::open(options, signals).await.unwrap(), heard)
}

async fn carry(mut from: mpsc::Receiver<Signal>, to: &Leg) {
    while let Some(signal) = from.recv().await {
        to.hear(signal).await.unwrap();
    }
}

/// Carry signals both ways until both legs are connected.
async fn connect(ann: &Leg, ben: &Leg, from_ann: mpsc::Receiver<Signal>, from_ben: mpsc::Receiver<Signal>) {
    let both = async { tokio::join!(ann.connected(), ben.connected()) };
    tokio::select! {
        (ann, ben) = both => { ann.unwrap(); ben.unwrap(); }
        ((), ()) = async { tokio::join!(carry(from_ann, ben), carry(from_ben, ann)) } => panic!("a leg ended"),
    }
}

async fn media_flows(ann: &Leg, ben: &Leg) {
    // Before the first key frame nothing can be shown.
    ann.sees(PATIENCE).await.unwrap();
    ben.sees(PATIENCE).await.unwrap();
    let (from_ben, from_ann) = (ann.mark(), ben.mark());
    let (at_ann, at_ben) =
        tokio::join!(ann.flows(&from_ben, 50, 30, PATIENCE), ben.flows(&from_ann, 50, 30, PATIENCE));
    for received in [at_ann.unwrap(), at_ben.unwrap()] {
        assert!(received.video_frames >= 20 && received.key_frames >= 1, "{received:?}");
        assert_eq!(received.lost, 0, "{received:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_side_offers_and_media_flows_both_ways() {
    let ((ann, from_ann), (ben, from_ben)) = tokio::join!(leg(true), leg(false));
    ann.offer().await.unwrap();
    connect(&ann, &ben, from_ann, from_ben).await;
    media_flows(&ann, &ben).await;
    tokio::join!(ann.close(), ben.close());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_offers_that_cross_end_in_one_session() {
    let ((ann, from_ann), (ben, from_ben)) = tokio::join!(leg(true), leg(false));
    ann.offer().await.unwrap();
    ben.offer().await.unwrap();
    connect(&ann, &ben, from_ann, from_ben).await;
    media_flows(&ann, &ben).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn candidates_that_come_before_the_offer_are_kept() {
    let ((ann, mut from_ann), (ben, mut from_ben)) = tokio::join!(leg(true), leg(false));
    ann.offer().await.unwrap();
    let mut held = Vec::new();
    // The end of candidates comes last: everything after the offer is put in front of it.
    loop {
        let signal = from_ann.recv().await.unwrap();
        let end = signal == Signal::Candidate(None);
        held.push(signal);
        if end {
            break;
        }
    }
    assert!(held.iter().any(|signal| matches!(signal, Signal::Candidate(Some(_)))));
    held.rotate_left(1);
    for signal in held {
        ben.hear(signal).await.unwrap();
    }
    // Of Ben's signals only the answer arrives: he has to come to Ann, by the candidates that he kept.
    let answer = from_ben.recv().await.unwrap();
    assert!(matches!(answer, Signal::Answer { .. }), "{answer:?}");
    ann.hear(answer).await.unwrap();
    ann.connected().await.unwrap();
    ben.connected().await.unwrap();
    media_flows(&ann, &ben).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_goes_on_after_new_paths_were_found() {
    let ((ann, mut from_ann), (ben, mut from_ben)) = tokio::join!(leg(true), leg(false));
    let (ann, ben) = (std::sync::Arc::new(ann), std::sync::Arc::new(ben));
    let tasks = TaskTracker::new();
    for (from, to) in [(&mut from_ann, &ben), (&mut from_ben, &ann)] {
        let (to, mut from) = (std::sync::Arc::clone(to), std::mem::replace(from, mpsc::channel(1).1));
        tasks.spawn(async move {
            while let Some(signal) = from.recv().await {
                to.hear(signal).await.unwrap();
            }
        });
    }
    ann.offer().await.unwrap();
    ann.connected().await.unwrap();
    ben.connected().await.unwrap();
    media_flows(&ann, &ben).await;
    ben.restart_ice().await.unwrap();
    let mark = ann.mark();
    ann.flows(&mark, 100, 30, PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_side_that_hears_nothing_back_says_how_far_it_came() {
    let ((ann, _from_ann), (_ben, _from_ben)) = tokio::join!(leg(true), leg(false));
    ann.offer().await.unwrap();
    let mark = ann.mark();
    let error = ann.flows(&mark, 1, 1, Duration::from_millis(50)).await.unwrap_err().to_string();
    assert!(error.contains("audio_packets: 0"), "{error}");
    assert!(ann.progress().connected.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_bad_weather_takes_is_missed_and_what_comes_late_still_comes() {
    let weather =
        Weather { loss_percent: 10, video_late_by: Duration::from_millis(250), ..Weather::default() };
    let sending = Sending { weather, video_bits_per_second: 500_000, ..Sending::flash_and_beep() };
    let ((ann, from_ann), (ben, from_ben)) = tokio::join!(leg_that_sends(true, sending), leg(false));
    assert_eq!(ann.sent(), Sent::default());
    ann.offer().await.unwrap();
    connect(&ann, &ben, from_ann, from_ben).await;
    ben.sees(PATIENCE).await.unwrap();
    let mark = ben.mark();
    let received = ben.flows(&mark, 100, 100, PATIENCE).await.unwrap();
    assert!(received.lost > 0, "nothing was lost: {received:?}");
    assert!(ann.sent().packets > 200, "{:?}", ann.sent());
}
