//! Every key, its default and what it is for. From this one table come the types, the reading of all
//! layers, `bedside config` and the table in the operations guide.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use ipnet::IpNet;

use super::{
    ConfigError, Layers, assistant,
    setting::{DatabaseUrl, KeySetUrl, LogFilter, LogFormat, PublicUrl, RelayUrl, Setting, WebOrigin},
    storage::{AccessSecret, Endpoint, StorageKey, StorageUrl},
};
use crate::private::Secret;

/// What is known of a key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// `section.key`.
    pub name: &'static str,
    /// What kind of value it takes.
    pub kind: &'static str,
    /// Whether it takes several.
    pub list: bool,
    /// Whether its value is never shown.
    pub secret: bool,
    /// Its default, as it would be written; empty for none.
    pub default: &'static str,
    /// The smallest and the largest number, for numbers.
    pub range: Option<(u64, u64)>,
    /// What it is for; one line of the source each.
    pub doc: &'static [&'static str],
}

macro_rules! settings {
    ($(
        $(#[doc = $about:literal])+
        $section:ident $Section:ident {$(
            $(#[doc = $doc:literal])+
            $key:ident: $kind:ty = $default:literal $(in $min:literal ..= $max:literal)?;
        )*}
    )*) => {
        $(
            $(#[doc = $about])+
            #[derive(Debug, Clone)]
            pub struct $Section {$(
                $(#[doc = $doc])+
                pub $key: $kind,
            )*}
        )*

        /// Everything that is configured, section by section.
        #[derive(Debug, Clone)]
        pub struct Config {$(
            $(#[doc = $about])+
            pub $section: $Section,
        )*
            /// The machines that may be asked.
            pub assistants: Vec<assistant::Assistant>,
        }

        /// Every key, in the order of the documentation.
        pub const KEYS: &[Key] = &[$($(
            Key {
                name: concat!(stringify!($section), ".", stringify!($key)),
                kind: <$kind as Setting>::KIND,
                list: <$kind as Setting>::LIST,
                secret: <$kind as Setting>::SECRET,
                default: $default,
                range: settings!(@range $($min, $max)?),
                doc: &[$($doc),+],
            },
        )*)*];

        impl Config {
            pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
                Ok(Self {$(
                    $section: $Section {$(
                        $key: layers.value(
                            concat!(stringify!($section), ".", stringify!($key)),
                            $default,
                            settings!(@range $($min, $max)?),
                        )?,
                    )*},
                )*
                    assistants: assistant::read(layers.assistants())?,
                })
            }
        }
    };
    (@range) => { None };
    (@range $min:literal, $max:literal) => { Some(($min, $max)) };
}

settings! {
    /// Where Bedside listens and who may talk to it.
    server Server {
        /// Address and port to listen on. Port 0 takes a free one.
        bind: SocketAddr = "127.0.0.1:4000";
        /// Where people reach Bedside. Invitation links begin with it, and its origin is always allowed.
        public_url: Option<PublicUrl> = "";
        /// Origins of other pages that may use Bedside from a browser; `*` for every one. The page's own origin and
        /// clients that send none are always allowed.
        allowed_origins: Vec<WebOrigin> = "";
        /// Certificate chain (PEM), read again on SIGHUP. Without it Bedside speaks plain HTTP, for a proxy in front.
        tls_cert: Option<PathBuf> = "";
        /// Private key of the certificate (PEM).
        tls_key: Option<PathBuf> = "";
        /// Folder of pages to serve in place of those that are part of the program; read at the start.
        pages: Option<PathBuf> = "";
        /// Proxies whose `Forwarded` or `X-Forwarded-For` is believed. From anyone else these headers are ignored.
        trusted_proxies: Vec<IpNet> = "";
        /// Worker threads for requests and sockets; 0 is one for each core.
        workers: u64 = "0" in 0 ..= 1024;
        /// How long SIGTERM waits for what is under way before sockets are closed.
        drain_timeout_ms: u64 = "10000" in 0 ..= 600_000;
    }
    /// What Bedside keeps on disk.
    data Data {
        /// Folder of the SQLite file and of the generated keys. Made with mode 0700.
        dir: PathBuf = "./data";
    }
    /// The database.
    database Database {
        /// `postgres://…`, or `sqlite:path`. Default: the file `bedside.sqlite3` in the data folder. `DATABASE_URL` is
        /// understood too; parameters of Node tools in it (`schema`, `connection_limit`, …) do no harm.
        url: Option<DatabaseUrl> = "";
    }
    /// Files: attachments and recordings. They are sealed before they touch a disk.
    storage Storage {
        /// A folder, or `s3://bucket/prefix` for an object store that speaks S3. Default: `files` in the data folder.
        url: Option<StorageUrl> = "";
        /// Where the object store is. Default: Amazon's, for the region.
        endpoint: Option<Endpoint> = "";
        /// The object store's region.
        region: String = "us-east-1";
        /// Who Bedside is to the object store. Without it, what the machine's environment says of it.
        access_key: Option<String> = "";
        /// The secret that goes with it.
        secret_key: Option<AccessSecret> = "";
        /// Keys that wrap the files' own keys, the newest first, of 64 hexadecimal digits each. With neither this nor a file
        /// of them, one is generated into the data folder.
        key: Vec<StorageKey> = "";
        /// The same as a file, a key a line, read again on SIGHUP.
        key_file: Option<PathBuf> = "";
        /// Megabytes that stay free on the disk of the data folder: what would go below is refused.
        disk_floor_mb: u64 = "1024" in 0 ..= 1_000_000_000;
        /// Megabytes of the largest attachment; may be set lower only.
        attachment_mb: u64 = "20" in 1 ..= 20;
        /// Megabytes that all attachments of a consultation have together, or of a conversation with an assistant.
        attachments_per_visit_mb: u64 = "200" in 1 ..= 1_000_000;
        /// Hours after which an upload that no message names is deleted.
        unused_after_hours: u64 = "24" in 1 ..= 8_760;
    }
    /// Whose tokens are accepted.
    auth Auth {
        /// Secret shared with whoever issues tokens (HS256). With neither a secret nor a key set, one is generated
        /// into the data folder.
        secret: Option<Secret<String>> = "";
        /// The identity provider's keys (JWKS) as a file, read again on SIGHUP.
        jwks_file: Option<PathBuf> = "";
        /// The identity provider's keys (JWKS) as a URL, fetched again every ten minutes and when a key is missing.
        jwks_url: Option<KeySetUrl> = "";
        /// What `iss` must be. Tokens without it are then refused.
        issuer: Option<String> = "";
        /// What `aud` must be or contain. Tokens without it are then refused.
        audience: Option<String> = "";
        /// Where the role stands in a token: a claim or a dotted path, as in `realm_access.roles`.
        role_claim: String = "role";
    }
    /// Accounts of Bedside's own, for clinics without an identity provider.
    accounts Accounts {
        /// Whether people may log in with a name and a password. Accounts are made with `bedside user add`; logging in
        /// is offered as soon as there is one.
        enabled: bool = "true";
        /// Hours after which a login ends and the password is asked for again.
        login_hours: u64 = "12" in 1 ..= 720;
    }
    /// Sockets.
    socket Socket {
        /// How often a socket is pinged.
        ping_interval_ms: u64 = "25000" in 100 ..= 600_000;
        /// How long its answer may take.
        ping_timeout_ms: u64 = "20000" in 100 ..= 600_000;
        /// How long a session waits for its client to come back.
        resume_window_ms: u64 = "120000" in 0 ..= 3_600_000;
        /// How often a session hears `session:heartbeat`.
        heartbeat_ms: u64 = "25000" in 100 ..= 600_000;
        /// The largest frame and message.
        max_payload_bytes: u64 = "100000" in 1_024 ..= 16_777_216;
        /// Frames that one message may be cut into.
        max_fragments: u64 = "64" in 1 ..= 65_536;
        /// How long a socket may take to authenticate.
        connect_timeout_ms: u64 = "5000" in 100 ..= 600_000;
    }
    /// How much one client may ask for. Rates are buckets: so many a second, and so many at once.
    limits Limits {
        /// Messages of one session.
        chat_per_second: u64 = "5" in 1 ..= 1_000_000;
        /// Messages of one session at once.
        chat_burst: u64 = "20" in 1 ..= 1_000_000;
        /// ICE candidates of one session.
        candidates_per_second: u64 = "50" in 1 ..= 1_000_000;
        /// ICE candidates of one session at once.
        candidates_burst: u64 = "200" in 1 ..= 1_000_000;
        /// Offers and answers of one session.
        offers_per_second: u64 = "5" in 1 ..= 1_000_000;
        /// Offers and answers of one session at once.
        offers_burst: u64 = "20" in 1 ..= 1_000_000;
        /// All other events of one session.
        events_per_second: u64 = "30" in 1 ..= 1_000_000;
        /// All other events of one session at once.
        events_burst: u64 = "120" in 1 ..= 1_000_000;
        /// REST requests of one client address.
        requests_per_second: u64 = "50" in 1 ..= 1_000_000;
        /// REST requests of one client address at once.
        requests_burst: u64 = "200" in 1 ..= 1_000_000;
        /// New connections of one client address.
        connections_per_second: u64 = "50" in 1 ..= 1_000_000;
        /// New connections of one client address at once.
        connections_burst: u64 = "200" in 1 ..= 1_000_000;
        /// Sessions of one client address: a clinic behind one address needs as many as it has people.
        sessions_per_address: u64 = "1000" in 1 ..= 1_000_000;
        /// Sessions of one user.
        sessions_per_user: u64 = "8" in 1 ..= 10_000;
        /// Sessions of this server.
        sessions_per_node: u64 = "20000" in 1 ..= 10_000_000;
        /// Rooms that one session has joined.
        rooms_per_session: u64 = "8" in 1 ..= 1_000;
        /// Peers of one call.
        peers_per_call: u64 = "8" in 2 ..= 64;
        /// Refused events within a minute before a session is closed with 4509.
        errors_per_minute: u64 = "20" in 1 ..= 1_000_000;
        /// Characters of one message; may be set lower only.
        chat_characters: u64 = "4000" in 1 ..= 4_000;
        /// Bytes of one message's text; may be set lower only.
        chat_bytes: u64 = "16384" in 4 ..= 16_384;
        /// Bytes of a session description; may be set lower only.
        sdp_bytes: u64 = "65536" in 1_024 ..= 65_536;
        /// Bytes of an ICE candidate; may be set lower only.
        candidate_bytes: u64 = "1024" in 64 ..= 1_024;
        /// Candidates of one peer for one numbered negotiation.
        candidates_per_negotiation: u64 = "64" in 1 ..= 10_000;
        /// Events that wait for a slow reader.
        outbox_events: u64 = "256" in 16 ..= 65_536;
        /// Bytes that wait for a slow reader.
        outbox_bytes: u64 = "1048576" in 65_536 ..= 67_108_864;
        /// How long a reader may take nothing before it is let go with 4408.
        outbox_stall_ms: u64 = "10000" in 100 ..= 600_000;
        /// Bytes kept of what a session was sent, to be sent again when it comes back.
        replay_bytes: u64 = "1048576" in 65_536 ..= 67_108_864;
        /// Rows of a page of history; may be set lower only.
        page_events: u64 = "100" in 1 ..= 100;
        /// Bytes at which a page of history ends before, unless it has one row; may be set lower only.
        page_bytes: u64 = "262144" in 1_024 ..= 262_144;
        /// The largest JSON body of a request.
        json_body_bytes: u64 = "65536" in 1_024 ..= 16_777_216;
        /// How long the header of a request may take, to half a second. A connection on which nothing has come by then is
        /// closed without an answer.
        http_header_timeout_ms: u64 = "5000" in 1_000 ..= 600_000;
        /// How long the body of a request may take.
        http_body_timeout_ms: u64 = "15000" in 100 ..= 600_000;
    }
    /// STUN and TURN servers for the call.
    turn Turn {
        /// Their URLs, as in `turn:turn.example.org:3478?transport=udp` or `stun:…`.
        urls: Vec<RelayUrl> = "";
        /// Secret shared with the TURN server (coturn's `static-auth-secret`).
        secret: Option<Secret<String>> = "";
        /// How long credentials live. New ones are pushed at 75 % of it.
        ttl_s: u64 = "3600" in 60 ..= 86_400;
    }
    /// Prometheus metrics.
    metrics Metrics {
        /// Address and port of `/metrics`. Off by default.
        bind: Option<SocketAddr> = "";
    }
    /// Visits.
    visit Visit {
        /// Minutes after its time when a visit that nobody began counts as a no-show. Off by default.
        no_show_after_min: Option<u64> = "" in 1 ..= 10_080;
        /// Minutes with nobody in the call after which a visit in progress is ended.
        abandoned_after_min: u64 = "60" in 1 ..= 10_080;
        /// Minutes within which an ended visit may be reopened.
        reopen_within_min: u64 = "15" in 0 ..= 10_080;
        /// Minutes that an invitation link is good for, if it does not say.
        invitation_ttl_min: u64 = "10080" in 1 ..= 525_600;
    }
    /// Recording visits, with everybody's consent.
    recording Recording {
        /// Whether doctors may ask for recordings.
        enabled: bool = "false";
        /// Whether this process records. Without it, `bedside recorder` does, as many as are started.
        in_process: bool = "true";
        /// This machine's address at which clients reach the recorder. Default: the one that its routes lead out by; the
        /// loopback where the server listens there alone and has no public URL.
        bind: Option<IpAddr> = "";
        /// UDP port that the recorder receives all media on. Port 0 takes a free one.
        udp_port: u64 = "4020" in 0 ..= 65_535;
        /// Whether the TCP port of the same number is open for those whose network lets no UDP through.
        tcp: bool = "true";
        /// Addresses at which clients reach the recorder, where they are not this machine's own (containers, NAT).
        public_ip: Vec<IpAddr> = "";
        /// Threads for media.
        media_threads: u64 = "1" in 1 ..= 64;
        /// Minutes after which a recording ends.
        max_minutes: u64 = "120" in 1 ..= 1_440;
        /// Recordings at once.
        concurrent: u64 = "20" in 1 ..= 10_000;
        /// Kilobits a second that one participant may send to the recorder.
        max_kbps: u64 = "4000" in 100 ..= 100_000;
        /// Days after which a recording is deleted. Off by default: it is kept until somebody deletes it.
        retention_days: Option<u64> = "" in 1 ..= 36_500;
        /// Whether patients may play recordings of their visits.
        patient_may_play: bool = "false";
        /// TOML file with the text that people agree to, by language: `en = "…"`. Without it, a text in English, Spanish
        /// and Arabic.
        consent_text_file: Option<PathBuf> = "";
        /// The clinic's own language: one of those that the text is kept in.
        consent_language: String = "en";
        /// Seconds that people have to answer before a recording that has not begun is given up.
        answer_within_s: u64 = "120" in 5 ..= 3_600;
    }
    /// Logs, written to standard error.
    log Log {
        /// How lines look.
        format: LogFormat = "json";
        /// What is logged, as in `info` or `info,bedside::gateway=debug`.
        filter: LogFilter = "info";
    }
    /// Clients of older servers.
    compat Compat {
        /// Understand the event names and payload spellings of before, and answer in them.
        legacy_event_names: bool = "false";
    }
}
