SET @id = (SELECT MAX(ID) FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%');
SET @kill = CONCAT('KILL ', @id);
PREPARE s FROM @kill;
EXECUTE s;
