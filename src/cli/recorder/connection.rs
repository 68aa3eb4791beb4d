//! One connection of a recorder: what the deck says goes out, in order, and what the server says comes in.

use bedside_peer::{
    Client,
    client::{NotHeard, Pending, Unanswered},
};
use bedside_protocol::{Ask as _, Refusal, recorder::RecorderFinished, session::SessionPing};
use bedside_recorder::{
    deck::Deck,
    signals::{Heard, Said, Signals},
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

use super::delivery::Deliverer;

/// Where an answer goes, as the deck waits for it.
type Waits = oneshot::Sender<Result<String, Refusal>>;

/// A connection at work. What is under way ends with it: the deck says it again on the next one.
pub(super) struct Connection {
    client: Client,
    deliverer: Deliverer,
    said: mpsc::Receiver<Said>,
    hear: mpsc::Sender<Heard>,
    under_way: JoinSet<Result<(), &'static str>>,
}

impl Connection {
    /// Connect a deck through this client.
    pub(super) async fn of(client: Client, deliverer: Deliverer, deck: &Deck) -> Self {
        let (signals, said, hear) = Signals::pair();
        deck.connect(signals).await;
        Self { client, deliverer, said, hear, under_way: JoinSet::new() }
    }

    /// Until the connection ends; says why it did.
    pub(super) async fn work(mut self) -> String {
        loop {
            tokio::select! {
                said = self.said.recv() => match said {
                    Some(said) => if let Err(error) = self.say(said).await {
                        return error.to_string();
                    },
                    None => return "the recorder has ended".to_owned(),
                },
                heard = self.client.next_heard() => match heard {
                    Ok(heard) => {
                        let heard = Heard { event: heard.name, data: heard.data.to_string() };
                        if is_for_deck(&heard.event) && self.hear.try_send(heard).is_err() {
                            return "the recorder does not keep up with the server".to_owned();
                        }
                    }
                    Err(NotHeard::TimedOut { .. }) => self.look_whether_it_lives(),
                    Err(error) => return error.to_string(),
                },
                Some(done) = self.under_way.join_next() => match done {
                    Ok(Ok(())) => {}
                    Ok(Err(why)) => return why.to_owned(),
                    Err(error) => tracing::error!(%error, "a word with the server came to a bad end"),
                },
            }
        }
    }

    /// A server that says nothing may have been cut off without a word.
    fn look_whether_it_lives(&mut self) {
        let client = self.client.clone();
        self.under_way.spawn(async move {
            client.ask(SessionPing {}).await.map(drop).map_err(|_unanswered| "the server is silent")
        });
    }

    async fn say(&mut self, said: Said) -> Result<(), Unanswered> {
        let Said { event, data, answer } = said;
        if event == RecorderFinished::NAME {
            self.finish(data, answer);
            return Ok(());
        }
        let pending = self.client.begin_ask(event, &data).await?;
        self.under_way.spawn(answered(pending, answer));
        Ok(())
    }

    /// The server hears that a recording is finished when it has its files; then they need not lie here.
    fn finish(&mut self, data: String, waits: Option<Waits>) {
        let (client, deliverer) = (self.client.clone(), self.deliverer.clone());
        self.under_way.spawn(async move {
            let finished: RecorderFinished = match serde_json::from_str(&data) {
                Ok(finished) => finished,
                Err(error) => {
                    tracing::error!(%error, "what the recorder has finished cannot be read");
                    return Ok(());
                }
            };
            let RecorderFinished { recording_id, files, .. } = finished;
            deliverer.bring(&recording_id, &files).await;
            let pending =
                client.begin_ask(RecorderFinished::NAME, &data).await.map_err(|_lost| "it broke")?;
            let answer = pending.answer().await;
            if answer.is_ok() {
                deliverer.clear(&recording_id, files).await;
            }
            pass_on(answer.map(|json| json.to_string()), waits)
        });
    }
}

/// What the server says to every session is not for the deck.
fn is_for_deck(event: &str) -> bool {
    event.starts_with("recorder:") || event.starts_with("webrtc:")
}

async fn answered(pending: Pending, waits: Option<Waits>) -> Result<(), &'static str> {
    pass_on(pending.answer().await.map(|json| json.to_string()), waits)
}

/// Give an answer to whoever waits for it. Where there is none, the connection is of no use any more.
fn pass_on(answer: Result<String, Unanswered>, waits: Option<Waits>) -> Result<(), &'static str> {
    let answer = match answer {
        Ok(json) => Ok(json),
        Err(Unanswered::Refused { event, refusal }) => {
            tracing::debug!(event, %refusal, "the server refused something");
            Err(refusal)
        }
        Err(Unanswered::Lost { .. }) => return Err("it broke"),
        Err(Unanswered::TimedOut { .. } | Unanswered::Garbled { .. }) => {
            return Err("the server does not answer");
        }
    };
    if let Some(waits) = waits
        && waits.send(answer).is_err()
    {
        tracing::debug!("nobody waits for an answer any more");
    }
    Ok(())
}
