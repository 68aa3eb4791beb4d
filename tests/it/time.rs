//! What happens by itself when time passes. The tests own the time.

use std::time::Duration;

use bedside::clock::Clock;
use bedside_peer::Client;
use bedside_protocol::{
    Code,
    chat::{ChatStopTypingHeard, ChatTyping},
    consultation::{ConsultationEnded, Status},
    presence::{Availability, PresenceChanged, PresenceSet, PresenceStatus, PresenceWatch},
    session::{Action, Role, SessionClosing, SessionExpiring, SessionHeartbeat, SessionPing, SessionRefresh},
    webrtc::{LeaveReason, WebrtcIceServersRenewed, WebrtcPeerAway, WebrtcPeerLeft},
};

use crate::harness::{Server, raw::FRAMINGS};

fn clock() -> Clock {
    Clock::test(Clock::system().now())
}

const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_token_that_expires_is_announced_and_then_ends_the_session() {
    for framing in FRAMINGS {
        let clock = clock();
        let server = Server::at(clock.clone(), &[]).await;
        let ben = server.enter("ben", server.connect("ben", Role::Patient).framing(framing)).await;
        ben.hears_nothing_of::<SessionExpiring>().await.unwrap();

        clock.advance(59 * MINUTE);
        ben.hears::<SessionExpiring>().await.unwrap();
        ben.ask(SessionPing {}).await.unwrap();
        clock.advance(MINUTE);

        let closing = ben.hears::<SessionClosing>().await.unwrap();
        assert_eq!((closing.code, closing.action), (4401, Action::RefreshToken), "{framing:?}");
        assert_eq!(ben.closed().await.code, Some(4401));
        // The leeway is for clocks that differ.
        clock.advance(MINUTE);
        assert_eq!(ben.resume().await.unwrap_err().code(), Some(Code::TokenExpired));
    }
}

#[tokio::test]
async fn a_newer_token_keeps_the_session_and_somebody_elses_does_not() {
    for framing in FRAMINGS {
        let clock = clock();
        let server = Server::at(clock.clone(), &[]).await;
        let ben = server.enter("ben", server.connect("ben", Role::Patient).framing(framing)).await;
        clock.advance(59 * MINUTE);
        ben.hears::<SessionExpiring>().await.unwrap();

        for wrong in [Server::token("carl", Role::Patient), Server::token("ben", Role::Doctor)] {
            let refused = ben.ask(SessionRefresh { token: wrong.into() }).await.unwrap_err();
            assert_eq!(refused.code(), Some(Code::TokenInvalid));
        }
        let newer = Server::token_for("ben", Role::Patient, 2 * HOUR);
        ben.ask(SessionRefresh { token: newer.into() }).await.unwrap();
        clock.advance(2 * MINUTE);

        ben.hears::<SessionHeartbeat>().await.unwrap();
        ben.hears_nothing_of::<SessionClosing>().await.unwrap();
    }
}

#[tokio::test]
async fn a_heartbeat_tells_the_head_of_every_joined_room() {
    for framing in FRAMINGS {
        let clock = clock();
        let server = Server::at(clock.clone(), &[]).await;
        let room = server.visit("anna", "ben").await;
        let other = server.visit("anna", "carl").await;
        let anna = server.enter("anna", server.connect("anna", Role::Doctor).framing(framing)).await;
        for room in [&room, &other] {
            anna.join_chat(room).await;
        }
        for _ in 0..3 {
            anna.say(&room, "hello").await;
        }
        anna.hears_nothing_of::<SessionHeartbeat>().await.unwrap();

        // The first round only notes when the first heartbeat is due.
        let beat = loop {
            clock.advance(MINUTE);
            let beat = tokio::time::timeout(Duration::from_secs(1), anna.hears::<SessionHeartbeat>()).await;
            if let Ok(beat) = beat {
                break beat.unwrap();
            }
        };

        let heads: Vec<_> = beat.rooms.into_iter().collect();
        let mut expected = vec![(room, 3), (other, 0)];
        expected.sort();
        assert_eq!(heads, expected, "{framing:?}");
    }
}

#[tokio::test]
async fn who_stays_away_for_too_long_has_left() {
    for framing in FRAMINGS {
        let clock = clock();
        let server = Server::at(clock.clone(), &[]).await;
        let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
        let anna = server.doctor("anna").await;
        let ben = server.enter("ben", server.connect("ben", Role::Patient).framing(framing)).await;
        anna.join_call(&room).await;
        ben.join_call(&room).await;
        ben.drop_connection().await;
        anna.hears::<WebrtcPeerAway>().await.unwrap();

        clock.advance(Duration::from_secs(119));
        anna.hears_nothing_of::<WebrtcPeerLeft>().await.unwrap();
        clock.advance(Duration::from_secs(2));

        assert_eq!(anna.hears::<WebrtcPeerLeft>().await.unwrap().reason, LeaveReason::TimedOut);
        assert!(!ben.resume().await.unwrap(), "{framing:?}");
    }
}

