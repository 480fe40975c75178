CREATE TABLE t (
  id INT NOT NULL PRIMARY KEY, n INT NOT NULL DEFAULT 7, u BIGINT UNSIGNED DEFAULT 18446744073709551615,
  s VARCHAR(20) DEFAULT 'it''s', d DECIMAL(6,2) NOT NULL DEFAULT 1.5, f FLOAT DEFAULT 0.5, dt DATETIME(3) DEFAULT '2024-01-02 03:04:05.678',
  ts TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, day DATE DEFAULT '2024-02-29', tm TIME DEFAULT '-10:00:00',
  y YEAR DEFAULT 2024, b BIT(4) DEFAULT b'1010', e ENUM('a','b') NOT NULL DEFAULT 'b', st SET('x','y') DEFAULT 'x,y',
  bin VARBINARY(10), txt TEXT, doc JSON, /*!80000 v INT AS (n * 2) VIRTUAL, */ g INT AS (n + 1) STORED);
CREATE TABLE c (a INT, b VARCHAR(5), x INT, y INT, blob_ BLOB, PRIMARY KEY (b, a));
CREATE TABLE keys_ (i BIGINT, bin VARBINARY(20), s VARCHAR(10), at DATETIME(6), day DATE, dec_ DECIMAL(10,2), tm TIME, n INT, doc JSON, PRIMARY KEY (i, bin, s, at, day, dec_, tm));
CREATE TABLE k (a INT, b TEXT, c INT);
INSERT INTO t (id, bin, txt, doc) VALUES (1, 'one', 'first', '{"n": 1}'), (2, NULL, 'second', '[2]'), (3, NULL, NULL, NULL), (4, 'four', 'fourth', '4');
INSERT INTO c VALUES (1, 'a', 1, 1, 'x'), (1, 'b', 2, 2, NULL), (2, 'a', 3, 3, 'z');
INSERT INTO keys_ VALUES (1, x'00ff', 'a', '2024-01-02 03:04:05.678901', '2024-02-29', -1.5, '-10:00:00', 1, '{"a": 1}'), (1, x'00fe', 'b', '2024-01-02', '2024-02-29', 0, '800:00:00', 2, NULL), (2, '', '', '1000-01-01', '9999-12-30', 99.99, '00:00:00', 3, '[3]');
INSERT INTO k VALUES (1, 'one', 1), (2, 'two', NULL), (2, 'two', NULL);
