INSERT INTO keyed VALUES (6, 3, 'z', 7, 8), (9, 4, NULL, NULL, NULL);
UPDATE keyed SET a = a + 1, _row_id = 9 WHERE id < 3;
UPDATE keyed SET id = 30, b = 'moved' WHERE id = 3;
DELETE FROM keyed WHERE id = 2;
INSERT INTO keyless VALUES (3, 4, 'b'), (3, 4, 'b');
UPDATE keyless SET x = 5 WHERE x = 1 LIMIT 1;
DELETE FROM keyless WHERE x = 3 LIMIT 1;
