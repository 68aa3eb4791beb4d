//! The database goes away and comes back.

use std::time::Duration;

use bedside::store::{Store, StoreError};
use bedside_protocol::ids::RoomId;
use tokio::{task::JoinSet, time::Instant};

use crate::support::*;

/// What is promised to whoever asks while the database is away.
const TOLD_WITHIN: Duration = Duration::from_secs(3);

/// Ask for many writes and reads at once: all are told that it is away, and in time.
async fn everybody_is_told(store: &Store, room: &RoomId) {
    let asked = Instant::now();
    let mut asks = JoinSet::new();
    for n in 0..200 {
        let (store, room) = (store.clone(), room.clone());
        asks.spawn(async move {
            let written = say(&store, &room, "anna", &format!("away{n}")).await;
            assert_eq!(written.unwrap_err(), StoreError::Unavailable);
        });
    }
    for _ in 0..40 {
        let (store, room) = (store.clone(), room.clone());
        asks.spawn(async move { assert_eq!(store.head(&room).await.unwrap_err(), StoreError::Unavailable) });
    }
    asks.join_all().await;
    assert!(asked.elapsed() < TOLD_WITHIN, "told after {:?}", asked.elapsed());
}

/// Ask again as long as the database is away, but not for ever.
async fn patiently<T>(ask: impl AsyncFn() -> Result<T, StoreError>) -> T {
    let began = Instant::now();
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => assert_eq!(error, StoreError::Unavailable),
        }
        assert!(began.elapsed() < Duration::from_secs(10), "the store does not come back by itself");
    }
}

/// After a few tries the store takes writes and reads, and nothing was lost or told out of order.
async fn all_is_well_again(store: &Store, room: &RoomId, bell: &Bell, acknowledged: usize) {
    patiently(|| say(store, room, "anna", "back")).await;
    let head = patiently(|| store.head(room)).await;
    assert!(head > acknowledged as u64);
    let told: Vec<u64> = bell.heard().iter().map(|row| row.seq).collect();
    assert_eq!(told, (1..=head).collect::<Vec<_>>(), "each row was told once, in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_the_database_is_told_and_survived() {
    let server = Postgres::start();
    let (store, bell) = Database::of(&server).open_with_bell().await;
    let room = room(&store, "a").await;
    // Under load, so that commits are interrupted.
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let (store, room) = (store.clone(), room.clone());
        writers.spawn(async move {
            let mut acknowledged = 0;
            while say(&store, &room, &format!("user{writer}"), &acknowledged.to_string()).await.is_ok() {
                acknowledged += 1;
            }
            acknowledged
        });
    }
    bell.hears(300).await;
    server.down();
    let acknowledged = writers.join_all().await.into_iter().sum();
    everybody_is_told(&store, &room).await;
    server.up();
    all_is_well_again(&store, &room, &bell, acknowledged).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_falls_silent_is_told_and_survived() {
    let server = Postgres::start();
    let (store, bell) = Database::of(&server).open_with_bell().await;
    let room = room(&store, "a").await;
    say(&store, &room, "anna", "before").await.unwrap();
    server.freeze();
    everybody_is_told(&store, &room).await;
    everybody_is_told(&store, &room).await;
    server.thaw();
    all_is_well_again(&store, &room, &bell, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_another_process_holds_is_told_and_survived() {
    let db = Database::sqlite();
    let (store, bell) = db.open_with_bell().await;
    let room = room(&store, "a").await;

    let other = sea_orm::Database::connect(format!("{}?mode=rw", db.url)).await.unwrap();
    let lock = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "BEGIN IMMEDIATE");
    sea_orm::ConnectionTrait::execute_raw(&other, lock).await.unwrap();
    let asked = Instant::now();
    assert_eq!(say(&store, &room, "anna", "1").await.unwrap_err(), StoreError::Unavailable);
    assert!(asked.elapsed() < TOLD_WITHIN);
    other.close().await.unwrap();
    all_is_well_again(&store, &room, &bell, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_whose_commit_was_not_heard_of_is_told_by_itself_and_is_its_retry() {
    let (db, network) = Database::behind_proxy().await;
    let (store, bell) = db.open_with_bell().await;
    let room = room(&store, "a").await;
    network.lose_the_answer_to_the_next_commit();
    assert_eq!(say(&store, &room, "anna", "1").await.unwrap_err(), StoreError::Unavailable);
    bell.hears(1).await;
    let retried = say(&store, &room, "anna", "1").await.unwrap();
    assert!(retried.duplicate && retried.row.seq == 1);
    assert_eq!(say(&store, &room, "anna", "2").await.unwrap().row.seq, 2);
    let told: Vec<u64> = bell.heard().iter().map(|row| row.seq).collect();
    assert_eq!(told, [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_the_network_has_forgotten_are_replaced() {
    let (db, network) = Database::behind_proxy().await;
    let (store, bell) = db.open_with_bell().await;
    let room = room(&store, "a").await;
    say(&store, &room, "anna", "1").await.unwrap();
    network.forget_connections();
    all_is_well_again(&store, &room, &bell, 1).await;
}

#[tokio::test]
async fn a_closed_store_takes_nothing() {
    let store = Database::sqlite().open().await;
    let room = room(&store, "a").await;
    store.close().await;
    assert_eq!(say(&store, &room, "anna", "1").await.unwrap_err(), StoreError::Unavailable);
    assert_eq!(store.head(&room).await.unwrap_err(), StoreError::Unavailable);
}
