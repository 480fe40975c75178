INSERT INTO t VALUES (1, 'x', '2024-01-01 00:00:00.001', 1), (1, 'y', '2024-01-01 00:00:00.001', 2), (2, 'x', '2024-01-01 00:00:00.002', 3), (1, 'X''z', '2024-01-01', 4);
UPDATE t SET v = v * 10 WHERE a = 1;
DELETE FROM t WHERE b = 'y';
INSERT INTO t VALUES (1, 'y', '2024-01-01 00:00:00.001', 5);
UPDATE t SET a = 9 WHERE b = 'x' AND a = 2;
