UPDATE {db}.t SET v = 'B' WHERE id = 2;
DELETE FROM {db}.t WHERE id = 3;
INSERT INTO {db}.t VALUES (4, 'd');
