//! The binary: everything is in the library, so that tests reach it.

use std::process::ExitCode;

/// The least time for each message, and memory goes back after a rush. Without huge pages: of each one that is touched anywhere,
/// two megabytes are held.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bedside::cli::main()
}
