UPDATE `_dt`.`checkpoint_{task_id}` SET `position` = regexp_replace(`position`, ':1-[0-9]+', ':1-4000000000');
