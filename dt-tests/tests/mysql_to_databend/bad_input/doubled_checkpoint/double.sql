INSERT INTO `_dt`.`checkpoint_{task_id}` SELECT * FROM `_dt`.`checkpoint_{task_id}`;
