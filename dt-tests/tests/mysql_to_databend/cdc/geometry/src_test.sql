INSERT INTO t VALUES (1, ST_GeomFromText('POINT(1 2)'), 1, 'a'), (2, NULL, 2, 'b'), (3, ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 0))', 4326), 3, 'ü');
UPDATE t SET g = ST_GeomFromText('LINESTRING(0 0,1 1)') WHERE id = 2;
UPDATE t SET v = 4 WHERE id = 1;
