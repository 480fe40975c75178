-- Both servers of the tests tell databases and tables apart by case; so does Databend.
CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v INT);
CREATE TABLE T (id INT NOT NULL PRIMARY KEY, w VARCHAR(9));
CREATE DATABASE `{db}__a`;
CREATE DATABASE `{db}__A`;
CREATE TABLE `{db}__a`.`x` (id INT NOT NULL PRIMARY KEY, v INT);
CREATE TABLE `{db}__A`.`x` (id INT NOT NULL PRIMARY KEY, v INT);
INSERT INTO t VALUES (1, 1), (2, 2);
INSERT INTO T VALUES (1, 'one'), (2, 'two');
INSERT INTO `{db}__a`.`x` VALUES (1, 1);
INSERT INTO `{db}__A`.`x` VALUES (1, 2);
