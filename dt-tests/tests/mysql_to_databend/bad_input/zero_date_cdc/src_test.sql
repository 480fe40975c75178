SET sql_mode = '';
INSERT INTO t VALUES (2, '2024-00-10 00:00:00');
