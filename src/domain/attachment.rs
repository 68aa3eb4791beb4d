//! Files of a room: they come in sealed, are named by a message, and go with it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bedside_protocol::{
    Code, Refusal,
    chat::{self, ChatMessage, MessageKind},
    ids::{AttachmentId, RoomId},
    text::Name,
};
use bedside_seal::{DataKey, Label, Wrapped, Writer};
use chrono::TimeDelta;
use ring::digest::{Context, SHA256};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::Clinic,
    error::{Error, Result},
    model::{
        actor::Actor,
        media_type::{self, Unfit},
        part,
    },
    store::{Attachment, Reserved},
    vault::Playing,
};

/// What the one file of an attachment is called in the vault.
pub const FILE: &str = "file";
/// Plain bytes of a chunk: small enough to be opened for a small range, large enough that its 37 bytes do not matter.
const CHUNK: usize = 64 * 1024;
/// Files that come in at once: as much as a disk takes well, and each holds a chunk in memory.
const UPLOADS: usize = 32;
/// When to try again where there are as many, in milliseconds.
const TRY_AGAIN_MS: u64 = 2_000;
/// How often files are looked for that are to go.
const SWEEP: Duration = Duration::from_mins(10);
/// The most files of one message.
pub const MAX_FILES: usize = 10;

/// What a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A visit.
    Consultation,
    /// Somebody's conversation with an assistant, which is not given the files of it.
    Conversation,
}

/// A message names files that it may not.
pub(crate) fn not_files_of_theirs() -> Refusal {
    Refusal::malformed("attachmentIds", "files that you brought here, and that no other message names")
}

/// What all attachments of a clinic share.
pub(crate) struct Attachments {
    uploads: Arc<Semaphore>,
    /// Rung when files were erased whose bytes are still there.
    erased: Notify,
}

impl Default for Attachments {
    fn default() -> Self {
        Self { uploads: Arc::new(Semaphore::new(UPLOADS)), erased: Notify::new() }
    }
}

/// A file that is coming in. Dropped, it leaves nothing behind.
pub struct Incoming {
    arrived: Arrived,
    writer: Option<Box<Writer>>,
    waiting: Vec<u8>,
    head: Vec<u8>,
    digest: Context,
    limit: u64,
    _place: OwnedSemaphorePermit,
}

/// A file that has come in whole and lies sealed on this machine.
pub struct Arrived {
    id: AttachmentId,
    wrapped: Wrapped,
    path: SealedPath,
    /// What it is called.
    pub name: Name,
    /// What it is.
    pub content_type: &'static str,
    /// How large it is.
    pub bytes: u64,
}

/// A file on its way, which goes when nobody wants it any more.
struct SealedPath(PathBuf);

impl Drop for SealedPath {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a file that came in could not be deleted");
        }
    }
}

/// Why a file that came in is not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// What it is.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The storage, or a limit.
    #[error(transparent)]
    Other(#[from] Error),
}

impl Clinic {
    /// Whether somebody may bring files into a room, and there is room for them.
    pub async fn may_attach(&self, actor: &Actor, room: &RoomId, kind: Kind) -> Result<()> {
        match kind {
            Kind::Conversation => drop(self.own_conversation(actor, room).await?),
            Kind::Consultation => {
                let access = self.access(actor, room).await?;
                access.part.may_chat()?;
                part::open(&access.visit)?;
            }
        }
        Ok(self.vault.make_sure_of_room(self.largest_attachment())?)
    }

    /// How many bytes a file has at the most.
    pub fn largest_attachment(&self) -> u64 {
        self.storage.attachment_mb << 20
    }

    /// Take a file in.
    pub async fn receive(&self, name: Name) -> Result<Incoming> {
        let place = Arc::clone(&self.attachments.uploads).try_acquire_owned().map_err(|_all_taken| {
            Refusal::new(Code::Overloaded, "as many files come in as may at once")
                .retry_after_ms(TRY_AGAIN_MS)
        })?;
        let id = AttachmentId::new();
        let (key, wrapped) = self.vault.new_key(id.as_str())?;
        let path = SealedPath(self.vault.incoming().join(id.as_str()));
        let (place_of, label) = (path.0.clone(), Label::new(id.as_str(), FILE));
        let writer = blocking(move || Writer::create(&place_of, &key, &label, None)).await?;
        Ok(Incoming {
            arrived: Arrived { id, wrapped, path, name, content_type: "", bytes: 0 },
            writer: Some(Box::new(writer)),
            waiting: Vec::with_capacity(CHUNK),
            head: Vec::new(),
            digest: Context::new(&SHA256),
            limit: self.largest_attachment(),
            _place: place,
        })
    }

    /// Keep a file that has come in for a room, until a message names it.
    pub async fn keep_attachment(
        &self,
        actor: &Actor,
        room: &RoomId,
        kind: Kind,
        arrived: Arrived,
    ) -> Result<chat::Attachment> {
        // While it came in they may have been removed, or the visit may have ended.
        self.may_attach(actor, room, kind).await?;
        let Arrived { id, wrapped, path, name, content_type, bytes } = arrived;
        let file = Attachment {
            id: id.clone(),
            room: room.clone(),
            by: actor.user_id.clone(),
            name: name.clone(),
            content_type: content_type.to_owned(),
            bytes,
            key: Some(wrapped),
            message_seq: None,
            uploaded_at: self.clock.now(),
        };
        let quota = self.storage.attachments_per_visit_mb << 20;
        if self.store.reserve_attachment(file, quota).await? == Reserved::Full {
            return Err(Refusal::new(Code::StorageFull, "the room has as many files as it may").into());
        }
        let kept = async {
            self.vault.put(id.as_str(), FILE, &path.0).await?;
            Ok::<_, Error>(self.store.attachment_stored(&id, self.clock.now()).await?)
        };
        if let Err(error) = kept.await {
            // Nothing partial stays: if this fails, too, the sweep finds it.
            if let Err(error) = self.delete_attachment(&id).await {
                tracing::warn!(%error, attachment.id = %id, "what is left of an upload could not be deleted yet");
            }
            return Err(error);
        }
        metrics::counter!("bedside_attachments_total").increment(1);
        Ok(chat::Attachment { id, name, content_type: content_type.to_owned(), bytes })
    }

