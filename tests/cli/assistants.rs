//! What `bedside assistants check` says of an endpoint that cannot be reached.

use std::{fs, path::Path};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use crate::{
    process::{Running, bedside},
    tls::make_certificate,
};

/// Check an assistant that is to answer there, trusting these authorities.
fn check(folder: &Path, base_url: &str, authorities: Option<&str>) -> String {
    let file = format!(
        "[[assistant]]\nid = \"intake\"\nname = \"Intake\"\nmodel = \"m\"\nbase_url = \"{base_url}\"\n"
    );
    fs::write(folder.join("bedside.toml"), file).unwrap();
    let mut command = bedside(folder, &["--config", "bedside.toml", "assistants", "check"]);
    if let Some(file) = authorities {
        command.env("SSL_CERT_FILE", folder.join(file));
    }
    let output = command.output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.matches('\n').count(), 1, "one line: {text}");
    text
}

#[test]
fn an_unknown_host_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    // A name that no name service has (RFC 6761 section 6.4).
    let said = check(folder.path(), "https://llm.invalid/v1", None);
    assert!(
        said.contains("at llm.invalid") && said.contains("there is no such host: look at base_url"),
        "{said}"
    );
}

#[test]
fn a_port_that_nobody_listens_on_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let said = check(folder.path(), "http://127.0.0.1:1/v1", None);
    assert!(said.contains("nothing listens there") && said.contains("refused"), "{said}");
}

#[test]
fn a_bad_certificate_is_refused_and_it_is_said_what_is_bad_about_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    make_certificate(folder, "clinic");
    let tls = ["--set", "server.tls_cert=cert.pem", "--set", "server.tls_key=key.pem"];
    // What speaks TLS there is no assistant, which shows only once the certificate is taken.
    let server = Running::serve(folder, &tls);
    let port = server.address.rsplit_once(':').unwrap().1;
    let (here, elsewhere) = (format!("https://localhost:{port}/v1"), format!("https://127.0.0.1:{port}/v1"));

    let said = check(folder, &here, None);
    assert!(
        said.contains("no authority that this machine trusts") && said.contains("SSL_CERT_FILE"),
        "{said}"
    );
    let said = check(folder, &elsewhere, Some("cert.pem"));
    assert!(said.contains("for another name: put a name that it is for into base_url"), "{said}");
    let said = check(folder, &here, Some("cert.pem"));
    assert!(said.contains("status 404") && !said.contains("certificate"), "{said}");
}

/// One for `localhost` that was good for a day, long ago, as `cert.pem` and `key.pem`.
fn make_expired_certificate(folder: &Path) {
    let key = KeyPair::generate().unwrap();
    let mut terms = CertificateParams::new(["localhost".to_owned()]).unwrap();
    (terms.not_before, terms.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2020, 1, 2));
    fs::write(folder.join("cert.pem"), terms.self_signed(&key).unwrap().pem()).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
}

#[test]
fn an_expired_certificate_is_refused_though_its_authority_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    make_expired_certificate(folder);
    let tls = ["--set", "server.tls_cert=cert.pem", "--set", "server.tls_key=key.pem"];
    let server = Running::serve(folder, &tls);
    let port = server.address.rsplit_once(':').unwrap().1;
    let said = check(folder, &format!("https://localhost:{port}/v1"), Some("cert.pem"));
    assert!(said.contains("its certificate has expired: renew it there"), "{said}");
}

#[test]
fn https_where_http_is_spoken_is_said_to_be_that() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path(), &[]);
    let said = check(folder.path(), &format!("https://{}/v1", server.address), None);
    assert!(said.contains("https or http?"), "{said}");
}
