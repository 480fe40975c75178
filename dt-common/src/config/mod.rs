//! The task file: an ini, read twice. First raw ([`ini`]), where unknown sections and keys are refused with their line and
//! the nearest known name; then typed ([`task`]), when values are validated.
//!
//! [`keys`] is the one registry of sections, keys, defaults and their reasons; [`template`] writes a task file to start from by it.

pub mod ini;
pub mod keys;
mod secret;
pub mod task;
pub mod template;
mod validate;

pub use secret::Secret;
pub use task::{
    BinlogStart, DatabendConfig, ExistingRows, ExtractType, ExtractorConfig, FilterConfig, FkCascade,
    MySqlExtractorConfig, ParallelType, ParallelizerConfig, PipelineConfig, RouterConfig, RuntimeConfig,
    SinkType, SinkerConfig, StopAt, TaskConfig,
};
