INSERT INTO t VALUES (1, 1), (2, 2), (3, 3);
INSERT INTO keyless VALUES (1), (1), (2);
-- restart
UPDATE t SET v = 10 WHERE id = 1;
DELETE FROM keyless WHERE a = 1 LIMIT 1;
INSERT INTO keyless VALUES (3);
-- kill
DELETE FROM t WHERE id = 2;
INSERT INTO keyless VALUES (4), (4);
UPDATE t SET id = 30 WHERE id = 3;
-- restart
INSERT INTO t VALUES (5, 5);
