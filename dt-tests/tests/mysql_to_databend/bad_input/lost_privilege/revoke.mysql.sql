REVOKE REPLICATION SLAVE ON *.* FROM 'poor'@'%';
SELECT ID INTO @dump FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%';
SET @kill = CONCAT('KILL ', @dump);
PREPARE s FROM @kill;
EXECUTE s;
