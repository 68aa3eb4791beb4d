//! TLS: the certificate, and another one on SIGHUP.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::process::Running;

/// Make a certificate for `localhost` with this common name, as `cert.pem` and `key.pem`.
pub(crate) fn make_certificate(folder: &Path, name: &str) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-keyout", "key.pem", "-out", "cert.pem", "-subj", &format!("/CN={name}")])
        .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
        .current_dir(folder)
        .output()
        .expect("openssl (Debian: apt-get install openssl)");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// What the server shows to a new connection.
fn subject(address: &str) -> String {
    let shown = Command::new("openssl")
        .args(["s_client", "-connect", address, "-servername", "localhost"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    text.lines().find(|line| line.starts_with("subject=")).unwrap_or("no certificate").replace(' ', "")
}

#[test]
fn a_new_certificate_is_taken_on_sighup_and_a_bad_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    make_certificate(folder.path(), "first");
    let tls = ["--set", "server.tls_cert=cert.pem", "--set", "server.tls_key=key.pem"];
    let server = Running::serve(folder.path(), &tls);
    assert_eq!(subject(&server.address), "subject=CN=first");

    make_certificate(folder.path(), "second");
    server.signal("HUP");
    server.log_line("the certificate was read again");
    assert_eq!(subject(&server.address), "subject=CN=second");

    std::fs::write(folder.path().join("cert.pem"), "rubbish").unwrap();
    server.signal("HUP");
    server.log_line("the old one stays");
    assert_eq!(subject(&server.address), "subject=CN=second");
}

#[test]
fn a_connection_with_tls_on_which_nothing_is_asked_is_closed_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    make_certificate(folder.path(), "quiet");
    let tls = ["server.tls_cert=cert.pem", "server.tls_key=key.pem", "limits.http_header_timeout_ms=1000"];
    let server = Running::serve(folder.path(), &tls.map(|setting| ["--set", setting]).concat());
    // It stays until the server goes, and prints what that says.
    let heard = Command::new("openssl")
        .args(["s_client", "-quiet", "-ign_eof", "-connect", &server.address, "-servername", "localhost"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&heard.stdout), "");
}
