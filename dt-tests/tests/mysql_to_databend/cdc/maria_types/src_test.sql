INSERT INTO t VALUES ('123e4567-e89b-12d3-a456-426655440000', '192.168.0.1', '2001:db8::ff00:42:8329', REPEAT('squeeze ', 500)), ('ffffffff-ffff-ffff-ffff-ffffffffffff', NULL, '::1', '');
UPDATE t SET v4 = '10.0.0.1' WHERE v4 IS NULL;
UPDATE t SET id = '00000000-0000-0000-0000-000000000001' WHERE v6 = '::1';
