//! MySQL's GTIDs: sets of intervals, compared as sets.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::{Error, Result};

/// Who numbers MySQL GTIDs: a server and, since MySQL 8.3, an optional tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GtidSource {
    /// `server_uuid`.
    pub uuid: [u8; 16],
    /// Tag, lower case.
    pub tag: Option<Arc<str>>,
}

impl fmt::Display for GtidSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.uuid.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        Ok(())
    }
}

/// A MySQL GTID set: closed intervals, sorted and disjoint, for each source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GtidSet {
    sources: BTreeMap<GtidSource, Vec<(u64, u64)>>,
}

impl GtidSet {
    /// Adds one GTID.
    pub fn add(&mut self, source: &GtidSource, number: u64) {
        match self.sources.get_mut(source) {
            Some(intervals) => insert_interval(intervals, (number, number)),
            None => {
                self.sources.insert(source.clone(), vec![(number, number)]);
            }
        }
    }

    /// Whether every GTID of `other` is in this set.
    pub fn contains(&self, other: &Self) -> bool {
        other.sources.iter().all(|(source, intervals)| {
            let own = self.sources.get(source).map_or(&[][..], Vec::as_slice);
            intervals.iter().all(|&(from, to)| own.iter().any(|&(a, b)| a <= from && to <= b))
        })
    }

    /// Intervals of each source, closed, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (&GtidSource, &[(u64, u64)])> {
        self.sources.iter().map(|(source, intervals)| (source, intervals.as_slice()))
    }

    /// Whether the set holds nothing.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }
}

/// Inserts a closed interval into sorted disjoint ones and joins neighbours.
fn insert_interval(intervals: &mut Vec<(u64, u64)>, new: (u64, u64)) {
    // The usual case: the next number of the same source.
    if let Some(last) = intervals.last_mut()
        && last.0 <= new.0
        && new.0 <= last.1.saturating_add(1)
    {
        last.1 = last.1.max(new.1);
        return;
    }
    let at = intervals.partition_point(|&(from, _)| from < new.0);
    intervals.insert(at, new);
    let mut joined: Vec<(u64, u64)> = Vec::with_capacity(intervals.len());
    for &(from, to) in intervals.iter() {
        match joined.last_mut() {
            Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    *intervals = joined;
}

impl fmt::Display for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (source, intervals)) in self.sources.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            write!(f, "{source}")?;
            for &(from, to) in intervals {
                if from == to { write!(f, ":{from}")? } else { write!(f, ":{from}-{to}")? }
            }
        }
        Ok(())
    }
}

/// Parses what MySQL prints: `uuid:1-5:7,uuid:tag:1-2:other_tag:3`, with white space around the commas.
impl FromStr for GtidSet {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut set = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let mut fields = part.split(':').map(str::trim);
            let uuid = fields.next().and_then(parse_uuid).ok_or_else(|| bad_gtid(text, part))?;
            let mut source = GtidSource { uuid, tag: None };
            for field in fields {
                if field.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                    source.tag = Some(field.to_ascii_lowercase().into());
                    continue;
                }
                let (from, to) = field.split_once('-').unwrap_or((field, field));
                let interval = from.parse().ok().zip(to.parse().ok());
                let (from, to) =
                    interval.filter(|(a, b)| 1 <= *a && a <= b).ok_or_else(|| bad_gtid(text, part))?;
                insert_interval(set.sources.entry(source.clone()).or_default(), (from, to));
            }
        }
        Ok(set)
    }
}

fn bad_gtid(text: &str, part: &str) -> Error {
    Error::config(format!("`{part}` in `{text}` is not a GTID set; expected `uuid:1-5:7,uuid:tag:1-2`"))
}

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || !digits.is_ascii() {
        return None;
    }
    let mut uuid = [0; 16];
    for (i, byte) in uuid.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

    fn set(text: &str) -> GtidSet {
        text.parse().unwrap()
    }

    #[test]
    fn mysql_sets_round_trip_and_join() {
        for text in [format!("{A}:1-5:7"), format!("{A}:1-3,{A}:blue:1-2"), String::new()] {
            assert_eq!(set(&text).to_string(), text);
        }
        assert_eq!(set(&format!(" {A}:5-7:1-4 ,\n{A}:9")).to_string(), format!("{A}:1-7:9"));
        assert_eq!(set(&format!("{A}:1:blue:3:red:4")).to_string(), format!("{A}:1,{A}:blue:3,{A}:red:4"));
        let mut grown = set(&format!("{A}:1-3:7"));
        let source = grown.iter().next().unwrap().0.clone();
        [4, 6, 5, 5].into_iter().for_each(|n| grown.add(&source, n));
        assert_eq!(grown.to_string(), format!("{A}:1-7"));
    }

    #[test]
    fn mysql_sets_compare_as_sets() {
        assert!(set(&format!("{A}:1-9")).contains(&set(&format!("{A}:2-3:5"))));
        assert!(!set(&format!("{A}:1-4:6-9")).contains(&set(&format!("{A}:4-6"))));
        assert!(!set(&format!("{A}:1-9")).contains(&set(&format!("{A}:blue:1"))));
        assert!(set("").contains(&set("")));
    }

    #[test]
    fn bad_sets_are_errors() {
        for text in ["x:1", &format!("{A}:0"), &format!("{A}:5-3"), &format!("{A}:1-")] {
            assert!(text.parse::<GtidSet>().is_err(), "{text}");
        }
    }
}
