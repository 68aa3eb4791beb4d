//! The server as a process.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::process::{Running, bedside, fail, get, succeed};

#[test]
fn the_first_signal_ends_the_server_in_order() {
    for signal in ["TERM", "INT"] {
        let folder = tempfile::tempdir().unwrap();
        let server = Running::serve(folder.path(), &[]);
        server.signal(signal);
        server.log_line("draining");
        assert_eq!(server.ended(), Some(0));
    }
}

#[test]
fn the_second_signal_means_now() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path(), &["--set", "server.drain_timeout_ms=600000"]);
    // A client that may poll again keeps the server up for a moment.
    assert!(get(&server.address, "/socket.io/?EIO=4&transport=polling", "").starts_with("HTTP/1.1 200"));
    server.signal("TERM");
    server.log_line("draining");
    server.signal("TERM");
    server.log_line("ending now");
    assert_eq!(server.ended(), Some(0));
}

#[test]
fn a_server_that_was_killed_starts_again_beside_files_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let first = Running::serve(folder.path(), &[]);
    first.signal("KILL");
    assert_eq!(first.ended(), None);
    let data = folder.path().join("data");
    fs::write(data.join("notes.txt"), "not Bedside's").unwrap();
    fs::create_dir(data.join("lost+found")).unwrap();
    let again = Running::serve(folder.path(), &[]);
    assert!(get(&again.address, "/livez", "").starts_with("HTTP/1.1 200"));
    assert!(get(&again.address, "/readyz", "").starts_with("HTTP/1.1 200"));
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    for name in ["server.key", "auth.secret", "bedside.sqlite3"] {
        assert_eq!(fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn one_server_runs_on_a_data_folder_and_one_on_an_address() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path(), &[]);
    let line = fail(bedside(folder.path(), &["--set", "log.filter=error", "serve", "--bind", "127.0.0.1:0"]));
    assert!(line.contains("another Bedside is running"), "{line}");
    let other = tempfile::tempdir().unwrap();
    let line = fail(bedside(other.path(), &["serve", "--bind", &server.address]));
    assert!(line.contains(&server.address), "{line}");
    let line = fail(bedside(folder.path(), &["restore", "copy"]));
    assert!(line.contains("another Bedside is running"), "{line}");
    succeed(folder.path(), &["backup", "copy"]);
}

#[test]
fn metrics_are_on_their_own_listener_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let server = Running::serve(folder.path(), &["--set", &format!("metrics.bind={free}")]);
    let metrics = get(&free, "/metrics", "");
    assert!(
        metrics.starts_with("HTTP/1.1 200") && metrics.contains("text/plain; version=0.0.4"),
        "{metrics}"
    );
    assert!(get(&server.address, "/metrics", "").starts_with("HTTP/1.1 404"));
    assert!(get(&free, "/livez", "").starts_with("HTTP/1.1 404"));
}
