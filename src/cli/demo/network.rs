//! The demo in the local network: this machine's address there, and a certificate for it.

use std::{
    fs,
    io::Write as _,
    net::{IpAddr, Ipv4Addr, UdpSocket},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};

use super::Failure;

/// An address that nobody has (RFC 5737). Nothing is sent there: the way to it is the way out of this machine.
const ANYWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);
/// How long the certificate is good. Longer than a demo, and less than what any browser objects to.
const LIFE: TimeDelta = TimeDelta::days(30);

/// Where the certificate and its key are.
pub(super) struct Files {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// What others in the network reach this machine by.
pub(super) fn own_address(bound: IpAddr) -> Result<IpAddr, Failure> {
    if !bound.is_unspecified() {
        return Ok(bound);
    }
    let found = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        socket.connect(ANYWHERE)?;
        socket.local_addr()
    });
    found.map(|address| address.ip()).map_err(|error| {
        Failure::new(format!(
            "this machine's address in the network was not found ({error}): give it with --bind ADDRESS:PORT"
        ))
    })
}

/// Make a certificate for this address, this machine's name and `localhost`.
pub(super) fn make_certificate(ip: IpAddr, folder: &Path, now: DateTime<Utc>) -> Result<Files, Failure> {
    let mut names = vec![ip.to_string(), "localhost".to_owned(), Ipv4Addr::LOCALHOST.to_string()];
    if let Some(host) = host_name() {
        names.extend([format!("{host}.local"), host]);
    }
    names.dedup();
    let mut params = CertificateParams::new(names)?;
    // What may sign others is refused as a server's own.
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.distinguished_name.push(DnType::CommonName, "Bedside demo");
    // A phone's clock may be behind.
    let (from, to) = (now - TimeDelta::days(1), now + LIFE);
    params.not_before = date_time_ymd(from.year(), number(from.month()), number(from.day()));
    params.not_after = date_time_ymd(to.year(), number(to.month()), number(to.day()));
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let files = Files { certificate: folder.join("demo.pem"), key: folder.join("demo.key") };
    fs::write(&files.certificate, certificate.pem())?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&files.key)?;
    file.write_all(key.serialize_pem().as_bytes())?;
    Ok(files)
}

/// Of a month or a day.
fn number(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(1)
}

/// The machine's name, where the system tells and it fits into a certificate.
fn host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?.trim().to_ascii_lowercase();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    (!name.is_empty() && name.len() <= 63 && name.chars().all(fits)).then_some(name)
}
