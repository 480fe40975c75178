INSERT INTO t VALUES (1, '{"b": [1, 1.5, -2e10, null, true], "a": {"deep": {}}}'), (2, 'null'), (3, NULL), (4, '"it\'s \\"q\\" ü"'), (5, '12345678901234567890'), (6, '{}'), (7, '[]'), (8, '-1'), (9, '0.1'), (10, '9223372036854775807');
UPDATE t SET j = JSON_SET(j, '$.c', 7) WHERE id IN (1, 6);
UPDATE t SET j = NULL WHERE id = 2;
UPDATE t SET j = JSON_OBJECT('d', CAST(1.10 AS DECIMAL(5,2)), 's', REPEAT('x', 300)) WHERE id = 3;
DELETE FROM t WHERE id = 4;
