UPDATE t SET v = 'TWO' WHERE id = 2;
INSERT INTO t VALUES (4, 'four');
