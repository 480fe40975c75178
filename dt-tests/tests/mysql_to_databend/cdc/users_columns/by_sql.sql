UPDATE t SET v = 'by sql' WHERE n < 3;
DELETE FROM t WHERE n = 4;
INSERT INTO t VALUES ('e', 5, '2024-01-05', 'new');
