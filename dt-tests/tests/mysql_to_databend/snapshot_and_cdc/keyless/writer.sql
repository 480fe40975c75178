INSERT INTO t VALUES (FLOOR(RAND() * 50), 'written'), (1, 'written');
UPDATE t SET b = 'changed' WHERE a = FLOOR(RAND() * 50) LIMIT 2;
DELETE FROM t WHERE a = FLOOR(RAND() * 50) LIMIT 2;
