//! Python with packages from its registry, for clients that anybody would write.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{process::Command, sync::Mutex};

/// Two tests must not install into one folder at a time.
static INSTALLING: Mutex<()> = Mutex::const_new(());

/// Where the scripts of these clients are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Run something to its end. `missing` says what to install where it is not there.
pub async fn run(command: &mut Command, missing: &str) {
    let output = command.current_dir(folder()).stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}. Install {missing}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}{err}");
}

/// Python with the packages that this file among the scripts pins.
pub async fn python(requirements: &str) -> Command {
    let _guard = INSTALLING.lock().await;
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("python-{requirements}"));
    let (interpreter, installed) = (home.join("bin/python"), home.join("installed"));
    let wanted = std::fs::read(folder().join(requirements)).unwrap();
    if std::fs::read(&installed).ok().as_ref() != Some(&wanted) {
        let venv = "Python 3 with venv (Debian: apt-get install python3-venv)";
        run(Command::new("python3").args(["-m", "venv"]).arg(&home), venv).await;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
        run(Command::new(&interpreter).args(install), "Python 3 with pip").await;
        std::fs::write(installed, wanted).unwrap();
    }
    let mut python = Command::new(interpreter);
    python.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(folder());
    python
}
