//! One side of a visit: the doctor or the patient, with what they do in the chat and on the wire.

use std::time::Duration;

use bedside_protocol::{
    ServerPayload,
    chat::{
        ChatDelivered, ChatHistory, ChatJoinRoom, ChatMarkDelivered, ChatMarkSeen, ChatMessage, ChatPage,
        ChatSeen, ChatSendMessage, ChatTyping, ChatTypingHeard,
    },
    ids::{InstanceId, RoomId, UserId},
    text::ChatText,
    webrtc::{WebrtcPeerAway, WebrtcPeerBack},
};

use super::{Cause, ensure};
use crate::{
    call::{Call, CallOptions},
    client::{Client, Connect},
};

/// What must arrive on each side while one has no connection to the server: a fifth of a second's worth.
const AUDIO_WHILE_AWAY: u64 = 10;
const VIDEO_WHILE_AWAY: u64 = 3;

/// The longest silence that counts as media going on: far more than a call should show, and less than it takes
/// for ICE to notice that a path is gone, since the machine may be busy with many visits.
const LONGEST_GAP: Duration = Duration::from_secs(4);

/// Other events that may come before the one that is waited for.
const MAX_OTHERS: usize = 256;

pub(super) struct Side {
    pub(super) client: Client,
    pub(super) user: UserId,
    pub(super) room: RoomId,
}

impl Side {
    pub(super) async fn connect(connect: Connect, room: &RoomId) -> Result<Self, Cause> {
        let instance_id = match connect.instance_id.clone() {
            Some(instance_id) => instance_id,
            None => InstanceId::parse(&format!("{:032x}", rand::random::<u128>()))?,
        };
        let client = Client::connect(connect.instance(instance_id)).await?;
        let ready = client.ready().ok_or("connected without session:ready")?;
        ensure(!ready.resumed, || "a new session says that it was resumed".to_owned())?;
        Ok(Self { client, user: ready.user.id, room: room.clone() })
    }

    /// Enter the chat; says how far its log has come.
    pub(super) async fn enter_chat(&self) -> Result<u64, Cause> {
        let joined = self.client.ask(ChatJoinRoom { room_id: self.room.clone(), after_seq: None }).await?;
        let room = joined.room.as_ref().map(|consultation| &consultation.id);
        ensure(room == Some(&self.room), || format!("joined another room: {room:?}"))?;
        ensure(joined.complete, || "the newest page says that something is missing".to_owned())?;
        let online = joined.members.iter().any(|member| member.user_id == self.user && member.online);
        ensure(online, || "not a member of the room that was just joined".to_owned())?;
        Ok(joined.last_seq)
    }

    /// Read the log of the chat from its beginning.
    pub(super) async fn read_chat(&self) -> Result<ChatPage, Cause> {
        let room_id = self.room.clone();
        let whole = ChatHistory { room_id, before_seq: None, after_seq: Some(0), limit: None };
        Ok(self.client.ask(whole).await?)
    }

    pub(super) async fn join_call(&self, options: CallOptions) -> Result<Call, Cause> {
        Ok(Call::join(&self.client, &self.room, options).await?)
    }

    /// Write a message; says how everyone shall hear it.
    pub(super) async fn say(&self, text: &str) -> Result<ChatMessage, Cause> {
        let content = ChatText::parse(text)?;
        let message = ChatSendMessage {
            room_id: self.room.clone(),
            client_message_id: None,
            content,
            attachment_ids: Vec::new(),
            reply_to: None,
        };
        let sent = self.client.ask(message).await?;
        ensure(!sent.duplicate, || "a new message counts as a duplicate".to_owned())?;
        ensure(sent.message.sender_id == self.user, || "a message of ours is somebody else's".to_owned())?;
        Ok(sent.message)
    }

    /// Hear this very message.
    pub(super) async fn hears(&self, message: &ChatMessage) -> Result<(), Cause> {
        let heard = self.hears_of(|heard: &ChatMessage| heard.id == message.id).await?;
        ensure(heard == *message, || "a message is heard otherwise than it was sent".to_owned())
    }

    /// Write to the other, who sees it coming, hears it, and says so.
    pub(super) async fn tells(&self, other: &Self, text: &str) -> Result<(), Cause> {
        self.client.tell(ChatTyping { room_id: self.room.clone() }).await?;
        let typing = other.client.hears::<ChatTypingHeard>().await?;
        ensure(typing.user_id == self.user, || format!("{} is typing, not {}", typing.user_id, self.user))?;

        let message = self.say(text).await?;
        other.hears(&message).await?;

        let (room_id, seq) = (self.room.clone(), message.seq);
        other.client.ask(ChatMarkDelivered { room_id: room_id.clone(), seq }).await?;
        self.hears_of(|delivered: &ChatDelivered| {
            delivered.user_id == other.user && delivered.up_to_seq == seq
        })
        .await?;
        other.client.ask(ChatMarkSeen { room_id, seq }).await?;
        self.hears_of(|seen: &ChatSeen| seen.user_id == other.user && seen.up_to_seq == seq).await?;
        Ok(())
    }

    /// Hear the event that is `wanted`, after any others of its kind: our own receipts come back to us too.
    async fn hears_of<P: ServerPayload>(&self, wanted: impl Fn(&P) -> bool) -> Result<P, Cause> {
        for _ in 0..MAX_OTHERS {
            let heard = self.client.hears::<P>().await?;
            if wanted(&heard) {
                return Ok(heard);
            }
        }
        Err(format!("{MAX_OTHERS} other {} came before the one that was waited for", P::NAME).into())
    }

    /// Lose the connection in the call and come back: the other is told, what was said meanwhile is heard,
    /// and media goes on all the time.
    pub(super) async fn comes_back(&self, call: &Call, other: &Self, others: &Call) -> Result<(), Cause> {
        self.client.drop_connection().await;
        let away = other.client.hears::<WebrtcPeerAway>().await?;
        ensure(away.peer_id == call.peer_id(), || format!("{} is away, not us", away.peer_id))?;
        let message = other.say("Are you still there?").await?;
        let (mark, others_mark) = (call.mark(), others.mark());
        tokio::try_join!(
            call.flows(&mark, AUDIO_WHILE_AWAY, VIDEO_WHILE_AWAY, LONGEST_GAP),
            others.flows(&others_mark, AUDIO_WHILE_AWAY, VIDEO_WHILE_AWAY, LONGEST_GAP),
        )?;

        let resumed = self.client.resume().await?;
        ensure(resumed, || "the session could not be resumed".to_owned())?;
        self.hears(&message).await?;
        let back = other.client.hears::<WebrtcPeerBack>().await?;
        ensure(back.peer_id == call.peer_id(), || format!("{} is back, not us", back.peer_id))?;
        for received in [call.received(), others.received()] {
            let gap = received.longest_audio_gap.max(received.longest_video_gap);
            ensure(gap < LONGEST_GAP, || format!("no media for {gap:?} while a side reconnected"))?;
        }
        Ok(())
    }
}
