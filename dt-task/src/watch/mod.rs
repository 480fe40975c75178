//! What a running task shows of itself, without being part of its work.
//!
//! | file | holds |
//! |---|---|
//! | [`watcher`] | what a task is given to be watched by, and what goes on beside it |
//! | [`looks`] | looks at the source from beside the stream |
//! | [`report`] | lines of the log |
//! | [`bars`], [`screen`] | progress bars on a terminal, with the log above them |
//! | [`metrics`], [`samples`] | the registry of metrics: names, types, units, meanings, values |
//! | [`page`] | the page that describes them |
//! | [`exposition`] | the text that a scrape gets |
//! | [`endpoint`] | `/metrics`, `/healthz`, `/readyz` |
//!
//! All of it reads [`dt_common::monitor::Monitor`]; none of it may stop or slow the task.

mod bars;
pub(crate) mod endpoint;
pub(crate) mod exposition;
pub(crate) mod looks;
pub(crate) mod metrics;
pub(crate) mod page;
pub(crate) mod report;
pub(crate) mod samples;
pub(crate) mod screen;
pub(crate) mod watcher;

pub use endpoint::Endpoint;
pub use page::metrics_page;
pub use screen::Screen;
pub use watcher::Watch;
