CREATE TABLE t (a INT, b VARCHAR(10));
INSERT INTO t VALUES (1, 'x'), (1, 'x'), (1, 'x'), (NULL, NULL), (NULL, NULL), (2, ''), (2, NULL);
INSERT INTO t WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 299) SELECT i % 10, 'many' FROM n;
CREATE TABLE nullable_unique (a INT, b INT, UNIQUE KEY (a));
INSERT INTO nullable_unique VALUES (1, 1), (NULL, 2), (NULL, 2), (NULL, 3);
