CREATE DATABASE {db};
CREATE TABLE {db}.numbers (
  id INT NOT NULL, tiny TINYINT UNSIGNED, big BIGINT UNSIGNED, filled INT UNSIGNED,
  dec_wide DECIMAL(65,30), dec_small DECIMAL(5,2), f FLOAT, d DOUBLE, bits BIGINT UNSIGNED, y SMALLINT UNSIGNED);
INSERT INTO {db}.numbers VALUES
  (4, 1, 1, 1, 1, 1, '16777216', '1e300', 5, 0),
  (1, 255, 18446744073709551615, 42, '-12345678901234567890123456789012345.123456789012345678901234567890', '-0.10',
   '3.4028235e38', '2.2250738585072014e-308', 18446744073709551615, 2155),
  (2, 0, 0, 0, 0, 0, '0.1', '0.1', 0, 1901),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE {db}.times (
  id INT NOT NULL, d DATE, dt0 TIMESTAMP, dt6 TIMESTAMP, ts TIMESTAMP, t0 INTERVAL, t6 INTERVAL);
INSERT INTO {db}.times VALUES
  (1, '0001-01-01', '2024-02-29 23:59:59', '1969-12-31 23:59:59.999999', '2038-01-19 03:14:07.005', '-838:59:59', '838:59:58.000001'),
  (2, '9999-12-31', '1000-01-01 00:00:00', '2024-01-01 00:00:00.005000', '1970-01-01 00:00:01', '00:00:00', '-00:00:00.000001'),
  (3, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE {db}.texts (
  id INT NOT NULL, s VARCHAR, latin VARCHAR, bin BINARY, blob_ BINARY, e VARCHAR, st VARCHAR);
INSERT INTO {db}.texts
  SELECT 1, concat('it''s \\ ', char(0), ' ', char(10), ' ', char(26), ' ü 漢 😀'), 'ÄÖÜ€', from_hex('00FF27'), from_hex(''), 'b''c', 'x,z';
INSERT INTO {db}.texts VALUES (2, '', '', '', NULL, 'a', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE {db}.docs (id INT NOT NULL, j VARIANT);
INSERT INTO {db}.docs VALUES
  (1, '{"a":{"deep":{}},"b":[1,1.5,-2e10,null,true,"x\\"y"]}'),
  (2, 'null'), (3, NULL), (4, '"text"'), (5, '12345678901234567'), (6, '[]');
CREATE TABLE {db}.shapes (id INT NOT NULL, g GEOMETRY, p GEOMETRY);
INSERT INTO {db}.shapes VALUES (1, 'LINESTRING(0 0,1 2,3.5 -4)', 'POINT(10 20)'), (2, NULL, NULL);
CREATE TABLE {db}.no_key (a INT, b VARCHAR);
INSERT INTO {db}.no_key VALUES (NULL, NULL), (1, 'x'), (2, 'y'), (1, 'x'), (NULL, NULL);
CREATE TABLE {db}.nothing (a INT NOT NULL, b INT);
