CREATE DATABASE {db};
CREATE TABLE {db}.keyed (id INT NOT NULL, v INT);
CREATE TABLE {db}.bare (v INT);
CREATE TABLE {db}.other (id INT NOT NULL);
INSERT INTO {db}.keyed VALUES (1, 1);
INSERT INTO {db}.bare VALUES (1);
