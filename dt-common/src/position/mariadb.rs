//! MariaDB's GTIDs: the last sequence number in each domain.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A MariaDB GTID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MariaDbGtid {
    /// Replication domain.
    pub domain: u32,
    /// Server that wrote the transaction.
    pub server: u32,
    /// Sequence number in the domain.
    pub sequence: u64,
}

impl fmt::Display for MariaDbGtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.domain, self.server, self.sequence)
    }
}

/// A MariaDB GTID position: the last GTID in each domain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GtidList {
    domains: BTreeMap<u32, MariaDbGtid>,
}

impl GtidList {
    /// Moves one domain on.
    pub fn add(&mut self, gtid: MariaDbGtid) {
        self.domains.insert(gtid.domain, gtid);
    }

    /// Whether every domain of `other` is here, as far or farther.
    pub fn contains(&self, other: &Self) -> bool {
        other
            .domains
            .iter()
            .all(|(domain, gtid)| self.domains.get(domain).is_some_and(|own| own.sequence >= gtid.sequence))
    }

    /// The last GTID of each domain.
    pub fn iter(&self) -> impl Iterator<Item = &MariaDbGtid> {
        self.domains.values()
    }

    /// Whether no domain is known.
    pub fn is_empty(&self) -> bool {
        self.domains.is_empty()
    }
}

impl fmt::Display for GtidList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, gtid) in self.domains.values().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            write!(f, "{gtid}")?;
        }
        Ok(())
    }
}

/// Parses what MariaDB prints: `0-1-5,1-2-7`.
impl FromStr for GtidList {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut list = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let fields: Vec<&str> = part.split('-').collect();
            let gtid = match fields[..] {
                [domain, server, sequence] => {
                    domain.parse().ok().zip(server.parse().ok()).zip(sequence.parse().ok())
                }
                _ => None,
            };
            let ((domain, server), sequence) = gtid.ok_or_else(|| {
                Error::config(format!(
                    "`{part}` in `{text}` is not a MariaDB GTID; expected `domain-server-sequence`"
                ))
            })?;
            list.add(MariaDbGtid { domain, server, sequence });
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_round_trip_and_compare_by_domain() {
        let list = |text: &str| text.parse::<GtidList>().unwrap();
        assert_eq!(list(" 2-1-9, 0-1-5").to_string(), "0-1-5,2-1-9");
        assert!(list("0-1-5,2-1-9").contains(&list("0-7-5")));
        assert!(!list("0-1-5").contains(&list("0-1-6")) && !list("0-1-5").contains(&list("1-1-1")));
    }

    #[test]
    fn bad_lists_are_errors() {
        for text in ["0-1", "0-1-x", "a"] {
            assert!(text.parse::<GtidList>().is_err(), "{text}");
        }
    }
}
