//! Takes the built pages into a release of the program, and says when it is to be built anew for them.
//!
//! Writes a list of `("name", include_bytes!("path"))`. A debug build reads the pages when it starts.

use std::{env, fs, io, path::Path};

const PAGES: &str = "web/app/dist";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut files = Vec::new();
    if env::var("PROFILE").as_deref() != Ok("debug") {
        // Of a folder that is not there cargo would think each time that it has changed. The one around it
        // changes when it comes.
        let watched = [PAGES, "web/app"].into_iter().find(|folder| Path::new(folder).is_dir());
        if let Some(folder) = watched {
            println!("cargo::rerun-if-changed={folder}");
        }
        if Path::new(PAGES).is_dir() {
            collect(&fs::canonicalize(PAGES)?, Path::new(""), &mut files)?;
        }
    }
    files.sort();
    let line = |(name, path): &(String, String)| format!("({name:?}, include_bytes!({path:?})),\n");
    let lines: String = files.iter().map(line).collect();
    let list = Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("pages.rs");
    fs::write(list, format!("&[\n{lines}]\n"))
}

/// All files of a folder, with their names as they stand in an address.
fn collect(root: &Path, inner: &Path, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(inner))? {
        let entry = entry?;
        let name = inner.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(root, &name, files)?;
        } else if let (Some(name), Some(path)) = (name.to_str(), entry.path().to_str()) {
            files.push((name.to_owned(), path.to_owned()));
        }
    }
    Ok(())
}
