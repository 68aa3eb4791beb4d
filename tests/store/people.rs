//! Receipts, people, invitations, and requests that are asked twice.

use bedside::store::{
    Acceptance, Accepted, Act, Begun, Change, Guard, Invitation, Mark, Marked, Reached, RequestKey, Seen,
    Store, StoreError,
};
use bedside_protocol::{ids::RoomId, session::Role, text::Name};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;

use crate::support::*;

async fn mark(
    store: &Store,
    room: &RoomId,
    id: &str,
    reached: Reached,
    seq: u64,
) -> Result<Marked, StoreError> {
    store.mark(Mark { room: room.clone(), user: user(id), reached, seq, at: start() }).await
}

fn seen(id: &str, name: Option<&str>, role: Role, at: DateTime<Utc>) -> Seen {
    Seen { id: user(id), name: name.map(|name| Name::parse(name).unwrap()), role, at }
}

fn invitation(room: &RoomId, secret: &str) -> Invitation {
    Invitation {
        id: format!("invitation-{secret}"),
        room: room.clone(),
        user: user("guest:1"),
        role: Role::Guest,
        name: Some(Name::parse("Ida, interpreter").unwrap()),
        token_hash: secret.to_owned(),
        device_hash: None,
        accepted_at: None,
        expires_at: start() + TimeDelta::hours(1),
        created_by: user("anna"),
        created_at: start(),
    }
}

async fn accept(
    store: &Store,
    secret: &str,
    device: &str,
    at: DateTime<Utc>,
) -> Result<Accepted, StoreError> {
    store.accept(Acceptance { token_hash: secret.to_owned(), device_hash: device.to_owned(), at }).await
}

