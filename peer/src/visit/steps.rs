//! The steps of a visit, in order.

use std::time::Duration;

use bedside_protocol::{
    Code,
    consultation::{
        ConsultationAdmit, ConsultationAdmitted, ConsultationEnd, ConsultationEnded, ConsultationStarted,
        ConsultationWaiting, Status,
    },
    ids::RecordingId,
    room::Fact,
};

use super::{Cause, Log, Shortfall, Visit, ensure, recorded, side::Side};
use crate::call::{Call, CallOptions, Network, NotIn, Progress, Received, Sending};

/// Opus packets that a side sends in a second.
const AUDIO_PACKETS_PER_SECOND: u64 = 50;
/// Pictures that a side sends in a second.
const PICTURES_PER_SECOND: u64 = 15;
/// What may be lost on the way, in percent, before media counts as fallen short.
const MAX_LOSS_PERCENT: u64 = 10;
/// How much longer than itself a stretch of media may take.
const MEDIA_PATIENCE: Duration = Duration::from_secs(10);

/// Doctor and patient, both in the call.
struct Meeting {
    doctor: Side,
    patient: Side,
    at_doctor: Call,
    at_patient: Call,
}

/// What doctor and patient received, and what was recorded.
type Held = ((Received, Received), Option<RecordingId>);

pub(super) async fn hold(visit: Visit, log: &mut Log) -> Result<Held, Shortfall> {
    let (media, record) = (visit.media, visit.record);
    let Meeting { doctor, patient, at_doctor, at_patient } = meet(visit, log).await?;
    log.step("first picture", async {
        tokio::try_join!(at_doctor.sees(MEDIA_PATIENCE), at_patient.sees(MEDIA_PATIENCE))?;
        Ok(())
    })
    .await?;
    log.step("media both ways", flow(&at_doctor, &at_patient, media)).await?;
    log.step("chat both ways", async {
        doctor.tells(&patient, "How are you today?").await?;
        patient.tells(&doctor, "A little better, thank you.").await
    })
    .await?;
    let recording = if record {
        let recording = recorded::record((&doctor, &at_doctor), (&patient, &at_patient), media, log);
        Some(Box::pin(recording).await?)
    } else {
        None
    };
    log.step("patient reconnects", patient.comes_back(&at_patient, &doctor, &at_doctor)).await?;
    log.step("doctor reconnects", doctor.comes_back(&at_doctor, &patient, &at_patient)).await?;
    log.step("catch up", catch_up(&doctor, &patient)).await?;
    let received = (at_doctor.received(), at_patient.received());
    log.step("end", end(&doctor, &patient)).await?;
    log.step("hang up", async {
        tokio::join!(at_doctor.hang_up(), at_patient.hang_up());
        tokio::join!(doctor.client.close(), patient.client.close());
        Ok(())
    })
    .await?;
    Ok((received, recording))
}

/// Everything until media can flow.
async fn meet(visit: Visit, log: &mut Log) -> Result<Meeting, Shortfall> {
    let Visit { room, doctor, patient, network, record, .. } = visit;
    let sending = if record { Sending::flash_and_beep() } else { Sending::default() };
    let options = CallOptions { sending, ..CallOptions::on(network) };
    let (doctor, patient) = log
        .step("connect", async {
            let (doctor, patient) = (Side::connect(doctor, &room), Side::connect(patient, &room));
            tokio::try_join!(Box::pin(doctor), Box::pin(patient))
        })
        .await?;
    log.step("join chat", async { tokio::try_join!(doctor.enter_chat(), patient.enter_chat()) }).await?;
    log.step("wait", wait(&doctor, &patient, options)).await?;
    log.step("admit", admit(&doctor, &patient)).await?;
    let (at_doctor, at_patient) = log.step("join call", join(&doctor, &patient, options)).await?;
    let progress = log
        .step("connect media", async {
            let (progress, _) = tokio::try_join!(at_patient.connected(), at_doctor.connected())?;
            Ok(progress)
        })
        .await?;
    if let Progress { offered: Some(offered), answered: Some(answered), connected: Some(connected) } =
        progress
    {
        log.add("· offer to answer", answered.saturating_sub(offered));
        log.add("· answer to ICE and DTLS", connected.saturating_sub(answered));
    }
    Ok(Meeting { doctor, patient, at_doctor, at_patient })
}

