UPDATE {db}.keyed SET v = 'B' WHERE id = 2;
DELETE FROM {db}.keyed WHERE id = 3;
INSERT INTO {db}.keyed VALUES (4, 'd', NULL);
UPDATE {db}.pairs SET v = NULL WHERE a = 1 AND b = 'y';
INSERT INTO {db}.bag VALUES (1, 'x');
DELETE FROM {db}.bag WHERE a = 2;
UPDATE {db}.bag SET b = 'Z' WHERE a = 3;
ALTER TABLE {db}.shape MODIFY COLUMN a INT NULL;
DROP TABLE {db}.lost;
