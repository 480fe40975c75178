CREATE TABLE `select` (`order` INT NOT NULL PRIMARY KEY, `group` VARCHAR(10), `task` INT, `stage` INT);
CREATE TABLE `Upper Case` (`Id` INT NOT NULL PRIMARY KEY, `CamelCase` VARCHAR(10), `with space` INT);
CREATE TABLE `dots.and-dashes` (`a.b` INT NOT NULL PRIMARY KEY, `c-d` INT, `1st` INT);
CREATE TABLE `quote"s` (`it's` INT NOT NULL PRIMARY KEY, `say "hi"` INT);
CREATE TABLE `back``tick` (`a``b` INT NOT NULL PRIMARY KEY, `c` INT);
CREATE TABLE `schön_表` (`größe` INT NOT NULL PRIMARY KEY, `名` VARCHAR(10));
CREATE TABLE `percent%s {x}` (`$a` INT NOT NULL PRIMARY KEY, `b?` INT, `c:d` INT, `e;f` INT);

INSERT INTO `select` VALUES (1, 'a', 2, 3), (2, NULL, NULL, NULL);
INSERT INTO `Upper Case` VALUES (1, 'x', 1);
INSERT INTO `dots.and-dashes` VALUES (1, 2, 3);
INSERT INTO `quote"s` VALUES (1, 2), (3, 4);
INSERT INTO `back``tick` VALUES (1, 2), (3, 4);
INSERT INTO `schön_表` VALUES (1, '名'), (2, 'ü');
INSERT INTO `percent%s {x}` VALUES (1, 2, 3, 4);

CREATE DATABASE `{db}__odd "name".x`;
CREATE TABLE `{db}__odd "name".x`.`t` (`id` INT NOT NULL PRIMARY KEY, v INT);
INSERT INTO `{db}__odd "name".x`.`t` VALUES (1, 2);
