INSERT INTO `_dt`.`marks_{task_id}` VALUES (1, 1, 1, '{db}', 't', 0, 1, '["1"]', false, NULL);
