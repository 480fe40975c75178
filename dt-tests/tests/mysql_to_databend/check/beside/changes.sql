UPDATE `{db}`.`cold` SET `v` = 'B' WHERE `id` = 2;
DELETE FROM `{db}`.`cold` WHERE `id` = 3;
INSERT INTO `{db}`.`cold` VALUES (5, 'e');
