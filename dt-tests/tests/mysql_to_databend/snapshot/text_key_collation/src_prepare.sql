CREATE TABLE ci (k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL PRIMARY KEY, v INT);
INSERT INTO ci VALUES ('a', 1), ('B', 2), ('c', 3), ('D', 4), ('é', 5), ('F', 6), ('ß', 7), ('z', 8), ('Åq', 9),
  ('_x', 10), ('-y', 11), ('10', 12), ('9', 13), ('', 14), ('漢', 15), ('😀', 16), ('it''s', 17), ('back\\slash', 18), ('%', 19), ('ab', 20), ('aB c', 21);
CREATE TABLE latin (k CHAR(10) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL, n INT NOT NULL, v INT, PRIMARY KEY (k, n));
INSERT INTO latin WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 99)
  SELECT ELT(1 + i % 5, 'Ö', 'o', 'Z', 'å', ''), i, i FROM n;
