CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v VARCHAR(10));
INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three');
CREATE TABLE keyless (a INT);
INSERT INTO keyless VALUES (1), (1), (2);
