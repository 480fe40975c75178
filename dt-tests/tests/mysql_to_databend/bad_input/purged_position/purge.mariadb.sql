-- This server keeps binlogs until a replica has been there.
SET GLOBAL slave_connections_needed_for_purge = 0;
FLUSH BINARY LOGS;
FLUSH BINARY LOGS;
PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 DAY;
