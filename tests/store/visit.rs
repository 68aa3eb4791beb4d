//! Visits: making, finding and changing them.

use bedside::store::{
    Act, Admission, Amendment, Change, Changed, Filter, Guard, NewEvent, Store, StoreError, Visit,
};
use bedside_protocol::{
    consultation::{IcePolicy, RecordingPolicy, Status},
    ids::RoomId,
    session::Role,
    text::{Name, Reason},
};
use chrono::TimeDelta;

use crate::support::*;

/// A change that asks for nothing but that the room is open.
fn change(room: &RoomId, acts: Vec<Act>, events: Vec<NewEvent>) -> Change {
    Change { room: room.clone(), at: start(), guard: Guard::Open, expected_version: None, acts, events }
}

async fn does(store: &Store, room: &RoomId, act: Act) -> Result<Changed, StoreError> {
    store.change(change(room, vec![act], vec![])).await
}

fn moves(from: &'static [Status], to: Status) -> Act {
    Act::Move { from, to, reason: None }
}

fn admits(id: &str, from: &'static [Admission], to: Admission) -> Act {
    Act::Admit { user: user(id), from, to }
}

fn part<'a>(visit: &'a Visit, id: &str) -> &'a bedside::store::Participant {
    visit.participants.iter().find(|part| part.user_id == user(id)).unwrap()
}

