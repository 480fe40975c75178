-- As gh-ost does it: one RENAME.
CREATE TABLE _a_ghc (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, hint VARCHAR(64) CHARSET ascii NOT NULL);
CREATE /* gh-ost */ TABLE _a_gho LIKE a;
ALTER /* gh-ost */ TABLE _a_gho ADD c VARCHAR(9) NOT NULL DEFAULT 'new' FIRST, CHANGE v w BIGINT;
INSERT INTO _a_ghc (hint) VALUES ('state');
INSERT IGNORE INTO _a_gho (id, w) SELECT id, v FROM a WHERE id <= 2 LOCK IN SHARE MODE;
UPDATE a SET v = 20 WHERE id = 2;
UPDATE _a_gho SET w = 20 WHERE id = 2;
-- restart
INSERT IGNORE INTO _a_gho (id, w) SELECT id, v FROM a WHERE id > 1 LOCK IN SHARE MODE;
DELETE FROM a WHERE id = 1;
DELETE FROM _a_gho WHERE id = 1;
REPLACE INTO a VALUES (3, 33);
REPLACE INTO _a_gho (id, w) VALUES (3, 33);
BEGIN;
INSERT INTO a VALUES (9, 9);
INSERT INTO _a_gho (id, w) VALUES (9, 9);
ROLLBACK;
BEGIN;
INSERT INTO a VALUES (10, 10), (11, 11);
INSERT INTO _a_gho (id, w) VALUES (10, 10), (11, 11);
DELETE FROM a WHERE id = 11;
DELETE FROM _a_gho WHERE id = 11;
COMMIT;
-- kill
RENAME TABLE a TO _a_del, _a_gho TO a;
DROP TABLE IF EXISTS _a_del, _a_ghc;
INSERT INTO a (id, w) VALUES (5, 5000000000);
-- As pt-online-schema-change does it with drop_swap: the table goes first. In several statements, from the full text.
CREATE TABLE `_b_new` (
  `id` int NOT NULL,
  `s` varchar(10) CHARACTER SET latin1 DEFAULT NULL,
  `j` json DEFAULT NULL,
  `at` timestamp(3) NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='of (b), ''quoted''';
ALTER TABLE _b_new ADD e ENUM('x','y') NOT NULL, ADD d DECIMAL(10,2) DEFAULT 1.5;
ALTER TABLE _b_new MODIFY s VARCHAR(40) CHARACTER SET utf8mb4, ALTER d SET DEFAULT 2.5;
INSERT LOW_PRIORITY IGNORE INTO _b_new (id, s, j, at) SELECT id, s, j, at FROM b LOCK IN SHARE MODE;
ANALYZE TABLE _b_new;
SET foreign_key_checks = 0;
DROP TABLE IF EXISTS b;
-- restart
RENAME TABLE _b_new TO b;
INSERT INTO b (id, s, e) VALUES (3, '日本', 'y');
-- Given up.
CREATE TABLE _a_new LIKE a;
ALTER TABLE _a_new DROP w;
INSERT INTO _a_new (id) SELECT id FROM a;
DROP TABLE IF EXISTS _a_new;
INSERT INTO a (id, w) VALUES (6, 6);
-- In two steps, under a name that had to be longer, with another key.
CREATE TABLE _c_new (n INT);
CREATE TABLE __c_new LIKE c;
ALTER TABLE __c_new DROP COLUMN gone, DROP PRIMARY KEY, ADD PRIMARY KEY (y, x), ADD f DOUBLE NOT NULL DEFAULT -0.5 AFTER y;
INSERT IGNORE INTO __c_new (x, y, n) SELECT x, y, n FROM c;
RENAME TABLE c TO _c_old;
-- kill
RENAME TABLE __c_new TO c;
DROP TABLE _c_old, _c_new;
UPDATE c SET y = 'z', f = 3 WHERE x = 2;
-- A table of the user's own with such a name.
INSERT INTO _mine_new VALUES (2);
ALTER TABLE _mine_new ADD v INT DEFAULT 1;
