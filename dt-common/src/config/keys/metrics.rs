//! The port of `dt run`.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        "http_port",
        Some("0"),
        "Port of `/metrics` (Prometheus), `/healthz` and `/readyz` while `dt run` runs; 0 opens none. See docs/metrics.md. A port that is in use is an error before anything starts.",
    ),
    key(
        "http_host",
        Some("127.0.0.1"),
        "Address that the port is opened on. Only this machine by default, because nobody has to log in; `0.0.0.0` is all addresses.",
    ),
];
