//! Tests of the layers and of what is refused.

use std::path::Path;

use bedside_protocol::{
    sdp::{MAX_CANDIDATE_BYTES, MAX_SDP_BYTES},
    text::ChatText,
};

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn environment(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let owned = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Layers::default().environment(owned)?.read()
}

fn file(text: &str) -> Result<Config, ConfigError> {
    Layers::default().toml(Path::new("bedside.toml"), text)?.read()
}

fn line<T>(refused: Result<T, ConfigError>) -> String {
    let line = refused.map(|_| ()).unwrap_err().to_string();
    assert!(!line.contains('\n'), "one line: {line}");
    line
}

#[test]
fn every_default_in_the_table_can_be_read() {
    let config = Config::defaults().unwrap();
    assert_eq!(config.server.bind.to_string(), "127.0.0.1:4000");
    assert!(config.database.url.is_none());
    assert!(config.visit.no_show_after_min.is_none());
}

#[test]
fn each_layer_goes_over_the_one_before() {
    let layers = Layers::default()
        .toml(
            Path::new("a.toml"),
            "[server]\nbind = \"127.0.0.1:1\"\nworkers = 1\n[socket]\nheartbeat_ms = 1000",
        )
        .and_then(|layers| {
            let variables = [("BEDSIDE_SERVER__BIND", "127.0.0.1:2"), ("BEDSIDE_SERVER__WORKERS", "2")];
            layers.environment(variables.map(|(name, text)| (name.to_owned(), text.to_owned())))
        })
        .and_then(|layers| layers.flag("--bind", "server.bind", "127.0.0.1:3"))
        .unwrap();
    let config = layers.read().unwrap();
    assert_eq!(config.server.bind.port(), 3);
    assert_eq!(config.server.workers, 2);
    assert_eq!(config.socket.heartbeat_ms, 1000);
}

#[test]
fn an_unknown_key_is_refused_with_its_place_and_the_nearest_key() {
    assert_eq!(
        line(file("[auth]\nsecrt = \"x\"")),
        "unknown key auth.secrt (in bedside.toml); did you mean auth.secret?"
    );
    assert_eq!(line(file("bind = 1")), "unknown key bind (in bedside.toml)");
    assert_eq!(
        line(environment(&[("BEDSIDE_AUTH__SECRETS", SECRET)])),
        "unknown key auth.secrets (from the environment variable BEDSIDE_AUTH__SECRETS); did you mean auth.secret?"
    );
}

#[test]
fn a_variable_with_one_underscore_is_a_slip_and_not_silence() {
    assert_eq!(
        line(environment(&[("BEDSIDE_AUTH_SECRET", SECRET)])),
        "unknown key BEDSIDE_AUTH_SECRET (from the environment variable BEDSIDE_AUTH_SECRET); did you mean \
         BEDSIDE_AUTH__SECRET, with two underscores?"
    );
    environment(&[("BEDSIDE_SERVICE_HOST", "10.0.0.1"), ("BEDSIDE_CONFIG", "x")]).unwrap();
}

#[test]
fn a_weak_secret_is_refused_and_not_repeated() {
    let almost = SECRET.strip_suffix('f').unwrap();
    for weak in ["short-and-weak", "", almost, &format!("  {almost}  ")] {
        let line = line(environment(&[("BEDSIDE_AUTH__SECRET", weak)]));
        assert!(
            line.starts_with("auth.secret (from the environment variable BEDSIDE_AUTH__SECRET): is "),
            "{line}"
        );
        assert!(weak.is_empty() || !line.contains(weak), "{line}");
    }
    environment(&[("BEDSIDE_AUTH__SECRET", SECRET)]).unwrap();
    assert!(line(environment(&[("BEDSIDE_TURN__SECRET", "weak")])).contains("at least 32"));
}