both! {
    async fn a_visit_is_found_as_it_was_made(db: Database) {
        let store = db.open().await;
        let mut new = visit("a");
        new.reason = Some(Reason::parse("a cough").unwrap());
        new.scheduled_at = Some(start() + TimeDelta::hours(3));
        new.recording_policy = RecordingPolicy::OnRequest;
        new.ice_policy = IcePolicy::Relay;
        new.participants[1].name = Some(Name::parse("Ben B.").unwrap());
        let made = store.create(new.clone()).await.unwrap();
        assert_eq!(store.visit(&new.id).await.unwrap().unwrap(), made);
        let it = &made.consultation;
        assert_eq!((it.status, it.version, it.waiting_room), (Status::Scheduled, 1, true));
        assert_eq!((&it.reason, it.scheduled_at, it.created_at), (&new.reason, new.scheduled_at, start()));
        assert_eq!((it.recording_policy, it.ice_policy), (RecordingPolicy::OnRequest, IcePolicy::Relay));
        assert_eq!(part(&made, "ben").name, Some(Name::parse("Ben B.").unwrap()));
        assert_eq!(part(&made, "anna").admission, Admission::Admitted);
        assert_eq!(store.members(&new.id).await.unwrap(), made.participants);
        assert_eq!(store.create(new).await.unwrap_err(), StoreError::Conflict { version: 1 });
        assert_eq!(store.visit(&RoomId::parse("b").unwrap()).await.unwrap(), None);
    }

    async fn a_visit_runs_its_course_with_a_row_for_each_step(db: Database) {
        let (store, bell) = db.open_with_bell().await;
        let room = room(&store, "a").await;
        let waits = vec![
            moves(&[Status::Scheduled], Status::Waiting),
            admits("ben", &[Admission::Unasked], Admission::Waiting),
        ];
        let waiting = store.change(change(&room, waits, vec![])).await.unwrap().visit;
        assert_eq!((waiting.consultation.status, waiting.consultation.version), (Status::Waiting, 2));
        assert_eq!(part(&waiting, "ben").waiting_since, Some(start()));

        let admitted = vec![admits("ben", &[Admission::Waiting], Admission::Admitted)];
        let admitted = store.change(change(&room, admitted, vec![fact("admitted")])).await.unwrap();
        let ben = part(&admitted.visit, "ben");
        assert_eq!((ben.admission, ben.admitted_seq, ben.waiting_since), (Admission::Admitted, Some(1), None));

        let starts = moves(&[Status::Scheduled, Status::Waiting], Status::InProgress);
        let started = store.change(change(&room, vec![starts], vec![fact("started")])).await.unwrap().visit;
        assert_eq!(started.consultation.started_at, Some(start()));
        assert_eq!(store.live().await.unwrap(), vec![started]);

        let mut ends = change(&room, vec![moves(&[Status::InProgress], Status::Completed)], vec![fact("ended")]);
        ends.at = start() + TimeDelta::minutes(20);
        let ended = store.change(ends).await.unwrap().visit.consultation;
        assert_eq!((ended.status, ended.ended_at), (Status::Completed, Some(start() + TimeDelta::minutes(20))));
        assert_eq!(store.live().await.unwrap(), vec![]);
        let told: Vec<(u64, String)> = bell.heard().iter().map(|row| (row.seq, row.kind.to_string())).collect();
        assert_eq!(told, [(1, "admitted".into()), (2, "started".into()), (3, "ended".into())]);
    }

    async fn an_ended_room_takes_no_message_until_it_is_reopened(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        say(&store, &room, "anna", "before").await.unwrap();
        does(&store, &room, moves(&[Status::Scheduled], Status::Cancelled)).await.unwrap();
        assert_eq!(say(&store, &room, "anna", "after").await.unwrap_err(), StoreError::Ended);
        assert!(say(&store, &room, "anna", "before").await.unwrap().duplicate, "a retry gets its first answer");
        let act = admits("ben", &[Admission::Unasked], Admission::Waiting);
        assert_eq!(does(&store, &room, act).await.unwrap_err(), StoreError::Ended);
        store.append(&room, fact("consent")).await.unwrap();
        let mut reopens = change(&room, vec![moves(&[Status::Cancelled], Status::Scheduled)], vec![]);
        reopens.guard = Guard::Exists;
        assert_eq!(store.change(reopens).await.unwrap().visit.consultation.ended_at, None);
        assert_eq!(say(&store, &room, "anna", "after").await.unwrap().row.seq, 3);
    }

    async fn a_change_of_a_stale_version_or_from_elsewhere_changes_nothing(db: Database) {
        let (store, bell) = db.open_with_bell().await;
        let room = room(&store, "a").await;
        let before = store.visit(&room).await.unwrap();
        let conflict = StoreError::Conflict { version: 1 };
        let mut stale = change(&room, vec![moves(&[Status::Scheduled], Status::Cancelled)], vec![fact("cancelled")]);
        stale.expected_version = Some(7);
        assert_eq!(store.change(stale).await.unwrap_err(), conflict);
        let second_fails = vec![
            moves(&[Status::Scheduled], Status::Waiting),
            moves(&[Status::InProgress], Status::Completed),
        ];
        let refused = store.change(change(&room, second_fails, vec![fact("ended")])).await;
        assert_eq!(refused.unwrap_err(), conflict);
        assert_eq!(store.visit(&room).await.unwrap(), before);
        assert_eq!((store.head(&room).await.unwrap(), bell.heard().len()), (0, 0));
        assert_eq!(say(&store, &room, "anna", "1").await.unwrap().row.seq, 1, "no number was lost");
    }

    async fn of_two_changes_that_saw_the_same_version_one_wins(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        let ask = || {
            let mut ask = change(&room, vec![moves(&[Status::Scheduled], Status::NoShow)], vec![]);
            (ask.expected_version, ask.guard) = (Some(1), Guard::Exists);
            store.change(ask)
        };
        let (one, other) = tokio::join!(ask(), ask());
        assert_eq!(one.is_ok(), other.is_err());
        let lost = one.err().or(other.err()).unwrap();
        assert_eq!(lost, StoreError::Conflict { version: 2 });
    }

    async fn people_come_go_and_come_back(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        say(&store, &room, "anna", "1").await.unwrap();
        let carl = participant("carl", Role::Guest, Admission::Unasked);
        let added = store.change(change(&room, vec![Act::Add(carl.clone())], vec![fact("added")])).await.unwrap();
        assert_eq!(added.visit.participants.len(), 3);
        let again = does(&store, &room, Act::Add(carl.clone())).await;
        assert_eq!(again.unwrap_err(), StoreError::Conflict { version: 2 });
        does(&store, &room, admits("carl", &[Admission::Unasked], Admission::Admitted)).await.unwrap();
        let held = does(&store, &room, admits("carl", &[Admission::Admitted], Admission::Held)).await.unwrap();
        assert_eq!(part(&held.visit, "carl").admitted_seq, Some(2), "what they may read stays theirs");
        let removed = store.change(change(&room, vec![Act::Remove(user("carl"))], vec![fact("removed")])).await;
        let carls = part(&removed.unwrap().visit, "carl").clone();
        assert_eq!((carls.removed_at, carls.removed_seq), (Some(start()), Some(3)));
        for act in [Act::Remove(user("carl")), admits("carl", &[Admission::Unasked], Admission::Admitted)] {
            assert_eq!(does(&store, &room, act).await.unwrap_err(), StoreError::NotFound);
        }
        let back = does(&store, &room, Act::Add(carl)).await.unwrap();
        assert_eq!(part(&back.visit, "carl").removed_at, None);
        assert_eq!(back.visit.participants.len(), 3);
    }

    async fn terms_change_where_they_are_named(db: Database) {
        let store = db.open().await;
        let room = room(&store, "a").await;
        let later = start() + TimeDelta::days(2);
        let amendment = Amendment {
            reason: Some(Some(Reason::parse("a rash").unwrap())),
            scheduled_at: Some(Some(later)),
            ice_policy: Some(IcePolicy::Relay),
            ..Amendment::default()
        };
        let it = does(&store, &room, Act::Amend(amendment)).await.unwrap().visit.consultation;
        assert_eq!((it.scheduled_at, it.ice_policy, it.waiting_room), (Some(later), IcePolicy::Relay, true));
        let nothing = Amendment { reason: Some(None), ..Amendment::default() };
        let it = does(&store, &room, Act::Amend(nothing)).await.unwrap().visit.consultation;
        assert_eq!((it.reason, it.scheduled_at, it.version), (None, Some(later), 3));
    }

    async fn a_list_is_newest_first_and_whole_over_its_pages(db: Database) {
        let store = db.open().await;
        for n in 0..7_i32 {
            let mut new = visit(&format!("v{n}"));
            new.at = start() + TimeDelta::hours((n / 2).into());
            if n == 6 {
                new.patient_id = user("carl");
                new.participants[1] = participant("carl", Role::Patient, Admission::Unasked);
            }
            store.create(new).await.unwrap();
        }
        let ids = |visits: &[Visit]| -> Vec<String> {
            visits.iter().map(|visit| visit.consultation.id.to_string()).collect()
        };
        let mut filter = Filter { user: Some(user("ben")), limit: 4, ..Filter::default() };
        let first = store.list(filter.clone()).await.unwrap();
        assert_eq!(ids(&first.visits), ["v5", "v4", "v3", "v2"]);
        assert_eq!(first.visits[0].participants.len(), 2);
        filter.cursor = Some(first.next.unwrap().to_string().parse().unwrap());
        let second = store.list(filter).await.unwrap();
        assert_eq!((ids(&second.visits), second.next), (vec!["v1".to_owned(), "v0".to_owned()], None));

        let hour = start() + TimeDelta::hours(1);
        let slot = Filter { from: Some(hour), to: Some(hour + TimeDelta::hours(1)), limit: 9, ..Filter::default() };
        assert_eq!(ids(&store.list(slot).await.unwrap().visits), ["v3", "v2"]);
        does(&store, &RoomId::parse("v0").unwrap(), moves(&[Status::Scheduled], Status::Cancelled)).await.unwrap();
        let ended = Filter { status: vec![Status::Cancelled, Status::NoShow], limit: 9, ..Filter::default() };
        assert_eq!(ids(&store.list(ended).await.unwrap().visits), ["v0"]);
    }
}
