UPDATE t SET v = v + 1 WHERE id % 100 = 0;
INSERT INTO keyless VALUES (1), (100);
DELETE FROM keyless WHERE a = 3 LIMIT 5;
