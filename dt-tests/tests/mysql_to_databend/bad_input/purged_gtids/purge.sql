-- MariaDB keeps a binlog, without a word, until its engine has flushed what is in it: within a second.
FLUSH BINARY LOGS;
FLUSH BINARY LOGS;
DO SLEEP(2);
PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 DAY;
