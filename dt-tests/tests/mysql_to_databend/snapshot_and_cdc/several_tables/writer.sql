BEGIN;
SET @a = FLOOR(RAND() * 1000);
UPDATE account SET total = total + 5 WHERE id = @a;
INSERT INTO entry (account, amount) VALUES (@a, 5);
COMMIT;
