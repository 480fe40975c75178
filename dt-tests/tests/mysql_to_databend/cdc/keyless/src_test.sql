INSERT INTO t VALUES (1, 'x', 1.5, '2024-01-01', X'00', 0.1, '{"a": 1}'), (1, 'x', 1.5, '2024-01-01', X'00', 0.1, '{"a": 1}'), (1, 'x', 1.5, '2024-01-01', X'00', 0.1, '{"a": 1}'),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL), (NULL, NULL, NULL, NULL, NULL, NULL, NULL), (2, '', 0, NULL, X'', 0, 'null');
UPDATE t SET b = 'y' WHERE a = 1 LIMIT 1;
DELETE FROM t WHERE b = 'x' LIMIT 1;
DELETE FROM t WHERE a IS NULL LIMIT 1;
INSERT INTO t VALUES (3, 'in', 1, NULL, NULL, NULL, NULL);
BEGIN;
INSERT INTO t VALUES (4, 'in out', 1, NULL, NULL, NULL, NULL), (4, 'in out', 1, NULL, NULL, NULL, NULL);
DELETE FROM t WHERE a = 4 LIMIT 1;
UPDATE t SET a = 5 WHERE a = 4;
UPDATE t SET a = 3, b = 'in' WHERE a = 5;
COMMIT;
UPDATE t SET f = f + 1 WHERE a = 2;
