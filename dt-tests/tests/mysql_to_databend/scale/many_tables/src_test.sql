-- One transaction over many of the tables, then one for each of a few. (On the tests' Databend a changed table costs 0.1 s.)
BEGIN;
CALL for_tables(20, 'INSERT INTO t# VALUES (3, ''#'', NOW())');
CALL for_tables(20, 'DELETE FROM t# WHERE id = 2');
COMMIT;
CALL for_tables(10, 'UPDATE t# SET v = ''changed'' WHERE id = 1');
UPDATE t499 SET v = 'the last' WHERE id = 1;
