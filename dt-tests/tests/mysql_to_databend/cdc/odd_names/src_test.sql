INSERT INTO `select` VALUES (1, 'a', 2, 3), (2, NULL, NULL, NULL);
INSERT INTO `Upper Case` VALUES (1, 'x', 1);
INSERT INTO `dots.and-dashes` VALUES (1, 2, 3);
INSERT INTO `quote"s` VALUES (1, 2), (3, 4);
INSERT INTO `back``tick` VALUES (1, 2), (3, 4);
INSERT INTO `schön_表` VALUES (1, '名'), (2, 'ü');
INSERT INTO `percent%s {x}` VALUES (1, 2, 3, 4);

INSERT INTO `{db}__odd "name".x`.`t` VALUES (1, 2);
UPDATE `select` SET `group` = 'b', `task` = 9 WHERE `order` = 1;
DELETE FROM `select` WHERE `order` = 2;
UPDATE `quote"s` SET `say "hi"` = 7 WHERE `it's` = 1;
DELETE FROM `quote"s` WHERE `it's` = 3;
UPDATE `back``tick` SET `a``b` = 8 WHERE `a``b` = 1;
DELETE FROM `back``tick` WHERE `a``b` = 3;
UPDATE `schön_表` SET `名` = 'x' WHERE `größe` = 2;
UPDATE `Upper Case` SET `CamelCase` = 'Y';
UPDATE `{db}__odd "name".x`.`t` SET v = 3;
