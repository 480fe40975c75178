UPDATE t SET v = 'by stage' WHERE n IN (1, 3);
DELETE FROM t WHERE n = 2;
INSERT INTO t VALUES ('f', 6, '2024-01-06', 'new');
