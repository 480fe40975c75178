//! Checks as a table and as JSON.

use dt_common::check::{Check, Verdict};
use dt_common::config::TaskConfig;
use serde_json::json;

use super::super::output::aligned;

/// A line a check, the way out below it, and how many there were of each.
pub(super) fn text(checks: &[Check]) -> String {
    let mut rows = vec![["check", "result", "found"].map(str::to_owned)];
    for check in checks {
        let finding = &check.finding;
        rows.push([check.name.to_owned(), word(finding.verdict).to_owned(), finding.found.clone()]);
        if !finding.remedy.is_empty() {
            rows.push([String::new(), String::new(), format!("-> {}", finding.remedy)]);
        }
    }
    format!("{}\n{}\n", aligned(&rows), closing(checks))
}

/// The same as one object.
pub(super) fn json(config: &TaskConfig, checks: &[Check]) -> String {
    let count = |verdict| count(checks, verdict);
    let object = json!({
        "task": config.id,
        "extract_type": config.extract_type.name(),
        "checks": checks.iter().map(|check| json!({
            "name": check.name,
            "result": word(check.finding.verdict),
            "found": check.finding.found,
            "remedy": check.finding.remedy,
        })).collect::<Vec<_>>(),
        "passed": count(Verdict::Pass),
        "warned": count(Verdict::Warn),
        "failed": count(Verdict::Fail),
        "unseen": count(Verdict::Unseen),
    });
    format!("{object:#}\n")
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Unseen => "unseen",
        Verdict::Warn => "warn",
        Verdict::Fail => "FAIL",
    }
}

fn closing(checks: &[Check]) -> String {
    let count = |verdict| count(checks, verdict);
    format!(
        "{} checks: {} passed, {} warned, {} failed, {} not seen",
        checks.len(),
        count(Verdict::Pass),
        count(Verdict::Warn),
        count(Verdict::Fail),
        count(Verdict::Unseen)
    )
}

fn count(checks: &[Check], verdict: Verdict) -> usize {
    checks.iter().filter(|check| check.finding.verdict == verdict).count()
}

#[cfg(test)]
mod tests {
    use dt_common::check::Finding;

    use super::*;

    #[test]
    fn a_remedy_stands_below_its_finding() {
        let checks = [
            Check { name: "binlog", finding: Finding::pass("log_bin=ON") },
            Check { name: "row-image", finding: Finding::fail("MINIMAL", "SET GLOBAL x") },
            Check { name: "stage", finding: Finding::without("target-connection") },
        ];
        assert_eq!(
            text(&checks),
            "check      result  found\n\
             binlog     pass    log_bin=ON\n\
             row-image  FAIL    MINIMAL\n\
             \u{20}                  -> SET GLOBAL x\n\
             stage      unseen  not looked at, because it depends on target-connection\n\n\
             3 checks: 1 passed, 0 warned, 1 failed, 1 not seen\n"
        );
    }
}
