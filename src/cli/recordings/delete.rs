//! Deleting a recording for good.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    process::ExitCode,
};

use bedside_protocol::ids::RecordingId;

use super::Archive;
use crate::{
    cli::{Failure, output::say},
    clock::Clock,
    domain::recording::kept::erasure,
    store::StoreError,
};

impl Archive {
    pub(super) async fn delete(&self, id: &RecordingId, yes: bool) -> Result<ExitCode, Failure> {
        let Some(recording) = self.store.recording(id).await? else {
            return Err(Failure::new(format!("there is no recording {id}")));
        };
        if recording.is_live() {
            return Err(Failure::new(format!("{id} goes on; its doctor stops it, or the end of the visit")));
        }
        if recording.deleted_at.is_none() {
            if !yes && !confirmed(id)? {
                return Err(Failure::new("nothing was deleted"));
            }
            let change = erasure(recording, None, Clock::system().now()).map_err(|error| {
                Failure::new(format!("the deletion could not be written: {}", error.into_refusal().message))
            })?;
            match self.store.change_recording(change).await {
                Err(StoreError::Ended) => return Err(Failure::new("its consultation is not there any more")),
                changed => changed.map(drop)?,
            }
        }
        // Without their key they are noise already. Asked again, what is left of them goes.
        self.vault.delete(id.as_str()).await?;
        say(format_args!("{id} is deleted"))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether whoever sits at the terminal means it.
fn confirmed(id: &RecordingId) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new("nobody can be asked here; --yes deletes without asking"));
    }
    write!(io::stderr(), "Delete {id} for good? Nothing brings it back. Write yes: ")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}
