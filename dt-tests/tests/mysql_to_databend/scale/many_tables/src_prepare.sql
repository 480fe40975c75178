-- 500 tables of a few rows.
CREATE PROCEDURE for_tables(below INT, statement VARCHAR(200)) BEGIN
    DECLARE i INT DEFAULT 0;
    WHILE i < below DO
        SET @statement = REPLACE(statement, '#', i);
        PREPARE s FROM @statement;
        EXECUTE s;
        SET i = i + 1;
    END WHILE;
END;
CALL for_tables(500, 'CREATE TABLE t# (id INT NOT NULL PRIMARY KEY, v VARCHAR(20), at DATETIME)');
CALL for_tables(500, 'INSERT INTO t# VALUES (1, ''#'', ''2024-01-01''), (2, NULL, NULL)');
