//! How a table is cut: into slices that are asked for side by side, and a slice that differs into smaller ones. Pure.

use std::collections::{BTreeMap, BTreeSet};

use dt_connector::compare::{Buckets, Digest, Residues, Slice};

/// Rows of a slice that one question is about; several questions go on at the same time.
const SLICE_ROWS: u64 = 250_000;
/// Rows of one digest: what a difference costs to look at more closely.
const BUCKET_ROWS: u64 = 2_000;
/// Rows that are read one by one.
const LEAF_ROWS: u64 = 20_000;
/// Digests of one answer at most.
const MAX_BUCKETS: u64 = 65_536;
/// Into how many a slice is cut that differs and is too large to read.
const FANOUT: u64 = 256;
/// Remainders are not made finer than this.
const MAX_MODULUS: u32 = 1 << 24;

/// Where to look next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Read the rows.
    Read(Slice),
    /// Ask for finer digests.
    Ask(Slice, Buckets),
}

/// The slices of a table of about so many rows, with their first digests. `extent` is that of the key's first column, where
/// slices can be ranges of it.
pub(super) fn first(extent: Option<(i128, i128)>, rows: u64) -> Vec<(Slice, Buckets)> {
    let range = extent.and_then(|(least, greatest)| {
        let (least, greatest) = (i64::try_from(least).ok()?, i64::try_from(greatest).ok()?);
        greatest.checked_sub(least)?.checked_add(1).map(|width| (least, greatest, width.unsigned_abs()))
    });
    let Some((least, greatest, width)) = range else {
        let modulus = rows.div_ceil(BUCKET_ROWS).clamp(1, MAX_BUCKETS);
        return vec![(Slice::default(), Buckets::Modulus(modulus as u32))];
    };
    let step = width.div_ceil(rows.div_ceil(SLICE_ROWS).max(1));
    let buckets = rows.min(SLICE_ROWS).div_ceil(BUCKET_ROWS).max(1);
    let parts = ranges(least, greatest, step);
    parts
        .map(|range| (Slice { range: Some(range), residues: None }, Buckets::Width(step.div_ceil(buckets))))
        .collect()
}

fn ranges(least: i64, greatest: i64, step: u64) -> impl Iterator<Item = std::ops::RangeInclusive<i64>> {
    let mut next = Some(least);
    std::iter::from_fn(move || {
        let begin = next?;
        let end = begin.checked_add_unsigned(step - 1).unwrap_or(greatest).min(greatest);
        next = (end < greatest).then(|| end + 1);
        Some(begin..=end)
    })
}

/// Where the digests of a slice differ, and what to do there.
pub(super) fn differing(
    slice: &Slice,
    buckets: Buckets,
    source: &BTreeMap<u64, Digest>,
    target: &BTreeMap<u64, Digest>,
) -> Vec<Next> {
    let all: BTreeSet<u64> = source.keys().chain(target.keys()).copied().collect();
    let rows = |bucket: &u64| {
        let of = |side: &BTreeMap<u64, Digest>| side.get(bucket).map_or(0, |digest| digest.rows);
        of(source).max(of(target))
    };
    let differing = all.iter().filter(|bucket| source.get(bucket) != target.get(bucket));
    let mut groups: Vec<(Vec<u64>, u64)> = Vec::new();
    for bucket in differing {
        let more = rows(bucket);
        match groups.last_mut() {
            // Buckets that are read together: as remainders any, as ranges those that lie side by side.
            Some((group, held))
                if *held + more <= LEAF_ROWS
                    && (matches!(buckets, Buckets::Modulus(_)) || group.last() == Some(&(bucket - 1))) =>
            {
                group.push(*bucket);
                *held += more;
            }
            _ => groups.push((vec![*bucket], more)),
        }
    }
    groups.into_iter().map(|(group, rows)| next(part(slice, buckets, &group), rows)).collect()
}

