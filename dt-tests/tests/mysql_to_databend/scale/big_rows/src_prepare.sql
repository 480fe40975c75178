-- 16 MiB of text and of bytes: more than a MEDIUMTEXT holds.
CREATE TABLE big (id INT NOT NULL PRIMARY KEY, t LONGTEXT, b LONGBLOB, v INT);
INSERT INTO big VALUES (1, REPEAT('0123456789abcdef', 1048576), NULL, 1), (2, 'small', 'small', 2);
