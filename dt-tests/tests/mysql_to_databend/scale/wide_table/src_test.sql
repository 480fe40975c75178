UPDATE wide SET c0 = k, c1014 = id WHERE k = 1;
UPDATE wide SET k = 4, c1001 = 'mov' WHERE k = 2;
DELETE FROM wide WHERE k = 3 AND id % 2 = 0;
INSERT INTO wide (id, k, c507) VALUES (99, 99, NULL);
