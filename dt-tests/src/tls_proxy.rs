//! A proxy that speaks TLS and passes what it hears on in plain text: it stands before the local Databend, which has no TLS.

use std::sync::Arc;

use anyhow::Result;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::certificates::Identity;

/// A running proxy; dropping it ends it and its connections.
#[derive(Debug)]
pub struct TlsProxy {
    /// Port on 127.0.0.1.
    pub port: u16,
    serving: JoinHandle<()>,
}

impl TlsProxy {
    /// Starts a proxy before `address` that shows this certificate.
    ///
    /// # Errors
    /// No port is free, or the key is not the certificate's.
    pub async fn start(address: &str, identity: Identity) -> Result<Self> {
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![identity.cert], identity.key)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let serving = tokio::spawn(serve(listener, acceptor, address.to_owned()));
        Ok(Self { port, serving })
    }
}

impl Drop for TlsProxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, address: String) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let (acceptor, address) = (acceptor.clone(), address.clone());
        // A client that breaks off is its own affair: what it was refused for it says itself.
        connections.spawn(async move {
            let mut client = acceptor.accept(client).await?;
            let mut server = TcpStream::connect(address).await?;
            copy_bidirectional(&mut client, &mut server).await
        });
    }
}
