SET sql_mode = 'ALLOW_INVALID_DATES';
INSERT INTO t SELECT id + 10, day, at, ts, s, b, n FROM t;
UPDATE t SET day = '2024-02-30', s = x'CF98' WHERE id = 3;
