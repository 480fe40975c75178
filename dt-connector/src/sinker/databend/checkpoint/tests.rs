use super::*;

fn lease(epoch: u64, n: u64) -> Lease {
    Lease { owner: "me".into(), epoch, n }
}

#[test]
fn the_compare_and_set_names_epoch_and_number() {
    let tables = StateTables::new("a_1").unwrap();
    let progress = Progress {
        position: Some(r#"{"server":"u","file":"b.1","offset":4}"#.parse().unwrap()),
        source_time: -7,
        ..Progress::default()
    };
    assert_eq!(
        tables.advance(&lease(3, 41), &progress),
        "UPDATE `_dt`.`checkpoint_a_1` SET `n` = 42, `position` = '{\"server\":\"u\",\"file\":\"b.1\",\"offset\":4}', \
         `source_time` = -7 WHERE `task_id` = 'a_1' AND `epoch` = 3 AND `n` = 41 AND `owner` = 'me'"
    );
    let keeps = tables.advance(&lease(3, 41), &Progress::default());
    assert!(!keeps.contains("position"), "{keeps}");
}

#[test]
fn bad_task_ids_are_refused() {
    for id in ["", "a-b", "a`b", "é"] {
        assert!(StateTables::new(id).is_err(), "{id}");
    }
}

#[test]
fn rows_parse_or_fail() {
    let tables = StateTables::new("t").unwrap();
    let row =
        |values: [&str; 6]| values.map(|v| Some(v.to_owned())).into_iter().chain([None]).collect::<Vec<_>>();
    let parsed = tables.parse(row(["t", "1", "2", "3", "me", "-7"])).unwrap();
    assert_eq!((&parsed.lease, parsed.source_time), (&lease(2, 3), -7));
    assert!(tables.check(&parsed).is_ok());
    let newer = tables.parse(row(["t", "2", "2", "3", "me", "-7"])).unwrap();
    assert!(tables.check(&newer).unwrap_err().to_string().contains("format is 2"));
    assert_eq!(tables.parse(row(["other", "1", "2", "3", "me", "-7"])), None);
    assert_eq!(tables.parse(row(["t", "1", "-2", "3", "me", "-7"])), None);
}
