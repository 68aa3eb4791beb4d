//! The room's log: its numbers, its keys, its pages.

use bedside::store::{End, PageSize, Redaction, Span, StoreError};
use bedside_protocol::ids::{MessageId, RoomId};
use serde_json::value::to_raw_value;
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

    async fn rows_are_told_of_and_answered_also_when_their_courier_has_gone(db: Database) {
        let (store, bell) = db.open_with_bell().await;
        let room = room(&store, "a").await;
        let mut courier = Box::pin(store.carry());
        tokio::select! {
            () = &mut courier => panic!("the courier has gone by itself"),
            said = say(&store, &room, "anna", "1") => assert_eq!(said.unwrap().row.seq, 1),
        }
        assert_eq!(bell.heard().len(), 1, "the bell rings before the answer");
        // A second one has nothing to do.
        store.carry().await;
        drop(courier);
        for seq in [2, 3] {
            assert_eq!(say(&store, &room, "anna", &seq.to_string()).await.unwrap().row.seq, seq);
        }
        assert_eq!(bell.heard().iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 2, 3]);
    }

    async fn a_row_is_readable_when_it_is_acknowledged(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        let said = say(&store, &room, "anna", "k").await.unwrap();
        let span = Span { after: 0, before: None, from: End::Oldest };
        let page = store.events(&room, span, PageSize::default()).await.unwrap();
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

    async fn a_page_ends_at_its_rows_and_says_whether_there_are_more(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        for n in 1..=130 {
            store.append(&room, message("anna", None, &n.to_string())).await.unwrap();
        }
        let page = async |after, before, from, limit| {
            let page = store.events(&room, Span { after, before, from }, PageSize { rows: limit, ..PageSize::default() }).await.unwrap();
            let seqs: Vec<u64> = page.rows.iter().map(|row| row.seq).collect();
            assert!(seqs.is_sorted(), "oldest first");
            assert_eq!(page.last_seq, 130);
            (seqs.first().copied(), seqs.last().copied(), page.more)
        };
        assert_eq!(page(0, None, End::Newest, 20).await, (Some(111), Some(130), true));
        assert_eq!(page(0, Some(111), End::Newest, 1_000).await, (Some(11), Some(110), true));
        assert_eq!(page(0, Some(11), End::Newest, 20).await, (Some(1), Some(10), false));
        assert_eq!(page(10, None, End::Oldest, 100).await, (Some(11), Some(110), true));
        assert_eq!(page(110, None, End::Oldest, 100).await, (Some(111), Some(130), false));
        assert_eq!(page(130, None, End::Oldest, 100).await, (None, None, false));
        // Somebody who was admitted at 120 sees nothing of before.
        assert_eq!(page(120, Some(125), End::Newest, 100).await, (Some(121), Some(124), false));
    }

    async fn a_page_ends_at_its_bytes_but_has_a_row(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        for kib in [100, 100, 100, 300] {
            store.append(&room, message("anna", None, &"x".repeat(kib * 1024))).await.unwrap();
        }
        let seqs = async |after| {
            let page = store.events(&room, Span { after, before: None, from: End::Oldest }, PageSize::default()).await.unwrap();
            (page.rows.iter().map(|row| row.seq).collect::<Vec<_>>(), page.more)
        };
        assert_eq!(seqs(0).await, (vec![1, 2], true));
        assert_eq!(seqs(2).await, (vec![3], true));
        assert_eq!(seqs(3).await, (vec![4], false));
    }

    async fn a_redacted_message_is_overwritten_and_a_row_says_so_once(db: Database) {
        let (store, bell) = db.open_with_bell().await;
        let room = room(&store, "a").await;
        let secret = store.append(&room, message("ben", Some("k"), "MARKER-7261")).await.unwrap().row;
        say(&store, &room, "anna", "2").await.unwrap();
        let redact = async |message: MessageId| {
            let blanked = to_raw_value(&serde_json::json!({ "content": null })).unwrap().into();
            store.redact(Redaction { room: room.clone(), message, blanked, event: fact("redaction") }).await
        };
        let id = secret.message_id.clone().unwrap();
        assert_eq!(redact(id.clone()).await.unwrap().seq, 3);
        assert_eq!(redact(id.clone()).await.unwrap().seq, 3, "a second time is the first");
        assert_eq!(redact(MessageId::new()).await.unwrap_err(), StoreError::NotFound);
        let stored = store.message(&room, &id).await.unwrap().unwrap();
        assert_eq!((stored.payload.get(), stored.redacted_seq), (r#"{"content":null}"#, Some(3)));
        let retried = say(&store, &room, "ben", "k").await.unwrap();
        assert_eq!((retried.duplicate, retried.row.payload.get()), (true, r#"{"content":null}"#));
        assert_eq!(bell.heard().iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(store.head(&room).await.unwrap(), 3);
    }

    async fn names_and_texts_of_any_script_come_back_as_they_were(db: Database) {
        let store = db.open().await;
        let room = room(&store, "Größe/房间 1").await;
        let text = "नमस्ते 👩‍⚕️ \"quoted\" \\ \u{202e}right to left' OR 1=1 --";
        let said = store.append(&room, message("用户", Some("ключ"), text)).await.unwrap().row;
        let stored = store.message(&room, said.message_id.as_ref().unwrap()).await.unwrap().unwrap();
        assert_eq!((stored.payload.get(), &stored.by, &stored.client_key), (said.payload.get(), &said.by, &said.client_key));
        assert!(say(&store, &room, "用户", "ключ").await.unwrap().duplicate);
        assert!(!format!("{stored:?}").contains("quoted"), "debug shows no content");
    }
}
