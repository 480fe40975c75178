INSERT INTO t VALUES (1, 1), (2, 2), (3, 3), (4, 4);
UPDATE t SET v = v + 1 WHERE id < 4;
DELETE FROM t WHERE id = 4;
INSERT INTO `it's "odd"` VALUES (1), (1), (2);
DELETE FROM `it's "odd"` WHERE a = 1 LIMIT 1;
-- Behind the last change that is followed: another's transaction, and a new file without any.
INSERT INTO {db}_not_followed.t VALUES (1);
FLUSH BINARY LOGS;
DROP DATABASE {db}_not_followed;
