//! The known name that somebody may have meant.

/// The known name that is most like `name`, whatever its case; `None` when none is like it.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let scored = known.map(|k| (strsim::jaro_winkler(&name, &k.to_lowercase()), k));
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.7).map(|(_, k)| k)
}
