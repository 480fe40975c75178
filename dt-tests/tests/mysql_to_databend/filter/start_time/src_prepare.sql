CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v INT);
CREATE TABLE keyless (a INT);
INSERT INTO t VALUES (1, 1);
-- Timestamps of the binlog are seconds.
DO SLEEP(1.1);
FLUSH BINARY LOGS;
