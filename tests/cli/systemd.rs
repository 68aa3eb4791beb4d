//! The units of `deploy/`, as systemd reads them.

use std::{fs, path::Path, process::Command};

#[test]
fn systemd_has_nothing_to_say_against_the_units() {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let folder = tempfile::tempdir().unwrap();
    let mut units = Vec::new();
    for entry in fs::read_dir(deploy).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| ["service", "timer"].iter().any(|unit| kind == *unit)) {
            let unit = folder.path().join(path.file_name().unwrap());
            // It looks whether the program is there.
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains("file:///usr/share/doc/bedside/OPERATIONS.md"), "{}", path.display());
            fs::write(&unit, text.replace("/usr/local/bin/bedside", env!("CARGO_BIN_EXE_bedside"))).unwrap();
            units.push(unit);
        }
    }
    assert_eq!(units.len(), 4, "{units:?}");
    let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&units).output();
    let output = output.expect("systemd-analyze (Debian: apt-get install systemd)");
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && said.is_empty(), "{said}");
}
