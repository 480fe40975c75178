//! A network that can be cut: a TCP proxy between dt and a server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Everything passes.
    Up,
    /// Nothing passes and nobody is told: connections stay open and are silent, also new ones.
    Silent,
    /// Connections are reset, new ones too.
    Cut,
}

#[derive(Debug, Clone, Copy)]
struct State {
    network: Network,
    server: SocketAddr,
    /// Falls silent when a client says this.
    silent_at: Option<&'static str>,
}

impl State {
    fn up(server: u16) -> Self {
        let server = SocketAddr::from(([127, 0, 0, 1], server));
        Self { network: Network::Up, server, silent_at: None }
    }
}

/// A listening port that leads to a server. Dropping it ends every connection.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub port: u16,
    state: watch::Sender<State>,
    met: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// Leads to a server's port of 127.0.0.1.
    ///
    /// # Errors
    /// No free port.
    pub async fn start(server: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let (state, _) = watch::channel(State::up(server));
        let met = Arc::new(AtomicU64::new(0));
        let task = tokio::spawn(listen(listener, state.clone(), Arc::clone(&met)));
        Ok(Self { port, state, met, task })
    }

    /// Changes the network.
    pub fn set(&self, network: Network) {
        self.state.send_modify(|state| state.network = network);
    }

    /// Falls silent at the moment in which a client says `text`, and keeps that back.
    pub fn silence_at(&self, text: &'static str) {
        self.state.send_modify(|state| state.silent_at = Some(text));
    }

    /// Leads to another server from now on. Open connections are reset.
    pub async fn point_to(&self, server: u16) {
        self.set(Network::Cut);
        sleep(Duration::from_millis(50)).await;
        self.state.send_modify(|state| *state = State::up(server));
    }

    /// Connections that met a network that was not up.
    pub fn met(&self) -> u64 {
        self.met.load(Ordering::Relaxed)
    }
}

async fn listen(listener: TcpListener, network: watch::Sender<State>, met: Arc<AtomicU64>) {
    // Aborted with this task, and with it every connection.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((client, _)) = accepted {
                connections.spawn(connection(client, network.clone(), Arc::clone(&met)));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection, until one side closes it or the network is cut.
async fn connection(client: TcpStream, network: watch::Sender<State>, met: Arc<AtomicU64>) {
    let mut state = network.subscribe();
    // So that the client sees a reset and no orderly end.
    let _ = client.set_zero_linger();
    let _ = client.set_nodelay(true);
    let mut cut = state.clone();
    let is_met = {
        let mut state = state.clone();
        async move {
            if state.wait_for(|state| state.network != Network::Up).await.is_ok() {
                met.fetch_add(1, Ordering::Relaxed);
            }
            std::future::pending::<()>().await
        }
    };
    let carried = async {
        let Ok(server) = state.wait_for(|state| state.network == Network::Up).await.map(|state| state.server)
        else {
            return;
        };
        let Ok(server) = TcpStream::connect(server).await else { return };
        let _ = server.set_nodelay(true);
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::select! {
            () = pump(from_client, to_server, state.clone(), |said| spring(&network, said)) => {}
            () = pump(from_server, to_client, state, |_| {}) => {}
        }
    };
    tokio::select! {
        // First, so that a connection counts before the cut ends it.
        biased;
        () = is_met => {}
        _ = cut.wait_for(|state| state.network == Network::Cut) => {}
        () = carried => {}
    }
}

/// Makes the network silent if a client says what it is to be silent at.
fn spring(network: &watch::Sender<State>, said: &[u8]) {
    network.send_if_modified(|state| {
        let springs =
            state.silent_at.is_some_and(|text| said.windows(text.len()).any(|part| part == text.as_bytes()));
        if springs {
            (state.network, state.silent_at) = (Network::Silent, None);
        }
        springs
    });
}

/// Carries bytes one way while the network is up; `heard` is told what comes.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    heard: impl Fn(&[u8]),
) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        let Some(bytes) = buffer.get(..read) else { return };
        heard(bytes);
        if state.wait_for(|state| state.network == Network::Up).await.is_err() {
            return;
        }
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut byte = [0];
                    while client.read_exact(&mut byte).await.is_ok() && client.write_all(&byte).await.is_ok()
                    {
                    }
                });
            }
        });
        port
    }

    #[tokio::test]
    async fn a_network_that_is_silent_and_cut() {
        let proxy = Proxy::start(echo().await).await.unwrap();
        let mut client = TcpStream::connect(("127.0.0.1", proxy.port)).await.unwrap();
        let mut byte = [7];
        client.write_all(&byte).await.unwrap();
        client.read_exact(&mut byte).await.unwrap();
        assert_eq!(proxy.met(), 0);
        proxy.set(Network::Silent);
        client.write_all(&byte).await.unwrap();
        let silent = tokio::time::timeout(Duration::from_millis(100), client.read_exact(&mut byte)).await;
        assert!(silent.is_err());
        proxy.set(Network::Up);
        client.read_exact(&mut byte).await.unwrap();
        proxy.set(Network::Cut);
        assert!(client.read_exact(&mut byte).await.is_err());
        assert_eq!(proxy.met(), 1);
        proxy.set(Network::Up);
        proxy.silence_at("now");
        let mut client = TcpStream::connect(("127.0.0.1", proxy.port)).await.unwrap();
        client.write_all(b"n").await.unwrap();
        client.read_exact(&mut byte).await.unwrap();
        client.write_all(b"ow, not now").await.unwrap();
        let silent = tokio::time::timeout(Duration::from_millis(100), client.read_exact(&mut byte)).await;
        assert!(silent.is_err());
        assert_eq!(proxy.met(), 2);
    }
}
