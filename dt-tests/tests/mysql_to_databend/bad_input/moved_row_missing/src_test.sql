SET SESSION binlog_row_image = MINIMAL;
UPDATE t SET id = id + 10 ORDER BY id DESC;
