//! Visits to hold, and tokens for those who hold them.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use bedside::{
    app::App,
    auth::{Bearer, Expected, Minter},
    config::Layers,
    domain::consultation::NewVisit,
    model::actor::Actor,
    private::Secret,
};
use bedside_protocol::{
    consultation::{IcePolicy, RecordingPolicy},
    ids::{RoomId, UserId},
    session::Role,
};
use tokio::task::JoinSet;

use crate::{Result, SECRET, wire::Wire};

/// Visits that are made at the same time.
const TOGETHER: usize = 128;

/// A visit that nobody has come to yet.
#[derive(Clone)]
pub struct Visit {
    /// Its room.
    pub room: String,
    /// The doctor's token.
    pub doctor: String,
    /// The patient's token.
    pub patient: String,
}

impl Visit {
    /// For servers that know of no visits: any room will do.
    pub fn invented(number: usize) -> Result<Self> {
        Ok(Self::of(format!("room-{number}"), &doctor(number)?, &patient(number)?))
    }

    fn of(room: String, doctor: &UserId, patient: &UserId) -> Self {
        Self { room, doctor: token(doctor, Role::Doctor), patient: token(patient, Role::Patient) }
    }

    /// Doctor and patient come, and join chat and call.
    pub async fn hold(&self, server: SocketAddr) -> Result<[Wire; 2]> {
        Ok([self.enter(server, &self.doctor).await?, self.enter(server, &self.patient).await?])
    }

    /// One of them comes.
    pub async fn enter(&self, server: SocketAddr, token: &str) -> Result<Wire> {
        let join = format!(r#"{{"roomId":"{}"}}"#, self.room);
        let mut wire = Wire::connect(server, token).await?;
        wire.ask("chat:join_room", &join).await?;
        wire.ask("webrtc:join_room", &join).await?;
        Ok(wire)
    }
}

/// Make so many visits without a waiting room in a data folder that no server runs on.
pub async fn make(data: &Path, count: usize) -> Result<Vec<Visit>> {
    let folder = data.to_str().ok_or("the folder's name is not UTF-8")?;
    let settings = [("data.dir", folder), ("server.bind", "127.0.0.1:0"), ("auth.secret", SECRET)];
    let mut layers = Layers::default();
    for (key, value) in settings {
        layers = layers.flag("the bench", key, value)?;
    }
    let app = App::build(layers.read()?).await?;
    let clinic = app.clinic();
    let mut visits = Vec::with_capacity(count);
    let mut number = 0;
    while number < count {
        let mut making = JoinSet::new();
        for number in number..(number + TOGETHER).min(count) {
            let (clinic, doctor, patient) = (Arc::clone(&clinic), doctor(number)?, patient(number)?);
            making.spawn(async move {
                let actor = Actor { user_id: doctor.clone(), name: None, role: Role::Doctor, scope: None };
                let new = NewVisit {
                    doctor_id: doctor.clone(),
                    patient_id: patient.clone(),
                    patient_name: None,
                    reason: None,
                    scheduled_at: None,
                    waiting_room: false,
                    recording_policy: RecordingPolicy::OnRequest,
                    ice_policy: IcePolicy::All,
                };
                let made = clinic.create_visit(&actor, new).await;
                made.map(|visit| (visit.id, doctor, patient)).map_err(|error| error.to_string())
            });
        }
        number += TOGETHER;
        while let Some(made) = making.join_next().await {
            let (room, doctor, patient): (RoomId, _, _) = made??;
            visits.push(Visit::of(room.to_string(), &doctor, &patient));
        }
    }
    clinic.store.close().await;
    Ok(visits)
}

fn doctor(number: usize) -> Result<UserId> {
    Ok(UserId::parse(&format!("doctor-{number}"))?)
}

fn patient(number: usize) -> Result<UserId> {
    Ok(UserId::parse(&format!("patient-{number}"))?)
}

/// What somebody shows.
pub fn token(user: &UserId, role: Role) -> String {
    let bearer = Bearer { user_id: user.clone(), name: Some(user.to_string()), role, consultation: None };
    let expected = Expected { issuer: None, audience: None, role_claim: "role".to_owned() };
    let minter = Minter::shared(&Secret::new(SECRET.to_owned()), expected);
    minter.mint(&bearer, chrono::Utc::now(), Duration::from_secs(3_600)).expose().clone()
}