#[tokio::test]
async fn credentials_are_renewed_before_they_end() {
    let clock = clock();
    let turn =
        [("turn.urls", "turn:turn.example.org:3478"), ("turn.secret", "a secret of the TURN server's, long")];
    let server = Server::at(clock.clone(), &turn).await;
    let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
    let ben = server.patient("ben").await;
    let joined = serde_json::to_value(ben.join_call(&room).await).unwrap();
    let first = joined["iceServers"][0]["username"].as_str().unwrap().to_owned();

    clock.advance(Duration::from_secs(2_699));
    ben.hears_nothing_of::<WebrtcIceServersRenewed>().await.unwrap();
    clock.advance(Duration::from_secs(2));

    let renewed = serde_json::to_value(ben.hears::<WebrtcIceServersRenewed>().await.unwrap()).unwrap();
    assert_ne!(renewed["iceServers"][0]["username"].as_str().unwrap(), first);
    assert!(renewed["expiresAt"].as_str() > joined["iceExpiresAt"].as_str());
}

#[tokio::test]
async fn typing_ends_when_nobody_says_so() {
    let clock = clock();
    let server = Server::at(clock.clone(), &[]).await;
    let room = server.visit("anna", "ben").await;
    let (anna, ben) = (server.doctor("anna").await, server.patient("ben").await);
    anna.join_chat(&room).await;
    ben.join_chat(&room).await;
    ben.ask(ChatTyping { room_id: room.clone() }).await.unwrap();
    anna.hears_nothing_of::<ChatStopTypingHeard>().await.unwrap();

    clock.advance(Duration::from_secs(6));

    assert_eq!(anna.hears::<ChatStopTypingHeard>().await.unwrap().user_id, ben.user);
}

#[tokio::test]
async fn a_visit_that_everybody_has_left_ends_as_abandoned() {
    let clock = clock();
    let server = Server::at(clock.clone(), &[("visit.abandoned_after_min", "10")]).await;
    let (anna, ben, room) = server.call().await;
    anna.join_chat(&room).await;
    for peer in [&anna, &ben] {
        let leave = bedside_protocol::webrtc::WebrtcLeaveRoom { room_id: room.clone() };
        peer.ask(leave).await.unwrap();
    }

    clock.advance(9 * MINUTE);
    anna.hears_nothing_of::<ConsultationEnded>().await.unwrap();
    clock.advance(2 * MINUTE);

    let ended = anna.hears::<ConsultationEnded>().await.unwrap();
    assert_eq!((ended.reason.unwrap().as_str(), ended.by), ("abandoned", None));
    assert_eq!(anna.join_chat(&room).await.room.unwrap().status, Status::Completed);
}

#[tokio::test]
async fn presence_is_told_to_who_watches() {
    let server = Server::start().await;
    let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
    let ben = server.patient("ben").await;
    let watch = PresenceWatch { user_ids: None, role: Some(Role::Doctor) };
    assert!(ben.ask(watch).await.unwrap().users.is_empty());
    let told = async || {
        let changed = ben.hears::<PresenceChanged>().await.unwrap();
        assert_eq!(changed.user_id.as_str(), "anna");
        changed.status
    };

    let anna = server.plain("anna", Role::Doctor).await;
    assert_eq!(told().await, PresenceStatus::Available);
    anna.ask(PresenceSet { status: Availability::Busy }).await.unwrap();
    assert_eq!(told().await, PresenceStatus::Busy);
    anna.join_call(&room).await;
    assert_eq!(told().await, PresenceStatus::InConsultation);
    anna.ask(bedside_protocol::webrtc::WebrtcLeaveRoom { room_id: room.clone() }).await.unwrap();
    assert_eq!(told().await, PresenceStatus::Busy);
    anna.close().await;
    assert_eq!(told().await, PresenceStatus::Offline);
    ben.hears_nothing_of::<PresenceChanged>().await.unwrap();
}

#[tokio::test]
async fn a_patient_watches_doctors_and_nobody_else() {
    let server = Server::start().await;
    let (ben, _carl) = (server.patient("ben").await, server.patient("carl").await);
    let watch =
        PresenceWatch { user_ids: Some(vec![crate::harness::user_id("carl")]), role: Some(Role::Patient) };
    assert!(ben.ask(watch).await.unwrap().users.is_empty());
    let _dora = server.patient("dora").await;
    ben.hears_nothing_of::<PresenceChanged>().await.unwrap();
}

#[tokio::test]
async fn a_token_that_has_expired_or_is_not_good_yet_lets_nobody_in() {
    for framing in FRAMINGS {
        let clock = clock();
        let server = Server::at(clock.clone(), &[]).await;
        let connect = server.connect("ben", Role::Patient).framing(framing);
        clock.advance(2 * HOUR);
        let refused = Client::connect(connect).await.unwrap_err();
        assert_eq!(refused.code(), Some(Code::TokenExpired), "{framing:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_let_in_within_the_leeway_is_good_until_the_leeway_ends() {
    for framing in FRAMINGS {
        let clock = clock();
        let server = Server::at(clock.clone(), &[]).await;
        let connect = server.connect("ben", Role::Patient).framing(framing);
        clock.advance(HOUR + Duration::from_secs(10));

        let ben = server.enter("ben", connect).await;

        let expiring = ben.hears::<SessionExpiring>().await.unwrap();
        assert!(expiring.expires_at.time() > clock.now(), "{framing:?}");
        ben.ask(SessionPing {}).await.unwrap();
        clock.advance(Duration::from_secs(21));
        assert_eq!(ben.hears::<SessionClosing>().await.unwrap().code, 4401, "{framing:?}");
        assert_eq!(ben.resume().await.unwrap_err().code(), Some(Code::TokenExpired));
    }
}
