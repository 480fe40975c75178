DELETE FROM `{db}`.`t` WHERE `id` = 3;
UPDATE `{db}`.`t` SET `v` = 0 WHERE `id` = 4;
INSERT INTO `{db}`.`t` VALUES (6, 6);
DELETE FROM `{db}__inserts`.`t` WHERE `id` = 5;
UPDATE `{db}__inserts`.`t` SET `v` = 0 WHERE `id` = 4;
