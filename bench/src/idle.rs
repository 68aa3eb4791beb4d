//! What it costs to be there: pairs that have joined chat and call and say nothing.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Semaphore, task::JoinSet};

use crate::{Result, server::Server, visit::Visit};

/// Pairs that are there at the end.
pub const PAIRS: usize = 2_500;
/// Pairs that join at the same time.
const TOGETHER: usize = 64;
/// How long memory may take to settle.
const SETTLE: Duration = Duration::from_secs(2);

/// What idle connections cost.
pub struct Cost {
    /// KiB of memory for each.
    pub kib: f64,
    /// Connections a second that were made, and joined chat and call.
    pub joins_per_second: f64,
    /// The server's processor time for each.
    pub cpu: Duration,
}

/// Let everybody come.
pub async fn measure(server: &Server, visits: Vec<Visit>) -> Result<Cost> {
    let connections = (visits.len() * 2) as f64;
    let (memory, cpu, start) = (server.memory_kib()?, server.cpu()?, Instant::now());
    let (address, permits) = (server.address, Arc::new(Semaphore::new(TOGETHER)));
    let mut joining = JoinSet::new();
    for visit in visits {
        let permits = Arc::clone(&permits);
        joining.spawn(async move {
            let _permit = permits.acquire_owned().await?;
            visit.hold(address).await
        });
    }
    let pairs = joining.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    let (cpu, elapsed) = (server.cpu()?.saturating_sub(cpu), start.elapsed());
    tokio::time::sleep(SETTLE).await;
    let memory = server.memory_kib()?.saturating_sub(memory);
    drop(pairs);
    Ok(Cost {
        kib: memory as f64 / connections,
        joins_per_second: connections / elapsed.as_secs_f64(),
        cpu: cpu.div_f64(connections),
    })
}
