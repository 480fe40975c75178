-- The update of a small column carries the whole row, twice; two such rows in one transaction.
BEGIN;
UPDATE big SET v = 10 WHERE id = 1;
INSERT INTO big VALUES (3, 'é''\\"`', REPEAT(X'00ff275c0a', 3355444), 3);
DELETE FROM big WHERE id = 2;
COMMIT;
DELETE FROM big WHERE id = 1;
