UPDATE `{db}`.`keyed` SET `v` = 'B' WHERE `id` = 2;
DELETE FROM `{db}`.`keyed` WHERE `id` = -4;
INSERT INTO `{db}`.`keyed` VALUES (5, 'e', 5);
