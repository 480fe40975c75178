//! Faults at random times, one after the other. Each is over when this returns, and has fired.

use std::time::Duration;

use anyhow::{Context, Result};
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::json;
use tokio::time::sleep;

use super::lane::USER;
use super::scene::Scene;
use super::step::{Phase, query};
use crate::proxy::{Network, Proxy};

/// How long a network is away here.
const AWAY: Duration = Duration::from_millis(1500);

/// What may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mishap {
    /// SIGKILL, and another start.
    Kill,
    /// A second process.
    Takeover,
    /// A fault of the local Databend at COMMIT.
    Commit(&'static str),
    /// A fault of the local Databend at a statement inside the transaction.
    Statement(&'static str),
    /// Databend loses every session.
    Restart,
    /// The tables are compacted by somebody else.
    Compaction,
    /// The source ends dt's connections.
    SourceConnections,
    /// The network to the source is cut.
    SourceNetwork,
    /// The network to Databend is cut.
    TargetNetwork,
}

const ALL: &[Mishap] = &[
    Mishap::Kill,
    Mishap::Commit("drop_after"),
    Mishap::Restart,
    Mishap::Commit("drop_before"),
    Mishap::Compaction,
    Mishap::Takeover,
    Mishap::Statement("http_503"),
    Mishap::SourceConnections,
    Mishap::Commit("garbage"),
    Mishap::Statement("kill_session"),
    Mishap::SourceNetwork,
    Mishap::Commit("kill_session"),
    Mishap::TargetNetwork,
    Mishap::Commit("http_503"),
];

/// One mishap after the other; every kind comes before any comes again.
#[derive(Debug)]
pub struct Mishaps {
    random: StdRng,
    left: Vec<Mishap>,
    /// How many have happened.
    pub count: usize,
}

impl Mishaps {
    /// None yet.
    pub fn new(random: StdRng) -> Self {
        Self { random, left: Vec::new(), count: 0 }
    }

    /// Waits a moment and lets the next one happen; the task has committed something behind it when this returns.
    ///
    /// # Errors
    /// It did not happen, or the task did not survive what it has to survive.
    pub async fn next(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        sleep(Duration::from_millis(self.random.random_range(300..2500))).await;
        if self.left.is_empty() {
            self.left = ALL.to_vec();
        }
        let mishap = self.left.swap_remove(self.random.random_range(0..self.left.len()));
        let happened = async {
            happen(mishap, scene).await?;
            scene.says_again("batch committed").await
        };
        happened.await.with_context(|| format!("{mishap:?}, number {}", self.count + 1))?;
        self.count += 1;
        Ok(())
    }
}

async fn happen(mishap: Mishap, scene: &mut Scene<'_>) -> Result<()> {
    match mishap {
        Mishap::Kill => {
            scene.tasks.kill().await?;
            scene.start()?;
        }
        Mishap::Takeover => {
            scene.tasks.overtake()?;
            scene.tasks.one_ends(5).await?;
        }
        Mishap::Commit(action) => fault(scene, action, "^COMMIT").await?,
        Mishap::Statement(action) => {
            fault(scene, action, "^(INSERT|DELETE|REPLACE|COPY|MERGE).*dt_test").await?
        }
        Mishap::Restart => {
            scene.control("POST", "/_restart", r#"{"ms": 300}"#).await?;
        }
        Mishap::Compaction => {
            for table in scene.lane.target().tables(&scene.id).await? {
                let sql = format!("OPTIMIZE TABLE `{}`.`{table}` COMPACT", scene.id);
                // The task's transaction may win the race; then this one conflicts.
                let _ = scene.lane.target().query(&sql).await;
            }
        }
        Mishap::SourceConnections => {
            let source = scene.lane.source();
            let sql = format!("SELECT id FROM information_schema.processlist WHERE user = '{USER}'");
            for id in source.query(&sql).await?.iter().flatten().flatten() {
                let _ = source.query(&format!("KILL {id}")).await;
            }
        }
        Mishap::SourceNetwork => away(&scene.lane.to_source).await,
        Mishap::TargetNetwork => away(&scene.lane.to_target).await,
    }
    scene.tasks.follow().await
}

async fn fault(scene: &mut Scene<'_>, action: &str, sql: &'static str) -> Result<()> {
    let step = query("any", Phase::Batch, sql, 1);
    scene.plant(&step, json!({ "action": action })).await?;
    scene.fired(1).await?;
    scene.control("DELETE", "/_fault", "").await.map(drop)
}

async fn away(network: &Proxy) {
    network.set(Network::Cut);
    sleep(AWAY).await;
    network.set(Network::Up);
}
