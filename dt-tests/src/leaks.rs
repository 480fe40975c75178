//! Looks for planted secrets in everything that `dt` has written, in every form that they could have taken on their way.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Shorter texts would be found by chance.
const SHORTEST: usize = 8;

/// Expects none of the secrets in the logs of a case's folder: `dt_*.log`, and whatever lies in `logs`.
///
/// # Errors
/// A secret in a file, or a secret that is too short to look for.
pub fn search(folder: &Path, secrets: &[String]) -> Result<()> {
    if secrets.is_empty() {
        return Ok(());
    }
    let logs = written_by_dt(folder)?;
    ensure!(!logs.is_empty(), "dt has written nothing to look for secrets in");
    for path in logs {
        let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        for secret in secrets {
            ensure!(secret.len() >= SHORTEST, "`{secret}` is too short to look for");
            if let Some(form) = forms(secret).into_iter().find(|form| text.contains(form.as_str())) {
                let line = text.lines().find(|line| line.contains(&form)).unwrap_or_default();
                bail!("{} shows `{secret}` as `{form}`:\n{line}", path.display());
            }
        }
    }
    Ok(())
}

fn written_by_dt(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = |folder: &Path| -> Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        Ok(entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?)
    };
    let is_output = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("dt_") && name.ends_with(".log")
    };
    let mut found: Vec<PathBuf> = files(folder)?.into_iter().filter(is_output).collect();
    let logs = folder.join("logs");
    if logs.is_dir() {
        found.extend(files(&logs)?);
    }
    Ok(found)
}

/// A secret as it is, escaped, percent-encoded, in hexadecimal, as a list of bytes, and in base64 wherever it begins.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let each = |form: &dyn Fn(u8) -> String, between: &str| {
        bytes.iter().map(|byte| form(*byte)).collect::<Vec<_>>().join(between)
    };
    let percent = |keeps: &str| {
        each(
            &|byte| {
                let is_kept = byte.is_ascii_alphanumeric() || keeps.contains(byte as char);
                if is_kept { (byte as char).to_string() } else { format!("%{byte:02X}") }
            },
            "",
        )
    };
    let mut forms = vec![
        secret.to_owned(),
        format!("{secret:?}").trim_matches('"').to_owned(),
        percent(""),
        percent("-._~"),
        percent("-._~!$&'()*+,"),
        each(&|byte| format!("{byte:02x}"), ""),
        each(&|byte| format!("{byte:02X}"), ""),
        each(&|byte| byte.to_string(), ", "),
    ];
    forms.extend(percent_lower(&forms[2..5]));
    // Base64 looks different for each place in a group of three bytes; the characters at the edges depend on what is beside.
    forms.extend((0..3).map(|before| {
        let text = STANDARD_NO_PAD.encode([&vec![0; before], bytes].concat());
        text[(before * 8).div_ceil(6)..(before + bytes.len()) * 8 / 6].to_owned()
    }));
    forms
}

/// The same with small hexadecimal digits.
fn percent_lower(encoded: &[String]) -> Vec<String> {
    let lower = |text: &String| {
        let mut parts = text.split('%');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            let (digits, rest) = part.split_at(part.len().min(2));
            format!("{text}%{}{rest}", digits.to_lowercase())
        })
    };
    encoded.iter().map(lower).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_looked_for() {
        let secret = "p@ss/w\"r d";
        let found = |text: &str| forms(secret).iter().any(|form| text.contains(form.as_str()));
        for text in [
            secret,
            r#"Some("p@ss/w\"r d")"#,
            "mysql://u:p%40ss%2Fw%22r%20d@h",
            "p%40ss%2fw%22r%20d",
            "x704073732f7722722064x",
            "x704073732F7722722064x",
            "[112, 64, 115, 115, 47, 119, 34, 114, 32, 100]",
        ] {
            assert!(found(text), "{text}");
        }
        for before in ["", "u:", "root:", "abc"] {
            let text = base64::engine::general_purpose::STANDARD.encode(format!("{before}{secret}@host"));
            assert!(found(&text), "{before}: {text}");
        }
        assert!(!found("nothing of it"));
    }

    #[test]
    fn a_file_that_shows_it_is_named() {
        let folder = std::env::temp_dir().join(format!("dt_leaks_{}", std::process::id()));
        std::fs::create_dir_all(folder.join("logs")).unwrap();
        let secrets = ["hunter2hunter2".to_owned()];
        assert!(search(&folder, &secrets).unwrap_err().to_string().contains("nothing to look"));
        std::fs::write(folder.join("dt_1.log"), "harmless").unwrap();
        search(&folder, &secrets).unwrap();
        std::fs::write(folder.join("logs/dt.log.1"), "a\npassword=hunter2hunter2\n").unwrap();
        let error = search(&folder, &secrets).unwrap_err().to_string();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(error.contains("dt.log.1") && error.contains("password="), "{error}");
    }
}
