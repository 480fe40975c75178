CREATE TABLE `select` (`order` INT NOT NULL PRIMARY KEY, `group` VARCHAR(10), `task` INT, `stage` INT);
CREATE TABLE `Upper Case` (`Id` INT NOT NULL PRIMARY KEY, `CamelCase` VARCHAR(10), `with space` INT);
CREATE TABLE `dots.and-dashes` (`a.b` INT NOT NULL PRIMARY KEY, `c-d` INT, `1st` INT);
CREATE TABLE `quote"s` (`it's` INT NOT NULL PRIMARY KEY, `say "hi"` INT);
CREATE TABLE `back``tick` (`a``b` INT NOT NULL PRIMARY KEY, `c` INT);
CREATE TABLE `schön_表` (`größe` INT NOT NULL PRIMARY KEY, `名` VARCHAR(10));
CREATE TABLE `percent%s {x}` (`$a` INT NOT NULL PRIMARY KEY, `b?` INT, `c:d` INT, `e;f` INT);

CREATE DATABASE `{db}__odd "name".x`;
CREATE TABLE `{db}__odd "name".x`.`t` (`id` INT NOT NULL PRIMARY KEY, v INT);
