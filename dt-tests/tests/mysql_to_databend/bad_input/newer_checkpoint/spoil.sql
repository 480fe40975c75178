UPDATE `_dt`.`checkpoint_{task_id}` SET `format` = 99;
