CREATE TABLE orders (id INT NOT NULL, part INT NOT NULL, a INT, b INT, PRIMARY KEY (id, part));
INSERT INTO orders VALUES (1, 1, 1, 0), (1, 2, 0, 2), (1, 3, 0, 0), (2, 1, 1, 2), (2, 2, 3, 3), (3, 1, 1, 1), (4, 1, 2, 2), (4, 2, 2, 1),
  (5, 1, 1, 9), (5, 2, 9, 2), (5, 3, 9, 9), (6, 1, NULL, 2), (7, 1, NULL, NULL), (8, 1, 1, NULL), (9, 1, 0, 2), (13, 1, 1, 2);
CREATE TABLE log_1 (id INT, `a``)` INT, v VARCHAR(20));
INSERT INTO log_1 VALUES (1, 1, 'a'), (2, 2, 'a'), (3, 2, ')'), (4, 2, '('), (5, 2, 'it''s -- #'), (6, 3, 'it'), (13, 3, 'it');
CREATE TABLE rest (id INT NOT NULL PRIMARY KEY);
INSERT INTO rest VALUES (12), (13);
