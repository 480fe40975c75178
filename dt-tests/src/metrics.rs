//! A scrape, read by a parser of the OpenMetrics format that is not the one that wrote it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, ensure};
use openmetrics_parser::openmetrics::parse_openmetrics;

use crate::http;

/// What a step asks of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted {
    /// `= VALUE`
    Equal(f64),
    /// `> VALUE`
    Above(f64),
}

impl Wanted {
    /// Whether the value is as wanted.
    pub fn fits(self, value: f64) -> bool {
        match self {
            Self::Equal(wanted) => value == wanted,
            Self::Above(least) => value > least,
        }
    }
}

/// Every series of a task's endpoint with its value.
///
/// # Errors
/// Nobody listens, or the text is not OpenMetrics.
pub async fn scrape(port: u16) -> Result<BTreeMap<String, f64>> {
    let answer = http::request(port, "GET", "/metrics", "", "").await?;
    ensure!(answer.status == 200, "/metrics: {} {}", answer.status, answer.body);
    series(&answer.body)
}

fn series(text: &str) -> Result<BTreeMap<String, f64>> {
    let parsed =
        parse_openmetrics(text).map_err(|e| anyhow!("/metrics is not OpenMetrics: {e:?}\n{text}"))?;
    // Written anew by the parser: a sample a line.
    let shown = parsed.to_string();
    let samples = shown.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').with_context(|| format!("no sample: {line}"))?;
            Ok((name.to_owned(), value.parse()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_found_by_name_and_labels() {
        let text = "# HELP a x\n# TYPE a counter\na_total{b=\"c d\"} 3\n# EOF\n";
        let found = series(text).unwrap();
        assert_eq!(found.get("a_total{b=\"c d\"}"), Some(&3.0), "{found:?}");
        assert!(series("a_total{ 3\n# EOF\n").is_err());
        assert!(Wanted::Above(2.0).fits(3.0) && !Wanted::Equal(2.0).fits(3.0));
    }
}
