CREATE DATABASE {db};
CREATE TABLE {db}.differs (id INT NOT NULL, renamed INT);
CREATE TABLE {db}.keyed (id INT NOT NULL);
INSERT INTO {db}.keyed VALUES (7);
CREATE TABLE {db}.keyless (id INT);
INSERT INTO {db}.keyless VALUES (7);
