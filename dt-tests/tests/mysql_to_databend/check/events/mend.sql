INSERT INTO `{db}`.`t` VALUES (3, 30);
UPDATE `{db}`.`t` SET `v` = 4 WHERE `id` = 4;
INSERT INTO `{db}__inserts`.`t` VALUES (5, 5);
