INSERT INTO t (id, s) VALUES (5000, 'third');