#[test]
fn secrets_show_in_no_output() {
    let url = "postgres://bedside:hunter2@db.example.org/bedside";
    let layers = Layers::default()
        .environment(
            [("BEDSIDE_AUTH__SECRET", SECRET), ("DATABASE_URL", url)].map(|(a, b)| (a.into(), b.into())),
        )
        .unwrap();
    let config = layers.read().unwrap();
    for text in [format!("{config:?}"), document::effective(&layers)] {
        assert!(!text.contains(SECRET) && !text.contains("hunter2"), "{text}");
    }
    assert_eq!(config.database.url.unwrap().expose(), url);
}

#[test]
fn database_url_is_understood_and_gives_way_to_the_key_of_its_own() {
    let read = |url| environment(&[("DATABASE_URL", url)]).unwrap().database.url.unwrap().expose().to_owned();
    assert_eq!(
        read("postgresql://u:p%40ss@h:5433/d?sslmode=require"),
        "postgresql://u:p%40ss@h:5433/d?sslmode=require"
    );
    assert_eq!(read("postgres:///d?host=/run/postgresql"), "postgres:///d?host=/run/postgresql");
    assert_eq!(read("postgresql://u@h/d?schema=public&connection_limit=5"), "postgresql://u@h/d");
    assert_eq!(
        read("postgresql://u@h/d?schema=visits&sslmode=disable"),
        "postgresql://u@h/d?sslmode=disable&options%5Bsearch_path%5D=visits"
    );
    let both =
        environment(&[("BEDSIDE_DATABASE__URL", "sqlite:x"), ("DATABASE_URL", "postgres://u@h/d")]).unwrap();
    assert_eq!(both.database.url.unwrap().expose(), "sqlite:x");
    assert_eq!(
        line(environment(&[("DATABASE_URL", "mysql://root:hunter2@h/d")])),
        "database.url (from the environment variable DATABASE_URL): must be postgres://user:password@host/database or \
         sqlite:path"
    );
}

#[test]
fn bad_values_are_refused_with_what_is_wanted() {
    for (text, wanted) in [
        (
            "[server]\nbind = \"localhost:4000\"",
            "server.bind (in bedside.toml): must be an IP address and a port",
        ),
        ("[server]\nbind = 4000", "server.bind (in bedside.toml): must be an IP address"),
        ("[server]\nallowed_origins = \"https://a.example/\"", "must be origins, as in"),
        ("[server]\nallowed_origins = [\"https://a.example:443\"]", "must be origins, as in"),
        ("[server]\nallowed_origins = [1]", "must be an array of strings"),
        ("[server]\ntrusted_proxies = [\"proxy\"]", "must be addresses or networks"),
        ("[server]\npublic_url = \"visits.example.org\"", "must be a URL"),
        ("[server]\npublic_url = \"ftp://visits.example.org\"", "must be a URL"),
        ("[server]\ntls_cert = \"cert.pem\"", "given together or not at all"),
        ("[socket]\nping_interval_ms = 99", "must be from 100 to 600000"),
        ("[socket]\nping_interval_ms = -1", "must be a whole number"),
        ("[socket]\nping_interval_ms = 1.5", "must be number"),
        ("[compat]\nlegacy_event_names = \"yes\"", "must be true or false"),
        ("[log]\nformat = \"xml\"", "must be json or pretty"),
        ("[turn]\nurls = [\"turn:t.example.org\"]", "needs turn.secret"),
        ("[turn]\nurls = [\"https://t.example.org\"]", "must be stun:, stuns:, turn: or turns: URLs"),
        ("[auth]\njwks_url = \"ftp://id.example.org\"", "must be an https: URL"),
        ("[auth]\njwks_url = \"http://id.example.org/keys\"", "must be an https: URL"),
        ("[auth]\njwks_url = \"https://id.example.org\"\njwks_file = \"k\"", "not both"),
        ("[metrics]\nbind = \"127.0.0.1:4000\"", "choose another port"),
        ("[log]\nfilter = \"bedside=loud\"", "must be"),
    ] {
        let line = line(file(text));
        assert!(line.contains(wanted), "{text:?} gives {line:?}");
    }
}

