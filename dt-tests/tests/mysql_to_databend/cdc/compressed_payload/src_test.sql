SET SESSION binlog_transaction_compression = ON;
BEGIN;
INSERT INTO t WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 299) SELECT i, i FROM n;
INSERT INTO keyless SELECT v FROM t;
COMMIT;
DELETE FROM t WHERE id > 250;
SET SESSION binlog_transaction_compression = OFF;
UPDATE t SET v = 0 WHERE id < 10;
