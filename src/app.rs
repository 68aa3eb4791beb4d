//! The only wiring: from a configuration to a running server.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_service::IntoServiceFactory as _;
use actix_socketio::{OriginPolicy, SocketIo};
use actix_web::{App as Service, web};
use bedside_protocol::{Code, Refusal};
use futures_util::future::join_all;
use rand::Rng as _;
#[cfg(target_os = "linux")]
use socket2::SockRef;
use tokio::net::TcpSocket;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    auth::{KeySetError, Minter, Verifier},
    bus::Bus,
    clock::Clock,
    config::{Config, DatabaseUrl, Recording, Socket, WebOrigin},
    data::{DataError, DataFolder, FolderLock},
    deck,
    domain::{Clinic, Parts, assistant::Assistants},
    endpoint::EndpointSetup,
    error::Error,
    gateway::{
        address::Addresses,
        plain::{self, PlainDoor},
        socketio::{self, Door},
    },
    http::{Border, Routes, Site, SiteError, listener},
    hub::{Encoded, Hub},
    model::{closing, consent_text::ConsentText},
    store::{DatabaseSettings, OpenError, Store},
    tls::{Certificate, CertificateError, use_ring},
    turn::Turn,
    vault::{Vault, VaultError},
};

/// How long a start waits for a database that answers slowly, and how soon it is asked again.
const START_PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Clients that are sent away come back spread over so long, in milliseconds.
const SPREAD_MS: u64 = 2_000;
/// How long a server that is to end now may take.
const AT_ONCE: Duration = Duration::from_millis(500);
/// Close code of a server that goes down, and the word that goes with it.
const RESTART: (u16, &str) = (1012, "the server is restarting");
/// Connections that wait to be accepted: a clinic that comes back after a restart, all at once.
const BACKLOG: u32 = 4_096;

