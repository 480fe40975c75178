DELETE FROM `_dt`.`checkpoint_{task_id}`;
