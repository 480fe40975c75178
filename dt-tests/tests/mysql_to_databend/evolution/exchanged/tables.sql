RENAME TABLE t TO between_them, u TO t, between_them TO u;
INSERT INTO t (id, a, b) VALUES (3, 7, 8);
