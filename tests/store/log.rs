//! The room's log: its numbers, its keys, its pages.

use bedside::store::{End, Span, StoreError};
use bedside_protocol::ids::RoomId;
use tokio::task::JoinSet;

use crate::support::*;

both! {
    async fn sixty_four_writers_leave_no_hole_in_any_room(db: Database) {
        let (store, bell) = db.open_with_bell().await;
        let mut rooms = Vec::new();
        for name in ["a", "b", "c", "d", "e"] {
            rooms.push(room(&store, name).await);
        }
        let mut writers = JoinSet::new();
        for writer in 0..64 {
            let (store, rooms) = (store.clone(), rooms.clone());
            writers.spawn(async move {
                for n in 0..20 {
                    let room = &rooms[(writer + n) % rooms.len()];
                    say(&store, room, &format!("user{writer}"), &n.to_string()).await.unwrap();
                }
            });
        }
        writers.join_all().await;
        for room in &rooms {
            let told: Vec<u64> = bell.heard().iter().filter(|row| row.room == *room).map(|row| row.seq).collect();
            let last = store.head(room).await.unwrap();
            assert_eq!(last, 64 * 20 / 5);
            assert_eq!(told, (1..=last).collect::<Vec<_>>(), "the doorbell tells each row once and in order");
        }
    }

    async fn a_row_is_readable_when_it_is_acknowledged(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        let said = say(&store, &room, "anna", "k").await.unwrap();
        let span = Span { after: 0, before: None, from: End::Oldest };
        let page = store.events(&room, span, 100).await.unwrap();
        assert_eq!((page.rows.len(), page.more, page.last_seq), (1, false, 1));
        let row = &page.rows[0];
        assert_eq!((row.seq, &row.by, row.payload.get()), (1, &said.row.by, said.row.payload.get()));
        assert_eq!(row.at, start());
        let found = store.message(&room, row.message_id.as_ref().unwrap()).await.unwrap();
        assert_eq!(found.unwrap().seq, 1);
    }

    async fn a_retry_is_the_first_row_and_rings_nobody(db: Database) {
        let (store, bell) = db.open_with_bell().await;
        let room = room(&store, "a").await;
        let first = store.append(&room, message("anna", Some("k"), "one")).await.unwrap();
        let again = store.append(&room, message("anna", Some("k"), "two")).await.unwrap();
        assert!(!first.duplicate && again.duplicate);
        assert_eq!(again.row.payload.get(), r#"{"content":"one"}"#);
        assert_eq!(again.row.message_id, first.row.message_id);
        // Another's key, and no key, are other rows.
        assert_eq!(say(&store, &room, "ben", "k").await.unwrap().row.seq, 2);
        for seq in [3, 4] {
            assert_eq!(store.append(&room, message("ben", None, "x")).await.unwrap().row.seq, seq);
        }
        assert_eq!(bell.heard().len(), 4);
    }

    async fn retries_that_cross_in_one_batch_are_one_row(db: Database) {
        let (store, bell) = db.open_with_bell().await;
        let room = room(&store, "a").await;
        let mut asks = JoinSet::new();
        for _ in 0..50 {
            let (store, room) = (store.clone(), room.clone());
            asks.spawn(async move { say(&store, &room, "anna", "same").await.unwrap() });
        }
        let answers = asks.join_all().await;
        assert!(answers.iter().all(|answer| answer.row.seq == 1));
        assert_eq!(answers.iter().filter(|answer| !answer.duplicate).count(), 1);
        assert_eq!(bell.heard().len(), 1);
    }

    async fn a_room_that_does_not_exist_takes_nothing_and_hurts_no_other(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        let nowhere = RoomId::parse("nowhere").unwrap();
        let (bad, good) = tokio::join!(say(&store, &nowhere, "anna", "1"), say(&store, &room, "anna", "1"));
        assert_eq!(bad.unwrap_err(), StoreError::NotFound);
        assert_eq!(good.unwrap().row.seq, 1);
        assert_eq!(store.head(&nowhere).await.unwrap_err(), StoreError::NotFound);
    }
}
