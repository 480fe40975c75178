CREATE DATABASE IF NOT EXISTS `_dt`;
CREATE TABLE `_dt`.`checkpoint_{task_id}` (`task_id` VARCHAR);
INSERT INTO `_dt`.`checkpoint_{task_id}` VALUES ('somebody else');
