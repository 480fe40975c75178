CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v INT);
CREATE TABLE `it's "odd"` (a INT);
CREATE DATABASE {db}_not_followed;
CREATE TABLE {db}_not_followed.t (id INT);
