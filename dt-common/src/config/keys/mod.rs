//! The registry of sections and keys: what exists, what it defaults to, and why. A file a section.

mod credentials;
mod extractor;
mod filter;
mod metrics;
mod parallelizer;
mod pipeline;
mod reference;
mod router;
mod runtime;
mod schema;
mod sinker;
mod task;
mod values;

use super::task::ExtractType::{self, Cdc, Snapshot, SnapshotAndCdc};

pub use reference::reference;

/// A section of the task file.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Name, without brackets.
    pub name: &'static str,
    /// Its keys, in the order of the documentation.
    pub keys: &'static [Key],
}

/// A key of the task file.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Name.
    pub name: &'static str,
    /// Default as it would be written; `None` for a key that has to be given where it applies.
    pub default: Option<&'static str>,
    /// What it does, and why the default is what it is.
    pub doc: &'static str,
    /// Kinds of task that it means something to; empty for all.
    only: &'static [ExtractType],
    /// What a template shows for a key without a default; `<..>` in it is to be filled in.
    pub example: &'static str,
}

/// Every section, in the order of the documentation.
pub const SECTIONS: &[Section] = &[
    Section { name: "task", keys: task::KEYS },
    Section { name: "extractor", keys: extractor::KEYS },
    Section { name: "filter", keys: filter::KEYS },
    Section { name: "router", keys: router::KEYS },
    Section { name: "sinker", keys: sinker::KEYS },
    Section { name: "parallelizer", keys: parallelizer::KEYS },
    Section { name: "pipeline", keys: pipeline::KEYS },
    Section { name: "schema", keys: schema::KEYS },
    Section { name: "values", keys: values::KEYS },
    Section { name: "metrics", keys: metrics::KEYS },
    Section { name: "runtime", keys: runtime::KEYS },
];

/// Tasks that write rows.
const ROWS: &[ExtractType] = &[Snapshot, Cdc, SnapshotAndCdc];
/// Tasks that copy.
const COPIES: &[ExtractType] = &[Snapshot, SnapshotAndCdc];
/// Tasks that follow the binlog.
const FOLLOWS: &[ExtractType] = &[Cdc, SnapshotAndCdc];

const fn key(name: &'static str, default: Option<&'static str>, doc: &'static str) -> Key {
    Key { name, default, doc, only: &[], example: "" }
}

impl Key {
    /// The key means something to these kinds of task only.
    const fn only(mut self, kinds: &'static [ExtractType]) -> Self {
        self.only = kinds;
        self
    }

    /// What a template shows.
    const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    /// Whether the key means something to this kind of task.
    pub fn applies_to(&self, kind: ExtractType) -> bool {
        self.only.is_empty() || self.only.contains(&kind)
    }
}

/// The registered section.
pub fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

/// The registered key.
pub fn find(section: &str, name: &str) -> Option<&'static Key> {
    self::section(section)?.keys.iter().find(|key| key.name == name)
}

/// The section that a key of this name belongs to.
pub fn section_of(name: &str) -> Option<&'static str> {
    SECTIONS
        .iter()
        .find(|section| section.keys.iter().any(|key| key.name == name))
        .map(|section| section.name)
}

/// Names that users of ape-dts bring, and what to use here.
pub const FOREIGN: &[(&str, &str)] = &[
    ("[global]", "[task]"),
    ("[resumer]", "nothing: dt keeps its position in the target and resumes by itself"),
    ("[pipeline] buffer_size", "[pipeline] buffer_memory_mb"),
    ("[pipeline] batch_sink_interval_secs", "[pipeline] flush_interval_ms"),
    ("[filter] do_ddls", "[schema]: what is done about each kind of change"),
    (
        "[filter] do_structures",
        "nothing: extract_type = struct creates databases and tables, and what else there is stays behind",
    ),
    ("[filter] do_dcls", "nothing: users and privileges are not copied"),
    ("[filter] ignore_cmds", "nothing: it is about Redis"),
    ("[extractor] end_time_utc", "[extractor] stop_at"),
    ("[router] topic_map", "nothing: it is about Kafka"),
    ("[runtime] log4rs_file", "[runtime] log_level and log_dir"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_documented() {
        for (i, section) in SECTIONS.iter().enumerate() {
            assert!(SECTIONS[..i].iter().all(|other| other.name != section.name), "{}", section.name);
            for (i, key) in section.keys.iter().enumerate() {
                assert!(key.doc.len() > 10 && key.doc.ends_with('.'), "{} {}", section.name, key.name);
                assert!(section.keys[..i].iter().all(|other| other.name != key.name), "{}", key.name);
            }
        }
    }
}
