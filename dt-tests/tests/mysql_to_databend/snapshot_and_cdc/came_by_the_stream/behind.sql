INSERT INTO late VALUES (3, 3);
DELETE FROM late_keyless LIMIT 1;
RENAME TABLE late TO later, late_keyless TO later_keyless;
DELETE FROM moved WHERE a = 1 LIMIT 1;
UPDATE later SET v = 7 WHERE id = 1;
CREATE TABLE passing (a INT);
INSERT INTO passing VALUES (1), (1);
DROP TABLE passing;
