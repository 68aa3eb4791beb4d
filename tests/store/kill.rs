//! What was acknowledged is there after kill -9.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
};

use bedside::store::{DatabaseSettings, End, PageSize, Span, Store};
use tokio::task::JoinSet;

use crate::support::*;

/// Set for the process that is killed: the database that it writes to.
const ADDRESS: &str = "BEDSIDE_TEST_KILLED_WRITER";
const WRITERS: usize = 16;

/// Not a test by itself: run by the other one in a process of its own, it writes until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "the one that kills it reads what it prints")]
async fn the_writer_that_is_killed() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let settings = DatabaseSettings::new(Some(&address), std::path::Path::new("/nowhere")).unwrap();
    let store = Store::open(&settings, |_| ()).await.unwrap();
    let room = room(&store, "a").await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (store, room) = (store.clone(), room.clone());
        writers.spawn(async move {
            for key in 0.. {
                let row = say(&store, &room, &format!("user{writer}"), &key.to_string()).await.unwrap().row;
                println!("\nacknowledged {} user{writer} {key}", row.seq);
            }
        });
    }
    writers.join_all().await;
}

both! {
    async fn what_a_killed_process_has_acknowledged_is_stored_without_a_hole(db: Database) {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::the_writer_that_is_killed", "--nocapture"])
            .env(ADDRESS, &db.url)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(writer.stdout.take().unwrap());
        let mut printed = String::new();
        while printed.matches("acknowledged").count() < 400 {
            assert!(output.read_line(&mut printed).unwrap() > 0, "the writer has ended: {printed}");
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        output.read_to_string(&mut printed).unwrap();
        // The last line may have been cut by the kill.
        let whole = printed.rsplit_once('\n').unwrap().0;

        let store = db.open().await;
        let room = "a".parse().unwrap();
        let mut stored = Vec::new();
        loop {
            let span = Span { after: stored.len() as u64, before: None, from: End::Oldest };
            let page = store.events(&room, span, PageSize::default()).await.unwrap();
            let line = |row: &bedside::store::LogRow| {
                let (by, key) = (row.by.as_ref().unwrap(), row.client_key.as_ref().unwrap());
                format!("acknowledged {} {by} {key}", row.seq)
            };
            stored.extend(page.rows.iter().map(line));
            if !page.more {
                break;
            }
        }
        let seqs: Vec<usize> = stored.iter().map(|line| line.split(' ').nth(1).unwrap().parse().unwrap()).collect();
        assert_eq!(seqs, (1..=stored.len()).collect::<Vec<_>>());
        let mut acknowledged: Vec<&str> = whole.lines().filter(|line| line.starts_with("acknowledged")).collect();
        acknowledged.retain(|line| !stored.iter().any(|stored| stored == line));
        assert!(acknowledged.is_empty(), "acknowledged and lost: {acknowledged:?}");
    }
}
