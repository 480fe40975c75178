//! Tables of random columns with random values of their edges, repeatable by a seed.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use super::types::Kind;

/// Tables of a family.
const TABLES: usize = 6;
/// Rows of a table.
const ROWS: usize = 40;

/// Tables that are made of others' columns.
pub fn kinds(all: &[Kind], seed: u64) -> Vec<Kind> {
    let mut rng = StdRng::seed_from_u64(seed);
    let sources: Vec<&Kind> = all.iter().filter(|kind| !kind.is_key && !kind.values.is_empty()).collect();
    (0..TABLES).map(|n| table(n, &sources, &mut rng)).collect()
}

fn table(n: usize, sources: &[&Kind], rng: &mut StdRng) -> Kind {
    let columns = rng.random_range(3..12);
    let chosen: Vec<&Kind> = (0..columns).filter_map(|_| sources.choose(rng).copied()).collect();
    let name = |i: usize| if i == 0 { "c".to_owned() } else { format!("c{i}") };
    let definitions = chosen.iter().enumerate().map(|(i, kind)| match i {
        // The first one's name stands in front already.
        0 => kind.definition.clone(),
        _ => format!("{} {}", name(i), kind.definition),
    });
    let value = |kind: &Kind, rng: &mut StdRng| kind.values.choose(rng).cloned().unwrap_or_default();
    let row = |rng: &mut StdRng| chosen.iter().map(|kind| value(kind, rng)).collect::<Vec<_>>().join(", ");
    Kind {
        name: format!(
            "random {n}: {}",
            chosen.iter().map(|k| k.name.as_str()).collect::<Vec<_>>().join(" | ")
        ),
        definition: definitions.collect::<Vec<_>>().join(", "),
        columns: (0..chosen.len()).map(name).collect::<Vec<_>>().join(", "),
        values: (0..ROWS).map(|_| row(rng)).collect(),
        is_key: false,
        scripted: None,
    }
}
