UPDATE numbered SET txt = 'marker of a change', num = 5528371946.25;
UPDATE named SET id = 'marker of a new key';
DELETE FROM keyless LIMIT 1;
INSERT INTO numbered VALUES (6627183945, 'marker inserted', 1, '2091-11-23', NULL, NULL);
