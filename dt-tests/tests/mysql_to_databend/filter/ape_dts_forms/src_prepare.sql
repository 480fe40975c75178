CREATE TABLE t (id INT NOT NULL PRIMARY KEY, secret VARCHAR(20), v INT, twice INT AS (v * 2) VIRTUAL);
INSERT INTO t (id, secret, v) VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3);
CREATE TABLE keyless (a INT);
INSERT INTO keyless VALUES (1), (1);
