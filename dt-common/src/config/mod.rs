//! The task file: an ini, read twice. First raw ([`ini`]), where unknown sections and keys are refused with their line and
//! the nearest known name; then typed ([`task`]), when values are validated.
//!
//! [`keys`] is the one registry of sections, keys, defaults and their reasons; [`template`] writes a task file to start from by it.
//!
//! A connection's secrets may stand outside of the file ([`environment`], and the keys `.._env` and `password_file`).

mod connection;
mod dsn;
pub mod environment;
pub mod ini;
pub(crate) mod json;
pub mod keys;
mod schema_policy;
mod secret;
mod start;
pub mod task;
pub mod template;
mod tls;
mod validate;
pub mod values;

pub use schema_policy::{ChangeKind, SchemaAction, SchemaPolicies};
pub use secret::Secret;
pub use task::{
    BinlogStart, BloomIndex, DatabendConfig, ExistingRows, ExtractType, ExtractorConfig, FkCascade,
    LogFormat, MetricsConfig, MySqlExtractorConfig, ParallelType, ParallelizerConfig, PipelineConfig, Rates,
    RuntimeConfig, SinkType, SinkerConfig, StopAt, TableLayout, TaskConfig, WriteMethod,
};
pub use tls::{ClientIdentity, SourceTls, SslMode};
pub use values::{Class, ColumnPolicies, Policy, Values};
