//! Letting an assistant into a consultation: the doctor does, and its patient agrees or does not. Both are rows of the
//! log, and what was written before the patient agreed never goes out.

use std::{collections::BTreeMap, sync::Arc};

use bedside_protocol::{
    Code, Refusal,
    assistant::{
        AssistantAnswered, AssistantConsent, AssistantConsentRequested, AssistantDisable, AssistantEnable,
        AssistantInRoom, AssistantUse,
    },
    ids::{AssistantId, RoomId, UserId},
    recording::Decision,
    room::Fact,
    text::Name,
};
use ring::digest::{SHA256, digest};

use super::Assistant;
use crate::{
    config,
    data::hexadecimal,
    domain::{Access, Clinic},
    error::Result,
    hub::{Encoded, Session},
    model::{
        actor::Actor,
        part::{self, Part},
        visit::Visit,
    },
    store::{Guard, Use, UseChange},
};

/// Bedside's own words, by language. `{name}` answers at `{host}`.
const WORDS: [(&str, &str); 4] = [
    (
        "en",
        "Your doctor would like to use the assistant “{name}” in this visit. It is a machine, and may be wrong. If you \
         agree, what is written in this chat from now on is sent to {host}, which writes the answers. You can take this \
         back at any time; then nothing more is sent.",
    ),
    (
        "es",
        "Su médica o médico quiere usar el asistente «{name}» en esta visita. Es una máquina y puede equivocarse. Si \
         acepta, lo que se escriba en este chat a partir de ahora se envía a {host}, que escribe las respuestas. Puede \
         retirarlo en cualquier momento; entonces no se envía nada más.",
    ),
    (
        "ar",
        "يودّ طبيبك استخدام المساعد «{name}» في هذه الزيارة. هو آلة وقد يخطئ. إذا وافقت، يُرسَل ما يُكتب في هذه المحادثة من \
         الآن فصاعدًا إلى {host}، وهو الذي يكتب الإجابات. يمكنك التراجع في أي وقت، وعندها لا يُرسَل أي شيء آخر.",
    ),
    (
        "de",
        "Ihre Ärztin oder Ihr Arzt möchte in diesem Gespräch den Assistenten „{name}“ verwenden. Er ist eine Maschine und \
         kann irren. Wenn Sie zustimmen, wird von jetzt an an {host} gesendet, was in diesem Chat geschrieben wird; von \
         dort kommen die Antworten. Sie können das jederzeit zurücknehmen; dann wird nichts mehr gesendet.",
    ),
];
/// How much of a text's hash tells its versions apart, in characters.
const VERSION_CHARACTERS: usize = 12;

/// What a patient agrees to.
#[derive(Debug, Clone)]
pub(super) struct ConsentText {
    texts: BTreeMap<String, String>,
    version: String,
}

impl ConsentText {
    pub(super) fn new(settings: &config::Assistant, host: &str) -> Self {
        let names = &settings.name.0;
        let name = |language: &str| {
            let name = names.get(language).or_else(|| names.get("en")).or_else(|| names.values().next());
            name.map_or(settings.id.as_str(), String::as_str)
        };
        let own = || {
            let said = |(language, words): (&str, &str)| {
                let text = words.replace("{name}", name(language)).replace("{host}", host);
                (language.to_owned(), text)
            };
            WORDS.map(said).into()
        };
        let texts: BTreeMap<String, String> =
            if settings.consent_text.0.is_empty() { own() } else { settings.consent_text.0.clone() };
        // The host is part of what is agreed to, whoever wrote the text.
        let all =
            texts.iter().fold(host.to_owned(), |all, (language, text)| format!("{all}\n{language}\n{text}"));
        let hash = hexadecimal(digest(&SHA256, all.as_bytes()).as_ref());
        Self { version: hash.chars().take(VERSION_CHARACTERS).collect(), texts }
    }
}

impl Clinic {
    /// Let an assistant into a consultation, once its patient agrees. They are asked, again if need be.
    pub async fn enable_assistant(&self, actor: &Actor, ask: AssistantEnable) -> Result<AssistantAnswered> {
        let AssistantEnable { room_id, assistant_id } = ask;
        let Access { visit, part, .. } = self.access(actor, &room_id).await?;
        part.may_admit()?;
        let assistant = self.for_consultation(&assistant_id)?;
        part::open(&visit)?;
        let known = self.use_of(&room_id, &assistant_id).await?;
        let state = known.as_ref().map_or(AssistantUse::Off, |known| known.state);
        let after = match (state, known) {
            (AssistantUse::AwaitingConsent | AssistantUse::On, Some(known)) => known,
            (AssistantUse::Off | AssistantUse::Refused, _) | (_, None) => {
                let to = AssistantUse::AwaitingConsent;
                let from = &[AssistantUse::Off, AssistantUse::Refused];
                let events = vec![self.use_fact(Some(actor), &assistant_id, to)?];
                let (guard, at) = (Guard::Open, self.clock.now());
                let (room, assistant, requested_by) =
                    (room_id.clone(), assistant_id, Some(actor.user_id.clone()));
                let change = UseChange { room, assistant, from, to, requested_by, events, guard, at };
                self.store.change_use(change).await?
            }
        };
        if after.state == AssistantUse::AwaitingConsent {
            let event = consent_request(assistant, &visit, &after.requested_by);
            self.hub.tell_user(&visit.patient_id, &Encoded::new(&event));
        }
        Ok(answered(assistant, after.state))
    }

