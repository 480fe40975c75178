UPDATE `_dt`.`checkpoint_{task_id}` SET `position` = regexp_replace(`position`, '"offset":[0-9]+', '"offset":4000000000');
