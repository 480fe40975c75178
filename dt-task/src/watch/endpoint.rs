//! `/metrics`, `/healthz` and `/readyz` over HTTP, from before the task starts until after it has ended.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use dt_common::config::{MetricsConfig, TaskConfig};
use dt_common::error::{Error, Result};
use dt_common::monitor::Monitor;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tracing::{error, info};

use super::exposition::Exposition;

/// What Prometheus asks for first, and what the client library writes.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// An open endpoint. Dropping it closes it.
#[derive(Debug)]
pub struct Endpoint {
    served: JoinHandle<()>,
}

impl Endpoint {
    /// Opens the endpoint that the task file asks for, if any.
    ///
    /// # Errors
    /// The address cannot be opened.
    pub async fn open(config: &TaskConfig, monitor: &Arc<Monitor>) -> Result<Option<Self>> {
        let Some(MetricsConfig { host, port }) = &config.metrics else { return Ok(None) };
        let listener = TcpListener::bind((host.as_str(), *port)).await.map_err(|e| {
            Error::config(format!(
                "[metrics] http_host, http_port: {host}:{port} cannot be opened; another process may use it (another dt?), so \
                 give each task a port of its own"
            ))
            .caused_by(e)
        })?;
        let exposition = Arc::new(Exposition::new(config, Arc::clone(monitor)));
        let routes = Router::new()
            .route("/metrics", get(metrics))
            .route("/healthz", get(|| async { "the process runs\n" }))
            .route("/readyz", get(readiness))
            .with_state(exposition);
        let served = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                error!(%error, "the metrics endpoint has ended; the task goes on");
            }
        });
        info!(%host, port, "metrics endpoint open");
        Ok(Some(Self { served }))
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.served.abort();
    }
}

async fn metrics(State(exposition): State<Arc<Exposition>>) -> impl IntoResponse {
    match exposition.text() {
        Ok(text) => (StatusCode::OK, [(CONTENT_TYPE, OPEN_METRICS)], text),
        Err(e) => (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_TYPE, "text/plain")], e.to_string()),
    }
}

async fn readiness(State(exposition): State<Arc<Exposition>>) -> impl IntoResponse {
    match exposition.readiness() {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
    }
}