/// Why the server did not start: one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The data folder or a key in it.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The address.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        cause: std::io::Error,
    },
    /// The identity provider's keys.
    #[error(transparent)]
    Keys(#[from] KeySetError),
    /// The certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The pages.
    #[error(transparent)]
    Pages(#[from] SiteError),
    /// Where files are kept, or their keys.
    #[error(transparent)]
    Storage(#[from] VaultError),
    /// The text that people agree to before they are recorded.
    #[error("recording.consent_text_file: {0}")]
    Consent(String),
    /// An assistant.
    #[error(transparent)]
    Assistant(#[from] EndpointSetup),
    /// What the database holds.
    #[error("the visits in progress cannot be read: {0}")]
    Visits(String),
}

/// A server that is ready and not yet running.
pub struct App {
    address: SocketAddr,
    listener: TcpListener,
    config: Config,
    clinic: Arc<Clinic>,
    addresses: Arc<Addresses>,
    socketio: SocketIo,
    origins: OriginPolicy,
    site: Site,
    certificate: Option<Arc<Certificate>>,
    /// Nobody else may run on the data folder.
    _lock: FolderLock,
}

impl App {
    /// Open the store, take up what was in progress, and then bind the address.
    pub async fn build(config: Config) -> Result<Self, StartError> {
        Self::build_at(config, Clock::system()).await
    }

    /// The same with a clock of one's own.
    pub async fn build_at(config: Config, clock: Clock) -> Result<Self, StartError> {
        use_ring();
        let data = DataFolder::open(&config.data.dir)?;
        let lock = data.lock()?;
        let certificate = match (&config.server.tls_cert, &config.server.tls_key) {
            (Some(cert), Some(key)) => Some(Certificate::load(cert, key)?),
            _ => None,
        };
        let site = match &config.server.pages {
            Some(folder) => Site::of_folder(folder)?,
            None => Site::built()?,
        };
        let vault = Vault::open(&config.storage, &data)?;
        vault.clear_incoming();
        let key = data.server_key()?;
        let auth = &config.auth;
        let generate = auth.secret.is_none() && auth.jwks_file.is_none() && auth.jwks_url.is_none();
        let generated = if generate { Some(data.auth_secret()?) } else { None };
        let verifier = Verifier::new(auth, &key, generated.as_ref())?;
        let settings =
            DatabaseSettings::new(config.database.url.as_ref().map(DatabaseUrl::expose), &config.data.dir)?;
        let hub = Arc::new(Hub::default());
        let bus = Bus::new(Arc::clone(&hub));
        let store = Store::open(&settings, move |rows| bus.ring(rows)).await?;
        let origins = origins(&config);
        let assistants = Assistants::new(&config, store.clone(), Arc::clone(&hub), clock.clone())?;
        let parts = Parts {
            store,
            hub,
            clock,
            assistants,
            verifier,
            minter: Minter::own(&key),
            key,
            turn: Turn::new(&config.turn),
            consent_text: consent_text(&config.recording)?,
            vault,
        };
        let clinic = Arc::new(Clinic::new(&config, parts));
        take_up(&clinic).await?;
        let addresses = Arc::new(Addresses::new(&config));
        let door = Door::new(Arc::clone(&clinic), Arc::clone(&addresses), &config);
        let socketio = SocketIo::new(socketio::options(&config, origins.clone()), door);
        let failed = |cause| StartError::Listen { address: config.server.bind, cause };
        let listener = listen(config.server.bind, &config.socket).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self {
            address,
            listener,
            config,
            clinic,
            addresses,
            socketio,
            origins,
            site,
            certificate,
            _lock: lock,
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The verbs, for commands that act in this process.
    pub fn clinic(&self) -> Arc<Clinic> {
        Arc::clone(&self.clinic)
    }

    /// Read what a SIGHUP asks to be read again: the certificate, the file of the identity provider's keys, and the keys of
    /// files.
    pub fn reloader(&self) -> Reloader {
        Reloader { certificate: self.certificate.clone(), clinic: Arc::clone(&self.clinic) }
    }

    /// Serve until `stop`; then go down in order. `now` ends the patience.
    pub async fn run(self, stop: CancellationToken, now: CancellationToken) -> std::io::Result<()> {
        let Self {
            address,
            listener,
            config,
            clinic,
            addresses,
            socketio,
            origins,
            site,
            certificate,
            _lock,
        } = self;
        let tasks = TaskTracker::new();
        let house = CancellationToken::new();
        tasks.spawn(Arc::clone(&clinic).keep_house(house.clone()));
        tasks.spawn(Arc::clone(&clinic).keep_files(house.clone()));
        tasks.spawn(Arc::clone(&clinic).keep_recordings(house.clone()));
        tasks.spawn(Arc::clone(&clinic.verifier).keep_fresh(house.clone()));
        tasks.spawn(tidy(Arc::clone(&addresses), house.clone()));
        let closing = CancellationToken::new();
        if config.recording.enabled && config.recording.in_process {
            tasks.spawn(deck::keep(
                Arc::clone(&clinic),
                deck::configured(&config, Some(address)),
                closing.clone(),
            ));
        }
        let scheme = if certificate.is_some() { "https" } else { "http" };
        let public_url = config.server.public_url.as_ref().map(|url| url.as_str().to_owned());
        let border = Border {
            origins: origins.clone(),
            addresses: Arc::clone(&addresses),
            public_url: public_url.unwrap_or_else(|| format!("{scheme}://{address}")),
        };
        let routes = Routes::new(Arc::clone(&clinic), border, site);
        let plain =
            web::Data::new(PlainDoor::new(Arc::clone(&clinic), Arc::clone(&addresses), &config, origins));
        let (sockets, store) = (socketio.clone(), clinic.store.clone());
        let application = move || {
            // On each thread of sockets; the first one does it.
            actix_web::rt::spawn(store.carry());
            Service::new()
                .app_data(plain.clone())
                .configure(|service| sockets.configure("/socket.io/", service))
                .route("/ws", web::get().to(plain::open))
                .configure(|service| routes.configure(service))
                .into_factory()
        };
        let tls = certificate.as_ref().map(Certificate::server_config);
        let server = listener::serve(listener, &config, tls, application)?;
        let handle = server.handle();
        let goodbye = async {
            stop.cancelled().await;
            // What is being recorded is sealed and put away while everybody takes their leave.
            closing.cancel();
            let patience = Duration::from_millis(config.server.drain_timeout_ms);
            // What is being written is kept as far as it is, and everybody hears so before they go.
            clinic.drain();
            tokio::select! {
                () = clinic.assistants.stop() => {}
                () = now.cancelled() => {}
                () = tokio::time::sleep(patience) => {}
            }
            tokio::select! {
                () = drain(&clinic, &socketio) => {}
                () = now.cancelled() => {}
                () = tokio::time::sleep(patience) => {}
            }
            handle.stop(!now.is_cancelled()).await;
        };
        let served = tokio::select! {
            (served, ()) = async { tokio::join!(server, goodbye) } => served,
            // Who is told to end while they wait for a connection goes on waiting: leave them to it.
            () = impatient(&now) => Ok(()),
        };
        house.cancel();
        clinic.assistants.stop().await;
        tasks.close();
        tasks.wait().await;
        clinic.store.close().await;
        served
    }
}

/// Reads again what may change while the server runs.
pub struct Reloader {
    certificate: Option<Arc<Certificate>>,
    clinic: Arc<Clinic>,
}

impl Reloader {
    /// Read again. What cannot be read stays as it was, and the log says so.
    pub fn reload(&self) {
        match self.certificate.as_ref().map(|certificate| certificate.reload()) {
            Some(Ok(())) => tracing::info!("the certificate was read again"),
            Some(Err(error)) => {
                tracing::error!(%error, "the certificate could not be read again; the old one stays");
            }
            None => {}
        }
        if let Err(error) = self.clinic.verifier.reload_key_file() {
            tracing::error!(%error, "the identity provider's keys could not be read again; the old ones stay");
        }
        if let Err(error) = self.clinic.vault.keys().reload() {
            tracing::error!(%error, "the keys of files could not be read again; the old ones stay");
        }
    }
}

/// A busy machine may answer slowly at first, as after a crash of everything on it; nobody would start us again.
async fn take_up(clinic: &Clinic) -> Result<(), StartError> {
    let patiently = async {
        loop {
            match clinic.take_up().await {
                Err(Error::Refused(Refusal { code: Code::Unavailable, .. })) => {
                    tracing::warn!(
                        "the database answers slowly; it is asked again for the visits in progress"
                    );
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                outcome => return outcome,
            }
        }
    };
    match tokio::time::timeout(START_PATIENCE, patiently).await {
        Ok(outcome) => outcome.map_err(|error| StartError::Visits(error.to_string())),
        Err(_) => Err(StartError::Visits(format!("no answer within {} s", START_PATIENCE.as_secs()))),
    }
}

/// The text that people agree to: the clinic's own, or the program's.
fn consent_text(settings: &Recording) -> Result<ConsentText, StartError> {
    let language = &settings.consent_language;
    let text = match &settings.consent_text_file {
        None => ConsentText::built_in(language),
        Some(path) => {
            let wrong = |reason: String| StartError::Consent(format!("{}: {reason}", path.display()));
            let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
            let texts: BTreeMap<String, String> =
                toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
            ConsentText::new(texts, language)
        }
    };
    text.map_err(|error| StartError::Consent(error.to_string()))
}

/// The standard library's own way lets 128 wait at the most.
fn listen(address: SocketAddr, times: &Socket) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As the standard library does: a restart shall not wait for old connections.
    socket.set_reuseaddr(true)?;
    // A client that takes nothing for longer than a ping and its answer may is gone by every other measure; without this,
    // TCP would keep what was still to be written to it, and the connection, for as long as it lives. Accepted sockets
    // inherit it.
    #[cfg(target_os = "linux")]
    SockRef::from(&socket)
        .set_tcp_user_timeout(Some(Duration::from_millis(times.ping_interval_ms + times.ping_timeout_ms)))?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// Tell everybody at once, and let them go one after the other, each when its last answer is out.
async fn drain(clinic: &Clinic, socketio: &SocketIo) {
    clinic.drain();
    socketio.refuse_handshakes(Some(Duration::from_millis(SPREAD_MS)));
    let sessions = clinic.hub.sessions();
    for session in &sessions {
        let pause_ms = rand::rng().random_range(0..SPREAD_MS);
        session.mention(&Encoded::new(&closing::draining(pause_ms)));
    }
    let step = Duration::from_millis(SPREAD_MS) / u32::try_from(sessions.len().max(1)).unwrap_or(u32::MAX);
    let (code, reason) = RESTART;
    let goodbyes = sessions.iter().zip(0_u32..).map(async |(session, turn)| {
        tokio::time::sleep(step * turn).await;
        session.retire(code, reason).await;
    });
    join_all(goodbyes).await;
    // What is left has no session.
    socketio.shutdown(Duration::ZERO).await;
}

/// A while after `now`: long enough for those who are let go at once.
async fn impatient(now: &CancellationToken) {
    now.cancelled().await;
    tokio::time::sleep(AT_ONCE).await;
}

/// Forget the limits of addresses that have gone quiet.
async fn tidy(addresses: Arc<Addresses>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(Duration::from_mins(1));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => addresses.tidy(),
        }
    }
}

fn origins(config: &Config) -> OriginPolicy {
    let listed = &config.server.allowed_origins;
    if listed.iter().any(WebOrigin::is_any) {
        return OriginPolicy::Any;
    }
    let own = config.server.public_url.as_ref().map(|url| url.origin().as_str().to_owned());
    OriginPolicy::AllowList(listed.iter().map(|origin| origin.as_str().to_owned()).chain(own).collect())
}
