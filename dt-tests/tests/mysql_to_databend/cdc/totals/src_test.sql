INSERT INTO t VALUES (1, 1), (2, 2), (3, 3), (4, 4);
UPDATE t SET v = v + 1 WHERE id < 4;
DELETE FROM t WHERE id = 4;
INSERT INTO keyless VALUES (1), (1), (2);
DELETE FROM keyless WHERE a = 1 LIMIT 1;
