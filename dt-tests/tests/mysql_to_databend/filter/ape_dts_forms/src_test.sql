INSERT INTO t (id, secret, v) VALUES (4, 'd', 0);
UPDATE t SET secret = 'e', v = 9 WHERE id = 2;
DELETE FROM t WHERE id = 3;
INSERT INTO keyless VALUES (2);
