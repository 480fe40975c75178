CREATE DATABASE {db};
CREATE TABLE {db}.keyed (id INT NOT NULL, v VARCHAR, w INT);
INSERT INTO {db}.keyed VALUES (1, 'a', 10), (2, 'b', 20), (3, 'c', 30), (4, 'd', NULL);
CREATE TABLE {db}.pairs (a INT NOT NULL, b VARCHAR NOT NULL, v INT);
INSERT INTO {db}.pairs VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3);
CREATE TABLE {db}.bag (a INT, b VARCHAR);
INSERT INTO {db}.bag VALUES (1, 'x'), (1, 'x'), (2, 'y'), (3, 'z');
CREATE TABLE {db}.shape (a INT NOT NULL, b INT);
CREATE TABLE {db}.lost (a INT);
