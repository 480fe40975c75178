UPDATE keyed SET n = n + 1 WHERE id IN (1, 5, 6);
INSERT INTO keyed SELECT MAX(id) + 1, 0, 'new' FROM keyed;
DELETE FROM keyed WHERE id > 6 AND id % 7 = 0;
UPDATE composite SET amount = amount + 1 WHERE tenant = 1 AND bin = X'000000';
INSERT INTO plain SELECT MAX(n) + 1, 'load', n / 3, NULL FROM plain;
DELETE FROM plain WHERE n % 5 = 0 AND t = 'load';
INSERT INTO documents VALUES ('{"b": 2}', 9);
DELETE FROM documents WHERE n = 9 LIMIT 1;
DO SLEEP(0.5);
