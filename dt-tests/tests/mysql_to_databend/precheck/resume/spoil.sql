UPDATE `_dt`.`checkpoint_{task_id}` SET `position` = '{"server":"00000000-0000-0000-0000-000000000000","file":"binlog.000001","offset":4}';
