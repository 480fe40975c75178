UPDATE `_dt`.`checkpoint_{task_id}` SET `position` = 'nonsense';