/// The part of a slice that these buckets are.
fn part(slice: &Slice, buckets: Buckets, group: &[u64]) -> Slice {
    match (buckets, &slice.range) {
        (Buckets::Width(width), Some(range)) => {
            let first = group.first().copied().unwrap_or(0).saturating_mul(width);
            let last = group.last().copied().unwrap_or(0).saturating_add(1).saturating_mul(width) - 1;
            let at = |distance| range.start().checked_add_unsigned(distance).unwrap_or(*range.end());
            Slice { range: Some(at(first)..=at(last).min(*range.end())), residues: slice.residues.clone() }
        }
        (Buckets::Modulus(modulus), _) => {
            let chosen = group.iter().map(|bucket| *bucket as u32).collect();
            Slice { range: slice.range.clone(), residues: Some(Residues { modulus, chosen }) }
        }
        (Buckets::Width(_), None) => slice.clone(),
    }
}

fn next(slice: Slice, rows: u64) -> Next {
    if rows <= LEAF_ROWS {
        return Next::Read(slice);
    }
    if let (Some(range), None) = (&slice.range, &slice.residues) {
        let width = range.end().abs_diff(*range.start()).saturating_add(1);
        if width > 1 {
            return Next::Ask(slice, Buckets::Width(width.div_ceil(FANOUT)));
        }
    }
    let modulus = slice.residues.as_ref().map_or(1, |residues| residues.modulus);
    match modulus.checked_mul(FANOUT as u32).filter(|finer| *finer <= MAX_MODULUS) {
        Some(finer) => Next::Ask(slice, Buckets::Modulus(finer)),
        None => Next::Read(slice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digests(list: &[(u64, u64, u128)]) -> BTreeMap<u64, Digest> {
        list.iter().map(|&(bucket, rows, sum)| (bucket, Digest { rows, sum })).collect()
    }

    fn range(begin: i64, end: i64) -> Slice {
        Slice { range: Some(begin..=end), residues: None }
    }

    #[test]
    fn ranges_cover_the_extent() {
        let slices = first(Some((1, 1_000_000)), 1_000_000);
        assert_eq!(slices.len(), 4);
        assert_eq!(slices[3], (range(750_001, 1_000_000), Buckets::Width(2_000)));
        assert_eq!(first(Some((-3, -3)), 0), [(range(-3, -3), Buckets::Width(1))]);
        let whole = first(Some((0, i128::from(i64::MAX) - 1)), 500_000);
        assert_eq!(whole.last().unwrap().0.range.as_ref().unwrap().end(), &(i64::MAX - 1));
    }

    #[test]
    fn what_no_range_holds_is_cut_by_remainders() {
        for extent in [None, Some((0, u64::MAX.into())), Some((i64::MIN.into(), i64::MAX.into()))] {
            assert_eq!(first(extent, 10_000), [(Slice::default(), Buckets::Modulus(5))]);
        }
    }

    #[test]
    fn neighbours_are_read_together() {
        let source = digests(&[(0, 10, 1), (1, 10, 1), (2, 10, 1), (4, 10, 1)]);
        let target = digests(&[(0, 10, 1), (1, 10, 2), (4, 10, 2), (5, 1, 0)]);
        let found = differing(&range(100, 1_000), Buckets::Width(10), &source, &target);
        assert_eq!(found, [Next::Read(range(110, 129)), Next::Read(range(140, 159))]);
        let found = differing(&Slice::default(), Buckets::Modulus(6), &source, &target);
        let residues = Some(Residues { modulus: 6, chosen: vec![1, 2, 4, 5] });
        assert_eq!(found, [Next::Read(Slice { range: None, residues })]);
        assert!(differing(&range(0, 9), Buckets::Width(1), &source, &source).is_empty());
    }

    #[test]
    fn what_is_too_large_is_cut_finer() {
        let (source, many) = (digests(&[(3, 90_000, 1)]), digests(&[(3, 90_000, 2)]));
        let found = differing(&range(0, 9_999), Buckets::Width(1_000), &source, &many);
        assert_eq!(found, [Next::Ask(range(3_000, 3_999), Buckets::Width(4))]);
        // One value of the first column, as in a table of many tenants: by the whole key.
        let found = differing(&range(0, 9), Buckets::Width(1), &source, &many);
        assert_eq!(found, [Next::Ask(range(3, 3), Buckets::Modulus(256))]);
        let slice = Slice { range: None, residues: Some(Residues { modulus: 7, chosen: vec![3] }) };
        let found = differing(&slice, Buckets::Modulus(7), &source, &many);
        assert_eq!(found, [Next::Ask(slice, Buckets::Modulus(1_792))]);
    }
}
