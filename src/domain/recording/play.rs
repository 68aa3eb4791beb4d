//! Playing a recording: which of its files, opened, for whom, and until when.

use bedside_protocol::{Code, Refusal, ids::RecordingId};

use crate::{
    auth::{Identity, Ticket},
    domain::Clinic,
    error::Result,
    model::actor::Actor,
    store,
    vault::Playing,
};

impl Clinic {
    /// A ticket with which a browser plays a recording, for somebody who may.
    pub async fn ticket_to_play(&self, identity: &Identity, id: &RecordingId) -> Result<Ticket> {
        self.recording_to_play(&identity.clone().into(), id).await?;
        Ok(Ticket::make(&self.key, id, identity, self.clock.now()))
    }

    /// Who shows this ticket for this recording.
    pub async fn identify_ticket(
        &self,
        ticket: &str,
        id: &RecordingId,
    ) -> std::result::Result<Identity, Refusal> {
        let identity = Ticket::read(&self.key, ticket, id, self.clock.now());
        self.still_logged_in(identity.ok_or(Code::TokenInvalid)?).await
    }

    /// A file of a recording, open for reading, for somebody who may play it. Without a part: the first of the leg.
    pub async fn play_recording(
        &self,
        actor: &Actor,
        id: &RecordingId,
        leg: &str,
        part: Option<u32>,
    ) -> Result<(store::RecordingFile, Playing)> {
        let playable = self.playable(actor, id).await?;
        let mut files = playable.files.into_iter();
        let file = files.find(|file| file.leg == leg && part.is_none_or(|part| file.part == part));
        let (file, key) = file.zip(playable.recording.key).ok_or(Code::NotFound)?;
        let key = self.recording_data_key(id, &key)?;
        let playing = self.vault.play(id.as_str(), &file.file, &key).await?;
        Ok((file, playing))
    }

    /// Whether somebody may play it still.
    pub async fn still_plays(&self, actor: &Actor, id: &RecordingId) -> Result<()> {
        self.recording_to_play(actor, id).await.map(drop)
    }
}
