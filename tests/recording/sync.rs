//! Sound and picture are in time, and people are in time with each other, whatever the network does.

use std::time::Duration;

use bedside_peer::{
    call::{Pause, Paused, Sending, Weather},
    film::Offsets,
};

use crate::{
    ffmpeg,
    harness::Server,
    recorded::{File, Kept, RECORDING, Visit},
};

/// The aims.
const LIP_SYNC_MS: f64 = 10.0;
const TOGETHER_MS: f64 = 20.0;

fn in_weather(weather: Weather) -> Sending {
    Sending { weather, ..Sending::flash_and_beep() }
}

/// Record two people for a while.
async fn record(annas: Sending, bens: Sending, seconds: u64) -> Kept {
    let server = Server::with(&RECORDING).await;
    let running = Visit::at(&server, annas, bens).await.begins_to_record().await;
    running.lasts(seconds).await;
    running.stops().await
}

/// The file is in time by its own words and as it is decoded, and shows so many flashes at least.
#[track_caller]
fn is_in_time(what: &str, file: &File, flashes: usize) {
    let offsets = file.film.lip_sync();
    println!(
        "{what}: lip-sync {:.1} ms in the mean, {:.1} at worst, of {:?}",
        offsets.mean(),
        offsets.worst(),
        offsets.ms
    );
    assert!(
        offsets.ms.len() >= flashes,
        "{what}: {} flashes, not {flashes}: {:?}",
        offsets.ms.len(),
        file.film
    );
    assert!(offsets.worst().abs() <= LIP_SYNC_MS, "{what}: {:?}", offsets.ms);
    let (decoded, complaints) = ffmpeg::look(&file.bytes);
    assert_eq!(complaints, "", "{what}");
    let offsets = Offsets::between(&decoded.flashes, &decoded.beeps);
    println!("{what}: decoded {:.1} ms in the mean, {:.1} at worst", offsets.mean(), offsets.worst());
    assert!(offsets.ms.len() >= flashes, "{what}: {} flashes decoded, not {flashes}", offsets.ms.len());
    assert!(offsets.worst().abs() <= LIP_SYNC_MS, "{what}, decoded: {:?}", offsets.ms);
    assert!(file.film.index, "{what} cannot be sought in");
}

#[track_caller]
fn are_together(what: &str, kept: &Kept, at_least: usize) {
    let (anna, ben) = (kept.of_user("anna"), kept.of_user("ben"));
    let offsets = Offsets::of_two((&anna.film, anna.begins()), (&ben.film, ben.begins()));
    println!("{what}: legs {:.1} ms apart in the mean, {:.1} at worst", offsets.mean(), offsets.worst());
    assert!(offsets.ms.len() >= at_least, "{what}: {:?}", offsets.ms);
    assert!(offsets.worst().abs() <= TOGETHER_MS, "{what}: {:?}", offsets.ms);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lips_and_people_are_in_time_even_where_video_takes_a_quarter_of_a_second_longer() {
    let late = in_weather(Weather { video_late_by: Duration::from_millis(250), ..Weather::default() });
    let kept = record(Sending::flash_and_beep(), late, 10).await;
    is_in_time("a good network", kept.of_user("anna"), 8);
    is_in_time("video 250 ms late", kept.of_user("ben"), 8);
    are_together("video of one 250 ms late", &kept, 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lips_are_in_time_where_packets_get_lost_and_where_reports_come_late() {
    let loss = in_weather(Weather { loss_percent: 5, ..Weather::default() });
    let late = in_weather(Weather { first_report_after: Duration::from_secs(4), ..Weather::default() });
    let kept = record(Sending { video_bits_per_second: 500_000, ..loss }, late, 12).await;
    is_in_time("5 % of packets lost", kept.of_user("anna"), 8);
    is_in_time("no sender report for 4 s", kept.of_user("ben"), 8);
    are_together("one loses packets, one lacks reports", &kept, 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lips_are_in_time_after_pauses() {
    let pause = |of, after, lasts| {
        let (after, lasts) = (Duration::from_secs(after), Duration::from_secs(lasts));
        Sending { pause: Some(Pause { of, after, lasts }), ..Sending::flash_and_beep() }
    };
    let kept = record(pause(Paused::Sound, 5, 3), pause(Paused::Both, 5, 3), 15).await;
    is_in_time("sound paused for 3 s", kept.of_user("anna"), 9);
    is_in_time("everything paused for 3 s", kept.of_user("ben"), 9);
    are_together("pauses", &kept, 9);
    for user in ["anna", "ben"] {
        let film = &kept.of_user(user).film;
        assert!(film.end() > Duration::from_secs(12), "{user}'s file ends after {:?}", film.end());
    }
}