    /// Let an assistant be asked no longer. What it is writing ends.
    pub async fn disable_assistant(&self, actor: &Actor, ask: AssistantDisable) -> Result<AssistantAnswered> {
        let AssistantDisable { room_id, assistant_id } = ask;
        let Access { part, .. } = self.access(actor, &room_id).await?;
        part.may_admit()?;
        let assistant = self.for_consultation(&assistant_id)?;
        if self.use_of(&room_id, &assistant_id).await?.is_some_and(|known| known.state != AssistantUse::Off) {
            let to = AssistantUse::Off;
            let from = &[AssistantUse::AwaitingConsent, AssistantUse::On, AssistantUse::Refused];
            let events = vec![self.use_fact(Some(actor), &assistant_id, to)?];
            let (guard, at) = (Guard::Exists, self.clock.now());
            let (room, requested_by) = (room_id.clone(), Some(actor.user_id.clone()));
            let change = UseChange {
                room,
                assistant: assistant_id.clone(),
                from,
                to,
                requested_by,
                events,
                guard,
                at,
            };
            self.store.change_use(change).await?;
        }
        self.assistants.end_in(&room_id, Some(&assistant_id));
        Ok(answered(assistant, AssistantUse::Off))
    }

    /// The patient agrees, or does not, or no longer; then what is being written ends.
    pub async fn consent_to_assistant(
        &self,
        actor: &Actor,
        ask: AssistantConsent,
    ) -> Result<AssistantAnswered> {
        let AssistantConsent { room_id, assistant_id, decision, text_version } = ask;
        let Access { visit, part, .. } = self.access(actor, &room_id).await?;
        if actor.user_id != visit.patient_id || !matches!(part, Part::Patient(_) | Part::FormerPatient(_)) {
            return Err(Code::Forbidden.into());
        }
        let assistant = self.for_consultation(&assistant_id)?;
        let known = self.use_of(&room_id, &assistant_id).await?;
        let Some(known) = known.filter(|known| known.state != AssistantUse::Off) else {
            return Err(Refusal::new(Code::Conflict, "nobody has asked for this").into());
        };
        if decision == Decision::Given && matches!(part, Part::FormerPatient(_)) {
            return Err(Code::Forbidden.into());
        }
        if decision == Decision::Given && text_version != assistant.consent.version {
            return Err(Refusal::new(Code::Conflict, "the text has changed: read it again").into());
        }
        let (to, guard) = match decision {
            Decision::Given => (AssistantUse::On, Guard::Open),
            Decision::Refused | Decision::Withdrawn => (AssistantUse::Refused, Guard::Exists),
        };
        if known.state != to {
            let consent =
                Fact::AssistantConsent { assistant_id: assistant_id.clone(), decision, text_version };
            let events = vec![self.fact(Some(actor), &consent)?, self.use_fact(None, &assistant_id, to)?];
            let from = &[AssistantUse::AwaitingConsent, AssistantUse::On, AssistantUse::Refused];
            let (room, at) = (room_id.clone(), self.clock.now());
            let change = UseChange {
                room,
                assistant: assistant_id.clone(),
                from,
                to,
                requested_by: None,
                events,
                guard,
                at,
            };
            self.store.change_use(change).await?;
        }
        if to == AssistantUse::Refused {
            self.assistants.end_in(&room_id, Some(&assistant_id));
        }
        Ok(answered(assistant, to))
    }

    /// The assistants of a consultation, as those see them who are in its chat. Its patient is asked what they have yet
    /// to answer.
    pub(crate) async fn assistants_in(
        &self,
        session: &Arc<Session>,
        visit: &Visit,
    ) -> Result<Vec<AssistantInRoom>> {
        if self.assistants.for_consultations().next().is_none() {
            return Ok(Vec::new());
        }
        let uses = self.store.uses(&visit.id).await?;
        let mut all = Vec::new();
        for assistant in self.assistants.for_consultations() {
            let known = uses.iter().find(|known| known.assistant == assistant.settings.id);
            let state = known.map_or(AssistantUse::Off, |known| known.state);
            if let Some(known) = known
                && state == AssistantUse::AwaitingConsent
                && session.actor.user_id == visit.patient_id
            {
                session.tell(&Encoded::new(&consent_request(assistant, visit, &known.requested_by)));
            }
            all.push(answered(assistant, state).assistant);
        }
        Ok(all)
    }

    async fn use_of(&self, room: &RoomId, assistant: &AssistantId) -> Result<Option<Use>> {
        Ok(self.store.uses(room).await?.into_iter().find(|known| known.assistant == *assistant))
    }

    fn use_fact(
        &self,
        by: Option<&Actor>,
        assistant: &AssistantId,
        state: AssistantUse,
    ) -> Result<crate::store::NewEvent> {
        self.fact(by, &Fact::Assistant { assistant_id: assistant.clone(), state })
    }
}

fn answered(assistant: &Assistant, state: AssistantUse) -> AssistantAnswered {
    let (assistant_id, host) = (assistant.settings.id.clone(), assistant.host.clone());
    AssistantAnswered { assistant: AssistantInRoom { assistant_id, state, host } }
}

fn consent_request(assistant: &Assistant, visit: &Visit, requested_by: &UserId) -> AssistantConsentRequested {
    let requested_by_name: Option<Name> = visit.place(requested_by).and_then(|place| place.name.clone());
    AssistantConsentRequested {
        room_id: visit.id.clone(),
        assistant_id: assistant.settings.id.clone(),
        name: assistant.settings.name.0.clone(),
        host: assistant.host.clone(),
        requested_by: requested_by.clone(),
        requested_by_name,
        texts: assistant.consent.texts.clone(),
        text_version: assistant.consent.version.clone(),
    }
}
