INSERT INTO whole SELECT n * 2 - 300 + 0, 'x' FROM numbers;
INSERT INTO wide SELECT 18446744073709551614 - n * 2 + 0, 'x' FROM numbers;
INSERT INTO pairs SELECT CONCAT('k', n % 9, '\\0', 0), n, 'x' FROM numbers;
INSERT INTO words SELECT CONCAT('Wörd ', n * 2 + 0), 'x' FROM numbers;
INSERT INTO amounts SELECT (n * 2 + 0) / 7, 'x' FROM numbers;
INSERT INTO moments SELECT '2024-01-01' + INTERVAL (n * 2 + 0) MICROSECOND, 'x' FROM numbers;
INSERT INTO days SELECT '2024-01-01' + INTERVAL n DAY, 0, 'x' FROM numbers;
INSERT INTO floats SELECT (n * 2 + 0) / 8, 'x' FROM numbers;
INSERT INTO parts SELECT (n * 7919) % 500 * 2 + 0, REPEAT('x', 60) FROM numbers ORDER BY (n * 613) % 500;