    /// A file, for somebody who may open it.
    pub async fn attachment(&self, actor: &Actor, id: &AttachmentId) -> Result<Attachment> {
        let file = self.store.attachment(id).await?.ok_or(Code::NotFound)?;
        match self.access(actor, &file.room).await {
            Ok(access) => access.part.may_open(file.message_seq, file.by == actor.user_id)?,
            Err(Error::Refused(Refusal { code: Code::NotFound, .. })) => {
                drop(self.own_conversation(actor, &file.room).await?);
            }
            Err(error) => return Err(error),
        }
        Ok(file)
    }

    /// Open a file's bytes.
    pub async fn open_attachment(&self, file: &Attachment) -> Result<Playing> {
        let key = file.key.as_ref().ok_or(Code::NotFound)?;
        let key: DataKey = self.vault.open_key(file.id.as_str(), key)?;
        Ok(self.vault.play(file.id.as_str(), FILE, &key).await?)
    }

    /// A message with the files that it names, as it says them.
    pub(crate) async fn with_files(&self, message: ChatMessage, ids: &[AttachmentId]) -> Result<ChatMessage> {
        if ids.is_empty() {
            return Ok(message);
        }
        if ids.len() > MAX_FILES {
            let most = format!("a message has {MAX_FILES} files at the most");
            return Err(Refusal::malformed("attachmentIds", most).into());
        }
        let files = self.store.attachments(ids).await?;
        let said = |file: Attachment| chat::Attachment {
            id: file.id,
            name: file.name,
            content_type: file.content_type,
            bytes: file.bytes,
        };
        let attachments = files.into_iter().map(said).collect();
        Ok(ChatMessage { kind: MessageKind::File, attachments, ..message })
    }

    /// Files were erased; what is left of them is to go.
    pub(crate) fn sweep_soon(&self) {
        self.attachments.erased.notify_one();
    }

    /// Delete what nobody may open any more, until the server stops.
    pub async fn keep_files(self: Arc<Self>, stop: CancellationToken) {
        let mut tick = tokio::time::interval(SWEEP);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = tick.tick() => {}
                () = self.attachments.erased.notified() => {}
            }
            if let Err(error) = self.sweep_attachments().await {
                tracing::warn!(%error, "files that are to go could not be deleted yet");
            }
        }
    }

    /// Delete the files of messages that were taken back, and those that no message named in time.
    pub async fn sweep_attachments(&self) -> Result<()> {
        let now = self.clock.now();
        let unused =
            TimeDelta::hours(i64::try_from(self.storage.unused_after_hours).unwrap_or(i64::MAX / 3_600_000));
        loop {
            let ids = self.store.sweep_attachments(now - unused, now).await?;
            if ids.is_empty() {
                return Ok(());
            }
            for id in &ids {
                self.delete_attachment(id).await?;
            }
        }
    }

    async fn delete_attachment(&self, id: &AttachmentId) -> Result<()> {
        self.vault.delete(id.as_str()).await?;
        Ok(self.store.forget_attachment(id).await?)
    }
}

impl Incoming {
    /// Some more of it.
    pub async fn take(&mut self, bytes: &[u8]) -> Result<()> {
        self.arrived.bytes += bytes.len() as u64;
        if self.arrived.bytes > self.limit {
            return Err(Code::TooLarge.into());
        }
        self.digest.update(bytes);
        let head = media_type::HEAD_BYTES - self.head.len();
        self.head.extend_from_slice(bytes.get(..head).unwrap_or(bytes));
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK { self.write().await } else { Ok(()) }
    }

    /// What waits goes to the disk, a chunk after the other.
    async fn write(&mut self) -> Result<()> {
        let Some(mut writer) = self.writer.take() else { return Err(Error::fault("a file has no writer")) };
        let waiting = std::mem::take(&mut self.waiting);
        let (writer, rest) = blocking(move || {
            let chunks = waiting.chunks_exact(CHUNK);
            let rest = chunks.remainder().to_vec();
            for chunk in chunks {
                writer.append(chunk)?;
            }
            Ok((writer, rest))
        })
        .await?;
        self.writer = Some(writer);
        self.waiting = rest;
        Ok(())
    }

    /// All of it has come. Gives a digest of it, too.
    pub async fn finish(
        mut self,
        declared: Option<&str>,
    ) -> std::result::Result<(Arrived, Vec<u8>), NotTaken> {
        self.arrived.content_type = media_type::judge(&self.head, declared)?;
        self.write().await?;
        let (writer, rest) = (self.writer.take(), std::mem::take(&mut self.waiting));
        let Some(mut writer) = writer else { return Err(Error::fault("a file has no writer").into()) };
        blocking(move || {
            writer.append(&rest)?;
            writer.finish()
        })
        .await?;
        Ok((self.arrived, self.digest.finish().as_ref().to_vec()))
    }
}

/// Disks make threads wait, and threads of sockets must not.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::result::Result<T, bedside_seal::Error> + Send + 'static,
) -> Result<T> {
    let done =
        tokio::task::spawn_blocking(work).await.map_err(|_panic| Error::fault("writing a file panicked"))?;
    Ok(done.map_err(crate::vault::VaultError::from)?)
}