/// The doctor enters the call, then the patient, who offers; both hear that the visit has started.
async fn join(doctor: &Side, patient: &Side, options: CallOptions) -> Result<(Call, Call), Cause> {
    let at_doctor = doctor.join_call(options).await?;
    let at_patient = patient.join_call(options).await?;
    let started = tokio::try_join!(doctor.client.hears::<ConsultationStarted>(), patient.client.hears())?;
    ensure(started.0 == started.1, || "the two sides heard of different starts".to_owned())?;
    Ok((at_doctor, at_patient))
}

/// The patient knocks, and the doctor is told.
async fn wait(doctor: &Side, patient: &Side, options: CallOptions) -> Result<(), Cause> {
    match Call::join(&patient.client, &patient.room, options).await {
        Err(NotIn::Waiting { position }) => ensure(position > 0, || "a place in the queue is 0".to_owned())?,
        Err(other) => return Err(other.into()),
        Ok(_call) => return Err("the patient is in the call without having been admitted".into()),
    }
    let waiting = doctor.client.hears::<ConsultationWaiting>().await?;
    ensure(waiting.room_id == doctor.room && waiting.user.id == patient.user, || {
        format!("{} waits in {}, not our patient in our room", waiting.user.id, waiting.room_id)
    })
}

async fn admit(doctor: &Side, patient: &Side) -> Result<(), Cause> {
    let admit =
        ConsultationAdmit { room_id: doctor.room.clone(), user_id: patient.user.clone(), reason: None };
    doctor.client.ask(admit).await?;
    let admitted = patient.client.hears::<ConsultationAdmitted>().await?;
    ensure(admitted.room_id == patient.room, || format!("admitted to {}", admitted.room_id))
}

/// Look at what arrives on both sides for so long.
async fn flow(at_doctor: &Call, at_patient: &Call, media: Duration) -> Result<(), Cause> {
    let worth = |per_second: u64| {
        let sent = u64::try_from(media.as_millis()).unwrap_or(u64::MAX).saturating_mul(per_second) / 1_000;
        sent.saturating_mul(100 - MAX_LOSS_PERCENT) / 100
    };
    let (audio, pictures) = (worth(AUDIO_PACKETS_PER_SECOND), worth(PICTURES_PER_SECOND));
    let within = media + MEDIA_PATIENCE;
    let (doctors, patients) = (at_doctor.mark(), at_patient.mark());
    let (at_doctor, at_patient) = tokio::try_join!(
        at_doctor.flows(&doctors, audio, pictures, within),
        at_patient.flows(&patients, audio, pictures, within),
    )?;
    for received in [at_doctor, at_patient] {
        // A picture that was lost takes those with it that build on it, up to a second.
        ensure(received.video_frames >= pictures / 2, || {
            format!("of {pictures} pictures only {} could be shown: {received:?}", received.video_frames)
        })?;
    }
    Ok(())
}

/// Both sides read the whole log: it is the same for both, without a hole, and each message stands there once.
async fn catch_up(doctor: &Side, patient: &Side) -> Result<(), Cause> {
    let (doctors, patients) = tokio::try_join!(doctor.read_chat(), patient.read_chat())?;
    ensure(doctors == patients, || "doctor and patient read different logs".to_owned())?;
    ensure(doctors.complete, || "a short log does not fit on a page".to_owned())?;
    let seqs: Vec<_> = doctors.events.iter().map(|event| event.seq).collect();
    ensure(seqs.iter().copied().eq((1..).take(seqs.len())), || format!("the log has a hole: {seqs:?}"))?;
    let messages = doctors.events.iter().filter(|event| matches!(event.fact, Fact::Message { .. })).count();
    ensure(messages == 4, || format!("{messages} messages in the log, not 4"))
}

/// The doctor ends the visit: both are told, and nobody comes in any more.
async fn end(doctor: &Side, patient: &Side) -> Result<(), Cause> {
    let end = ConsultationEnd { room_id: doctor.room.clone(), outcome: None };
    let closed = doctor.client.ask(end).await?;
    ensure(closed.consultation.status == Status::Completed, || {
        format!("the visit was ended and is {}", closed.consultation.status.as_str())
    })?;
    let ended = tokio::try_join!(doctor.client.hears::<ConsultationEnded>(), patient.client.hears())?;
    ensure(ended.0 == ended.1, || "the two sides heard of different ends".to_owned())?;
    match patient.join_call(CallOptions::on(Network::Loopback)).await {
        Ok(_call) => Err("a call can be joined after the visit".into()),
        Err(error) => {
            let code = error.downcast_ref::<NotIn>().and_then(NotIn::code);
            ensure(code == Some(Code::Ended), || format!("joining after the visit: {error}, not ended"))
        }
    }
}
