SET GLOBAL log_bin_compress = ON;
INSERT INTO t VALUES (1, REPEAT('squeeze ', 500));
