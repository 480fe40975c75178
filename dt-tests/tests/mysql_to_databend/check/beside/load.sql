UPDATE hot SET n = n + 1, t = CONCAT('t', n) WHERE id <= 2;
INSERT INTO hot SELECT MAX(id) + 1, 0, 'new' FROM hot;
DELETE FROM hot WHERE id > 3 AND id % 7 = 0;
UPDATE names SET n = n + 1;
INSERT INTO plain SELECT MAX(n) + 1, 'y' FROM plain;
DELETE FROM plain WHERE n % 5 = 0 AND t = 'y';
