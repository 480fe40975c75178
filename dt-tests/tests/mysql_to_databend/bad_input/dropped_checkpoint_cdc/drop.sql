DROP TABLE `_dt`.`checkpoint_{task_id}`;
