//! Commands that end by themselves.

use std::fs;

use crate::process::{bedside, fail, run, succeed};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn every_command_has_a_help_with_an_example() {
    let folder = tempfile::tempdir().unwrap();
    let help = succeed(folder.path(), &["--help"]);
    let commands = help.split_once("Commands:").unwrap().1.split_once("Options:").unwrap().0;
    let names: Vec<&str> = commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for wanted in ["serve", "demo", "token", "migrate", "backup", "restore", "config", "protocol"] {
        assert!(names.contains(&wanted), "{wanted} in {names:?}");
    }
    for name in names.into_iter().filter(|name| *name != "help" && help.contains(&format!("  {name} "))) {
        let help = succeed(folder.path(), &[name, "--help"]);
        let example = help.split_once("Example").unwrap_or_else(|| panic!("{name}: {help}")).1;
        assert!(example.contains("bedside") && example.contains(name), "{help}");
    }
}

#[test]
fn a_bad_configuration_is_one_line_and_no_start() {
    let folder = tempfile::tempdir().unwrap();
    let with = |name: &str, value: &str| {
        let mut command = bedside(folder.path(), &["serve"]);
        command.env(name, value);
        fail(command)
    };
    assert!(with("BEDSIDE_AUTH__SECRET", "weak-secret").ends_with("make one with `openssl rand -hex 32`"));
    assert!(with("BEDSIDE_SERVER__BINT", "x").contains("did you mean server.bind?"));
    assert!(with("BEDSIDE_AUTH_SECRET", SECRET).contains("two underscores"));
    assert!(with("DATABASE_URL", "mysql://root:hunter2@db/x").contains("database.url"));
    assert!(
        with("DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/x").contains("the database cannot be opened")
    );
    assert!(with("BEDSIDE_AUTH__JWKS_FILE", "missing.json").contains("missing.json"));
    assert!(with("BEDSIDE_CONFIG", "missing.toml").contains("missing.toml"));
    for (key, value) in [("tls_cert", "missing.pem"), ("tls_key", "missing.pem")] {
        let other = if key == "tls_cert" { "server.tls_key=k.pem" } else { "server.tls_cert=c.pem" };
        let set = format!("server.{key}={value}");
        let line = fail(bedside(folder.path(), &["--set", &set, "--set", other, "serve"]));
        assert!(line.contains("cannot read"), "{line}");
    }
    assert!(with("BEDSIDE_SERVER__PAGES", "missing").contains("missing"));
    assert!(with("BEDSIDE_SERVER__PAGES", ".").contains("holds no index.html"));
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["migrate"]);
    let database = folder.path().join("data/bedside.sqlite3");
    let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \
                  c.execute(\"insert into seaql_migrations values ('m99991231_future', 0)\"); c.commit()";
    let written = std::process::Command::new("python3").args(["-c", script]).arg(&database).status().unwrap();
    assert!(written.success());
    let line = fail(bedside(folder.path(), &["serve"]));
    assert!(line.contains("newer version"), "{line}");
}

#[test]
fn no_output_shows_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let assistant =
        |id: &str, more: &str| format!("[[assistant]]\nid = \"{id}\"\nname = \"x\"\nmodel = \"m\"\n{more}\n");
    let assistants = assistant("one", "api_key = \"sk-hunter2\"") + &assistant("two", "");
    fs::write(folder.path().join("assistants.toml"), assistants).unwrap();
    let mut command = bedside(folder.path(), &["--config", "assistants.toml", "config"]);
    command.env("OPENAI_API_KEY", "sk-hunter2");
    command.env("BEDSIDE_AUTH__SECRET", SECRET).env("DATABASE_URL", "postgres://u:hunter2@db/x");
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && text.contains("# set from the environment variable BEDSIDE_AUTH__SECRET")
    );
    assert!(!text.contains(SECRET) && !text.contains("hunter2"), "{text}");
}

#[test]
fn the_printed_defaults_are_a_configuration() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("all.toml"), succeed(folder.path(), &["config", "--defaults"])).unwrap();
    succeed(folder.path(), &["--config", "all.toml", "config"]);
    assert!(succeed(folder.path(), &["config", "--explain", "turn.ttl_s"]).contains("BEDSIDE_TURN__TTL_S"));
}

#[test]
fn a_token_is_good_for_a_day_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let token = succeed(folder.path(), &["token", "--user", "anna", "--role", "doctor"]);
    assert_eq!(token.trim_end().split('.').count(), 3);
    let file = folder.path().join("token");
    fs::write(&file, "of before").unwrap();
    let put = ["token", "--user", "anna", "--role", "doctor", "--to", file.to_str().unwrap()];
    assert_eq!(succeed(folder.path(), &put), "");
    assert_eq!(fs::read_to_string(&file).unwrap().trim_end().split('.').count(), 3);
    let nowhere = bedside(folder.path(), &["token", "--user", "anna", "--to", "missing/token"]);
    assert!(fail(nowhere).contains("missing/token"));
    assert!(!run(folder.path(), &["token", "--user", "anna", "--minutes", "1441"]).status.success());
    assert!(!run(folder.path(), &["token", "--user", "anna", "--role", "admin"]).status.success());
}

#[test]
fn a_backup_brings_database_and_keys_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    succeed(folder.path(), &["migrate"]);
    let token = ["token", "--user", "anna"];
    succeed(folder.path(), &token);
    let key = fs::read(data.join("auth.secret")).unwrap();
    succeed(folder.path(), &["backup", "copy"]);
    assert!(fail(bedside(folder.path(), &["backup", "copy"])).contains("is there already"));
    fs::remove_dir_all(&data).unwrap();
    succeed(folder.path(), &token);
    assert_ne!(fs::read(data.join("auth.secret")).unwrap(), key);
    succeed(folder.path(), &["restore", "copy"]);
    assert_eq!(fs::read(data.join("auth.secret")).unwrap(), key);
    assert!(data.join("bedside.sqlite3").is_file());
    let aside = fs::read_dir(&data)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().contains("before-restore"));
    assert_eq!(aside.count(), 1, "the other secret is kept");
}

#[test]
fn a_copy_that_is_no_database_takes_nothings_place() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["migrate"]);
    succeed(folder.path(), &["backup", "copy"]);
    fs::write(folder.path().join("copy/database.sqlite3"), "rubbish, and enough of it to look like a file")
        .unwrap();
    let before = fs::read(folder.path().join("data/bedside.sqlite3")).unwrap();
    fail(bedside(folder.path(), &["restore", "copy"]));
    assert_eq!(fs::read(folder.path().join("data/bedside.sqlite3")).unwrap(), before);
}

#[test]
fn the_protocol_is_printed_for_machines() {
    let folder = tempfile::tempdir().unwrap();
    let read = |format| -> serde_json::Value {
        serde_json::from_str(&succeed(folder.path(), &["protocol", format])).unwrap()
    };
    assert!(read("asyncapi")["asyncapi"].as_str().unwrap().starts_with("3."));
    assert!(read("schema").is_object());
}
