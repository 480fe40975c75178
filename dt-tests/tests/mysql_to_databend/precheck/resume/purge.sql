-- MariaDB keeps a binlog, without a word, until its engine has flushed what is in it: within a second.
INSERT INTO t VALUES (1, 1);
FLUSH BINARY LOGS;
FLUSH BINARY LOGS;
DO SLEEP(2);
PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 DAY;