both! {
    async fn receipts_only_grow_and_never_beyond_the_log(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        for key in ["1", "2", "3"] {
            say(&store, &room, "anna", key).await.unwrap();
        }
        let moved = |delivered, seen| Ok(Marked { delivered, seen });
        assert_eq!(mark(&store, &room, "ben", Reached::Delivered, 2).await, moved(Some(2), None));
        assert_eq!(mark(&store, &room, "ben", Reached::Delivered, 1).await, moved(None, None));
        assert_eq!(mark(&store, &room, "ben", Reached::Seen, 1).await, moved(None, Some(1)));
        assert_eq!(mark(&store, &room, "ben", Reached::Seen, 99).await, moved(Some(3), Some(3)));
        let ben = store.members(&room).await.unwrap().into_iter().find(|part| part.user_id == user("ben")).unwrap();
        assert_eq!((ben.delivered_seq, ben.seen_seq, ben.seen_at), (3, 3, Some(start())));
    }

    async fn receipts_that_come_together_keep_the_farthest(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        for key in 0..20 {
            say(&store, &room, "anna", &key.to_string()).await.unwrap();
        }
        let mut marks = JoinSet::new();
        for n in 0..60_u64 {
            let (store, room) = (store.clone(), room.clone());
            let who = if n % 2 == 0 { "anna" } else { "ben" };
            marks.spawn(async move { mark(&store, &room, who, Reached::Seen, n % 21).await.unwrap() });
        }
        marks.join_all().await;
        for part in store.members(&room).await.unwrap() {
            assert_eq!((part.delivered_seq, part.seen_seq), (20, 20));
        }
    }

    async fn who_has_no_part_in_a_room_marks_nothing(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        let out = Change {
            room: room.clone(),
            at: start(),
            guard: Guard::Open,
            expected_version: None,
            acts: vec![Act::Remove(user("ben"))],
            events: vec![],
        };
        store.change(out).await.unwrap();
        for who in ["ben", "carl"] {
            assert_eq!(mark(&store, &room, who, Reached::Seen, 1).await, Err(StoreError::NotFound));
        }
    }

    async fn a_person_is_as_their_last_token_said(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        let later = start() + TimeDelta::minutes(5);
        store.seen(seen("ben", Some("Ben"), Role::Patient, start())).await.unwrap();
        store.seen(seen("ben", None, Role::Staff, later)).await.unwrap();
        let ben = store.person(&user("ben")).await.unwrap().unwrap();
        assert_eq!((ben.name.as_ref().map(Name::as_str), ben.role), (Some("Ben"), Role::Staff));
        assert_eq!((ben.first_seen_at, ben.last_seen_at), (start(), later));
        let members = store.members(&room).await.unwrap();
        assert!(members.iter().any(|part| part.name == ben.name), "a participant without a name has the person's");
        // So soon, and nothing new: not written.
        store.seen(seen("ben", Some("Ben"), Role::Staff, later + TimeDelta::seconds(59))).await.unwrap();
        assert_eq!(store.person(&user("ben")).await.unwrap().unwrap().last_seen_at, later);
        store.seen(seen("ben", Some("Ben Brown"), Role::Staff, later + TimeDelta::seconds(59))).await.unwrap();
        let renamed = store.person(&user("ben")).await.unwrap().unwrap();
        assert_eq!(renamed.name.as_ref().map(Name::as_str), Some("Ben Brown"));
        assert_eq!(store.person(&user("nobody")).await.unwrap(), None);
    }

    async fn people_of_a_role_come_in_pages(db: Database) {
        let store = db.open().await;
        for id in ["d1", "d2", "d3"] {
            store.seen(seen(id, None, Role::Doctor, start())).await.unwrap();
        }
        store.seen(seen("p1", None, Role::Patient, start())).await.unwrap();
        let first = store.people(Role::Doctor, None, 2).await.unwrap();
        assert_eq!(first.iter().map(|person| person.id.as_str()).collect::<Vec<_>>(), ["d1", "d2"]);
        let second = store.people(Role::Doctor, Some(&first[1].id), 2).await.unwrap();
        assert_eq!(second.iter().map(|person| person.id.as_str()).collect::<Vec<_>>(), ["d3"]);
    }

    async fn the_first_device_keeps_an_invitation(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        store.invite(invitation(&room, "s")).await.unwrap();
        let mut devices = JoinSet::new();
        for device in 0..8 {
            let store = store.clone();
            devices.spawn(async move { accept(&store, "s", &format!("device{device}"), start()).await.unwrap() });
        }
        let answers = devices.join_all().await;
        let winners: Vec<_> = answers.iter().filter(|answer| **answer != Accepted::Anothers).collect();
        let [Accepted::Yours(won)] = winners[..] else { panic!("{winners:?}") };
        let device = won.device_hash.clone().unwrap();
        assert_eq!((won.user.as_str(), won.accepted_at), ("guest:1", Some(start())));
        let again = accept(&store, "s", &device, start() + TimeDelta::minutes(1)).await.unwrap();
        assert_eq!(again, Accepted::Yours(won.clone()));
        assert_eq!(accept(&store, "other", "x", start()).await.unwrap_err(), StoreError::NotFound);
    }

    async fn an_invitation_ends_by_time_and_with_its_visit(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        store.invite(invitation(&room, "s")).await.unwrap();
        let late = start() + TimeDelta::hours(1);
        assert_eq!(accept(&store, "s", "x", late).await.unwrap(), Accepted::Expired);
        assert!(matches!(accept(&store, "s", "x", start()).await.unwrap(), Accepted::Yours(_)));
        store.end_invitations(&room, Some(&user("somebody else")), start()).await.unwrap();
        assert!(matches!(accept(&store, "s", "x", start()).await.unwrap(), Accepted::Yours(_)));
        store.end_invitations(&room, None, start()).await.unwrap();
        assert_eq!(accept(&store, "s", "x", start()).await.unwrap(), Accepted::Expired);
        let nowhere = RoomId::parse("nowhere").unwrap();
        assert_eq!(store.invite(invitation(&nowhere, "t")).await.unwrap_err(), StoreError::NotFound);
    }

    async fn a_request_under_a_key_is_done_once(db: Database) {
        let store = db.open().await;
        let key = |key: &str| RequestKey { actor: user("anna"), key: key.to_owned() };
        let begin = async |name: &str, hash: &str, at| store.begin(key(name), hash.to_owned(), at).await.unwrap();
        assert_eq!(begin("k", "h", start()).await, Begun::Fresh);
        assert_eq!(begin("k", "h", start()).await, Begun::Running);
        store.finish(key("k"), 201, "{}".to_owned()).await.unwrap();
        let answered = Begun::Answered { status: 201, body: "{}".to_owned() };
        assert_eq!(begin("k", "h", start() + TimeDelta::hours(23)).await, answered);
        assert_eq!(begin("k", "other", start()).await, Begun::Other);
        assert_eq!(begin("k", "other", start() + TimeDelta::hours(24)).await, Begun::Fresh);
        // One that came to nothing, one whose server died, one that is swept.
        store.forget(key("k")).await.unwrap();
        assert_eq!(begin("k", "h", start()).await, Begun::Fresh);
        assert_eq!(begin("k", "h", start() + TimeDelta::seconds(60)).await, Begun::Fresh);
        store.sweep(start() + TimeDelta::hours(25)).await.unwrap();
        assert_eq!(store.finish(key("k"), 200, String::new()).await.unwrap_err(), StoreError::NotFound);
    }
}
