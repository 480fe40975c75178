//! The reduction against a model that applies changes one by one.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::fixtures::table;

type Plain = [i64; 3];

fn row(values: Plain) -> Row {
    values.map(ColValue::Int).into()
}

fn plain(row: &Row) -> Plain {
    std::array::from_fn(|i| if let ColValue::Int(v) = row[i] { v } else { panic!("{row:?}") })
}

fn insert(after: Plain) -> RowChange {
    RowChange::Insert { after: row(after) }
}

fn update(before: Plain, after: Plain) -> RowChange {
    RowChange::Update { before: row(before), after: row(after) }
}

fn delete(before: Plain) -> RowChange {
    RowChange::Delete { before: row(before) }
}

fn net(key: &[usize], changes: impl IntoIterator<Item = RowChange>) -> NetChanges {
    let mut net = NetChange::new(&table(&["a", "b", "c"], key));
    changes.into_iter().for_each(|change| net.add(change).unwrap());
    net.finish()
}

fn sorted(rows: &[Row]) -> Vec<Plain> {
    let mut rows: Vec<Plain> = rows.iter().map(plain).collect();
    rows.sort_unstable();
    rows
}

/// Upserts sorted, and the keys of deletes.
fn keyed(changes: impl IntoIterator<Item = RowChange>) -> (Vec<Plain>, Vec<i64>) {
    match net(&[0], changes) {
        NetChanges::Keyed { upserts, deletes, .. } => {
            (sorted(&upserts), deletes.iter().map(|row| plain(row)[0]).collect())
        }
        NetChanges::Inserted { rows } => (sorted(&rows), Vec::new()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_change_deletes_the_old_key() {
    assert_eq!(keyed([update([1, 1, 1], [2, 1, 1])]), (vec![[2, 1, 1]], vec![1]));
    let there_and_back = [update([1, 1, 1], [2, 1, 1]), update([2, 1, 1], [1, 5, 1])];
    assert_eq!(keyed(there_and_back), (vec![[1, 5, 1]], vec![2]));
}

#[test]
fn keys_that_move_up_by_one_all_survive() {
    let moved = [update([3, 3, 3], [4, 3, 3]), update([2, 2, 2], [3, 2, 2]), update([1, 1, 1], [2, 1, 1])];
    assert_eq!(keyed(moved), (vec![[2, 1, 1], [3, 2, 2], [4, 3, 3]], vec![1]));
}

#[test]
fn a_swap_within_one_statement_keeps_both_rows() {
    let swapped = [update([1, 7, 0], [2, 7, 0]), update([2, 8, 0], [1, 8, 0])];
    assert_eq!(keyed(swapped), (vec![[1, 8, 0], [2, 7, 0]], vec![]));
}

#[test]
fn a_row_that_came_and_went_is_deleted() {
    assert_eq!(keyed([insert([1, 1, 1]), delete([1, 1, 1])]), (vec![], vec![1]));
    assert_eq!(keyed([delete([1, 1, 1]), insert([1, 2, 2])]), (vec![[1, 2, 2]], vec![]));
}

#[test]
fn rows_are_new_while_nothing_but_their_insert_made_them() {
    let rewrite = |after: Plain| RowChange::Rewrite { after: row(after) };
    let is_new = |changes: Vec<RowChange>| matches!(net(&[0], changes), NetChanges::Inserted { .. });
    assert!(is_new(vec![insert([1, 1, 1]), insert([2, 1, 1]), rewrite([1, 5, 5])]));
    for changes in [
        vec![insert([1, 1, 1]), rewrite([2, 1, 1])],
        vec![rewrite([1, 1, 1])],
        vec![insert([1, 1, 1]), delete([1, 1, 1])],
        vec![delete([1, 1, 1]), insert([1, 1, 1])],
        vec![insert([1, 1, 1]), insert([1, 2, 2])],
        vec![insert([1, 1, 1]), update([1, 1, 1], [2, 1, 1])],
        vec![
            insert([1, 1, 1]),
            RowChange::Insert { after: [ColValue::Int(2), ColValue::Absent, ColValue::Int(0)].into() },
        ],
    ] {
        assert!(!is_new(changes.clone()), "{changes:?}");
    }
}

#[test]
fn keyless_rows_are_counted() {
    let a = [1, 1, 1];
    let b = [2, 2, 2];
    let changes = [
        insert(a),
        insert(a),
        delete(b),
        delete(b),
        update(b, a),
        insert(b),
        delete([3, 3, 3]),
        insert([3, 3, 3]),
    ];
    match net(&[], changes) {
        NetChanges::Counted { inserts, deletes } => {
            assert_eq!(inserts.iter().map(plain).collect::<Vec<_>>(), [a, a, a]);
            assert_eq!(
                deletes.iter().map(|(row, copies)| (plain(row), *copies)).collect::<Vec<_>>(),
                [(b, 2)]
            );
        }
        other => panic!("{other:?}"),
    }
}

/// What a random step tries: (kind, key, other key, value). Steps that the model does not allow are skipped.
fn steps() -> impl Strategy<Value = Vec<(u8, i64, i64, i64)>> {
    prop::collection::vec((0..4_u8, 0..6_i64, 0..6_i64, 0..3_i64), 0..60)
}

fn partial(values: [Option<i64>; 3]) -> Row {
    values.map(|value| value.map_or(ColValue::Absent, ColValue::Int)).into()
}

type Target = BTreeMap<i64, (i64, i64)>;

/// What a target comes to that holds `initial`, as the sink's statements apply a net change.
fn applied(initial: &Target, changes: NetChanges) -> Result<Target, TestCaseError> {
    let int = |row: &Row, i: usize| if let ColValue::Int(v) = row[i] { Some(v) } else { None };
    let key = |row: &Row| int(row, 0).expect("a key");
    let mut target = initial.clone();
    let (upserts, deletes, patches, moves) = match changes {
        NetChanges::Keyed { upserts, deletes, patches, moves } => (upserts, deletes, patches, moves),
        NetChanges::Inserted { rows } => (rows, vec![], vec![], vec![]),
        other => panic!("{other:?}"),
    };
    for Move { former, row, is_vacated } in moves {
        let held = initial.get(&key(&former));
        prop_assert!(held.is_some(), "a row moves that is not there");
        prop_assert!(is_vacated || !initial.contains_key(&key(&row)), "a row is overwritten");
        target.insert(key(&row), *held.unwrap());
    }
    for row in deletes {
        target.remove(&key(&row));
    }
    for row in upserts {
        target.insert(key(&row), (int(&row, 1).expect("whole"), int(&row, 2).expect("whole")));
    }
    for row in patches {
        let there = target.get_mut(&key(&row));
        prop_assert!(there.is_some(), "a patch of a row that is not there");
        let (b, c) = there.unwrap();
        (*b, *c) = (int(&row, 1).unwrap_or(*b), int(&row, 2).unwrap_or(*c));
    }
    Ok(target)
}

#[test]
fn what_a_target_may_be_ahead_of_is_refused() {
    let mut net = NetChange::new(&table(&["a", "b", "c"], &[0]));
    let (before, after) = (partial([Some(1), None, None]), partial([Some(2), None, None]));
    let update = || RowChange::Update { before: before.clone(), after: after.clone() };
    assert!(net.add(update()).unwrap_err().to_string().contains("an update changes the key"));
    net.add(insert([1, 1, 1])).unwrap();
    net.add(update()).unwrap();
    assert_eq!(applied(&Target::new(), net.finish()).unwrap(), Target::from([(2, (1, 1))]));
}

proptest! {
    #[test]
    fn keyed_net_change_equals_the_model(initial in prop::collection::btree_map(0..6_i64, 0..3_i64, 0..6), steps in steps()) {
        let full = |key: i64, value: i64| [key / 2, key % 2, value];
        let mut model: BTreeMap<i64, i64> = initial.clone();
        let mut changes = Vec::new();
        for (kind, key, other, value) in steps {
            match (kind, model.get(&key).copied()) {
                (0, None) => changes.push(insert(full(key, value))),
                (1, Some(_)) if value > 0 => changes.push(RowChange::Rewrite { after: row(full(key, value)) }),
                (1, Some(old)) => changes.push(update(full(key, old), full(key, value))),
                (2, Some(old)) => {
                    changes.push(delete(full(key, old)));
                    model.remove(&key);
                    continue;
                }
                (3, Some(old)) if !model.contains_key(&other) => {
                    changes.push(update(full(key, old), full(other, value)));
                    model.remove(&key);
                    model.insert(other, value);
                    continue;
                }
                _ => continue,
            }
            model.insert(key, value);
        }
        let (upserts, deletes) = match net(&[0, 1], changes) {
            NetChanges::Keyed { upserts, deletes, .. } => (upserts, deletes),
            NetChanges::Inserted { rows } => {
                let is_new = |row| { let [a, b, _] = plain(row); !initial.contains_key(&(a * 2 + b)) };
                prop_assert!(rows.iter().all(is_new), "a row that was there passes for new");
                (rows, Vec::new())
            }
            other => panic!("{other:?}"),
        };
        let mut target: BTreeMap<i64, i64> = initial;
        let mut seen = std::collections::BTreeSet::new();
        for row in &deletes {
            let [a, b, _] = plain(row);
            prop_assert!(seen.insert(a * 2 + b), "two changes of one key");
            target.remove(&(a * 2 + b));
        }
        for row in &upserts {
            let [a, b, value] = plain(row);
            prop_assert!(seen.insert(a * 2 + b), "two changes of one key");
            target.insert(a * 2 + b, value);
        }
        prop_assert_eq!(target, model);
    }

    #[test]
    fn moves_of_partial_rows_equal_the_model(
        initial in prop::collection::btree_map(0..6_i64, (0..3_i64, 0..3_i64), 0..6), steps in steps()
    ) {
        let mut model = initial.clone();
        let mut net = NetChange::new(&table(&["a", "b", "c"], &[0]));
        for (kind, key, other, value) in steps {
            let change = match (kind, model.get(&key).copied()) {
                (0, None) => {
                    model.insert(key, (value, value));
                    insert([key, value, value])
                }
                (1, Some((_, c))) => {
                    model.insert(key, (value, c));
                    RowChange::Rewrite { after: partial([Some(key), Some(value), None]) }
                }
                (2, Some(_)) => {
                    model.remove(&key);
                    RowChange::Delete { before: partial([Some(key), None, None]) }
                }
                (3, Some((b, _))) if !model.contains_key(&other) => {
                    model.remove(&key);
                    model.insert(other, (b, value));
                    RowChange::Move {
                        before: partial([Some(key), None, None]),
                        after: partial([Some(other), None, Some(value)]),
                    }
                }
                _ => continue,
            };
            net.add(change).unwrap();
        }
        prop_assert_eq!(applied(&initial, net.finish())?, model);
    }

    #[test]
    fn keyless_net_change_equals_the_model(initial in prop::collection::vec(0..4_i64, 0..8), steps in steps()) {
        let full = |value: i64| [value, value, value];
        let mut model: Vec<i64> = initial.clone();
        let mut changes = Vec::new();
        for (kind, from, to, _) in steps {
            let (from, to) = (from % 4, to % 4);
            let at = model.iter().position(|v| *v == from);
            match (kind % 3, at) {
                (0, _) => { changes.push(insert(full(to))); model.push(to); }
                (1, Some(at)) => { changes.push(delete(full(from))); model.swap_remove(at); }
                (2, Some(at)) => { changes.push(update(full(from), full(to))); model[at] = to; }
                _ => {}
            }
        }
        let NetChanges::Counted { inserts, deletes } = net(&[], changes) else { panic!("counted") };
        let mut target = initial;
        for (row, copies) in &deletes {
            for _ in 0..*copies {
                let at = target.iter().position(|v| *v == plain(row)[0]);
                prop_assert!(at.is_some(), "deletes a row that is not there");
                target.swap_remove(at.unwrap());
            }
        }
        target.extend(inserts.iter().map(|row| plain(row)[0]));
        target.sort_unstable();
        model.sort_unstable();
        prop_assert_eq!(target, model);
    }
}
