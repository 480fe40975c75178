-- 1,017 columns, which is all that InnoDB takes; the key is the last one and the first one.
SET SESSION group_concat_max_len = 1000000;
WITH RECURSIVE d (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i < 31)
SELECT CONCAT('CREATE TABLE wide (id INT NOT NULL, ', GROUP_CONCAT('c', a.i * 32 + b.i,
    ELT(b.i % 4 + 1, ' TINYINT', ' VARCHAR(3)', ' DECIMAL(5,2)', ' DATE') ORDER BY a.i, b.i), ', k INT NOT NULL, PRIMARY KEY (k, id))')
INTO @create FROM d AS a JOIN d AS b WHERE a.i * 32 + b.i < 1015;
PREPARE s FROM @create;
EXECUTE s;
INSERT INTO wide (id, k, c0, c1, c2, c3, c1014) VALUES (1, 1, 7, 'sev', 7.25, '2024-02-29', 1.5), (2, 1, 8, NULL, NULL, NULL, 2.5);
INSERT INTO wide (id, k, c1000, c1001) SELECT id, 2, 9, 'nin' FROM wide;
INSERT INTO wide (id, k) SELECT a.id * 10 + b.id, 3 FROM wide AS a JOIN wide AS b WHERE a.k = 1 AND b.k = 2;
