UPDATE `_dt`.`checkpoint_{task_id}` SET n = n + 5;
