INSERT INTO parent VALUES (1), (2), (3);
INSERT INTO child VALUES (10, 1), (11, 1), (20, 2), (30, 3);
DELETE FROM parent WHERE id = 1;
UPDATE parent SET id = 5 WHERE id = 2;