#[test]
fn a_file_that_is_no_toml_is_refused_with_its_line() {
    let line = line(file("[server]\nbind = \n"));
    assert!(line.starts_with("the configuration file bedside.toml is not valid TOML: line 2: "), "{line}");
}

#[test]
fn a_page_under_the_public_url_has_its_origin() {
    let config = file("[server]\npublic_url = \"https://Clinic.example.org:443/visits/\"").unwrap();
    let url = config.server.public_url.unwrap();
    assert_eq!(url.as_str(), "https://clinic.example.org/visits");
    assert_eq!(url.origin().as_str(), "https://clinic.example.org");
}

#[test]
fn the_file_of_defaults_reads_as_the_defaults() {
    let text = document::defaults();
    let layers = Layers::default().toml(Path::new("defaults.toml"), &text).unwrap();
    assert_eq!(format!("{:?}", layers.read().unwrap()), format!("{:?}", Config::defaults().unwrap()));
    let uncommented = text.replace("\n# ", "\n");
    assert!(
        KEYS.iter().all(|key| key.name.split_once('.').is_some_and(|(_, name)| uncommented.contains(name)))
    );
}

#[test]
fn every_limit_of_the_protocol_has_a_key_with_its_default() {
    let limits = [
        ("socket.max_payload_bytes", "100000"),
        ("socket.max_fragments", "64"),
        ("limits.chat_characters", "4000"),
        ("limits.chat_bytes", "16384"),
        ("limits.sdp_bytes", "65536"),
        ("limits.candidate_bytes", "1024"),
        ("limits.candidates_per_negotiation", "64"),
        ("limits.chat_per_second", "5"),
        ("limits.chat_burst", "20"),
        ("limits.candidates_per_second", "50"),
        ("limits.candidates_burst", "200"),
        ("limits.offers_per_second", "5"),
        ("limits.offers_burst", "20"),
        ("limits.events_per_second", "30"),
        ("limits.events_burst", "120"),
        ("limits.errors_per_minute", "20"),
        ("limits.outbox_events", "256"),
        ("limits.outbox_bytes", "1048576"),
        ("limits.outbox_stall_ms", "10000"),
        ("limits.rooms_per_session", "8"),
        ("limits.peers_per_call", "8"),
        ("limits.sessions_per_user", "8"),
        ("limits.sessions_per_node", "20000"),
        ("socket.ping_interval_ms", "25000"),
        ("socket.ping_timeout_ms", "20000"),
        ("socket.resume_window_ms", "120000"),
        ("limits.replay_bytes", "1048576"),
        ("socket.connect_timeout_ms", "5000"),
        ("limits.http_header_timeout_ms", "5000"),
        ("limits.http_body_timeout_ms", "15000"),
        ("limits.page_events", "100"),
        ("limits.page_bytes", "262144"),
        ("limits.json_body_bytes", "65536"),
    ];
    for (name, default) in limits {
        let key = KEYS.iter().find(|key| key.name == name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(key.default, default, "{name}");
    }
    // What the shapes of the protocol allow is where the operator begins.
    let defaults = Config::defaults().unwrap().limits;
    assert_eq!(defaults.chat_characters, ChatText::MAX_CHARS as u64);
    assert_eq!(defaults.chat_bytes, ChatText::MAX_BYTES as u64);
    assert_eq!(defaults.sdp_bytes, MAX_SDP_BYTES as u64);
    assert_eq!(defaults.candidate_bytes, MAX_CANDIDATE_BYTES as u64);
}

/// One assistant in a file, with these lines besides, and what stands in the environment.
fn assistant(more: &str, variables: &[(&str, &str)]) -> Result<Assistant, ConfigError> {
    let base = "[[assistant]]\nid = \"intake\"\nname = \"Intake\"\nmodel = \"m\"\n";
    let owned = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let layers = Layers::default().toml(Path::new("bedside.toml"), &format!("{base}{more}"))?;
    Ok(layers.environment(owned)?.read()?.assistants.remove(0))
}

#[test]
fn nothing_is_asked_where_no_assistant_is_configured() {
    assert!(Config::defaults().unwrap().assistants.is_empty());
    assert!(environment(&[("OPENAI_API_KEY", "sk-a-key")]).unwrap().assistants.is_empty());
}

#[test]
fn the_key_of_the_environment_goes_to_whom_it_belongs_and_to_nobody_else() {
    let key = |more: &str, variables: &[(&str, &str)]| {
        assistant(more, variables).unwrap().api_key.map(|key| key.expose().to_owned())
    };
    let of_openai = ("OPENAI_API_KEY", "sk-of-openai");
    let at_home = ("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1");
    assert_eq!(key("", &[of_openai]).as_deref(), Some("sk-of-openai"));
    assert_eq!(key("base_url = \"https://api.example.org/v1\"", &[of_openai]), None);
    assert_eq!(key("", &[of_openai, at_home]).as_deref(), Some("sk-of-openai"));
    assert_eq!(key("base_url = \"https://api.openai.com/v1\"", &[of_openai, at_home]), None);
    assert_eq!(key("api_key = \"its-own\"", &[of_openai]).as_deref(), Some("its-own"));
    assert_eq!(key("", &[("OPENAI_API_KEY", "")]), None);
    let endpoint = assistant("", &[at_home]).unwrap().endpoint().unwrap().operation("chat/completions");
    assert_eq!(endpoint.as_str(), "http://127.0.0.1:8080/v1/chat/completions");
}

#[test]
fn keys_of_assistants_show_in_no_output_and_no_refusal() {
    for (more, variable) in [("api_key = \"sk-hunter2\"", ""), ("", "sk-hunter2")] {
        let base = "[[assistant]]\nid = \"intake\"\nname = \"Intake\"\nmodel = \"m\"\n";
        let layers = Layers::default()
            .toml(Path::new("bedside.toml"), &format!("{base}{more}"))
            .and_then(|layers| layers.environment([("OPENAI_API_KEY".to_owned(), variable.to_owned())]))
            .unwrap();
        let config = layers.read().unwrap();
        assert_eq!(config.assistants[0].api_key.as_ref().unwrap().expose(), "sk-hunter2");
        for text in [format!("{config:?}"), document::effective(&layers)] {
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
    for refused in [
        assistant("api_key = \"sk hunter2\"", &[]),
        assistant("", &[("OPENAI_API_KEY", "sk hunter2")]),
        assistant("base_url = \"https://hunter2@api.example.org/v1\"", &[]),
        assistant("base_url = \"https://api.example.org/v1?key=hunter2\"", &[]),
    ] {
        let line = line(refused);
        assert!(!line.contains("hunter2") && line.contains("assistant"), "{line}");
    }
}

#[test]
fn an_assistant_that_makes_no_sense_is_refused_with_its_place() {
    for (more, wanted) in [
        ("base_url = \"http://llm.example.org/v1\"", "must be https:"),
        ("base_url = \"ftp://llm.example.org\"", "must be a URL"),
        ("rolls = [\"patient\"]", "assistant.roles"),
        ("roles = [\"recorder\"]", "must be patient, doctor, staff or guest"),
        ("roles = []", "must say who may ask it"),
        ("api_key = \"k\"\napi_key_file = \"f\"", "not both"),
        ("description = { en = \"\" }", "a text in each place"),
        ("[[assistant]]\nid = \"intake\"\nname = \"Another\"\nmodel = \"m\"", "another assistant's already"),
        ("[[assistant]]\nid = \"Intake 2\"\nname = \"x\"\nmodel = \"m\"", "small letters"),
        ("[[assistant]]\nid = \"second\"\nmodel = \"m\"", "what people shall call it"),
        ("[[assistant]]\nid = \"second\"\nname = \"x\"", "must name the model"),
    ] {
        let line = line(assistant(more, &[]));
        assert!(line.contains(wanted) && line.contains("assistant"), "{more}: {line}");
    }
    let private = "base_url = \"http://10.0.0.7:11434/v1\"\nplain_http = true";
    assert_eq!(assistant(private, &[]).unwrap().endpoint().unwrap().host(), "10.0.0.7:11434");
}
