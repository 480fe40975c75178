CREATE TABLE keyed (a INT, id INT NOT NULL PRIMARY KEY, b VARCHAR(10), `c.d` INT, _row_id INT);
INSERT INTO keyed VALUES (1, 1, 'x', 2, 3), (4, 2, 'y', 5, NULL);
CREATE TABLE keyless (x INT, z INT, v VARCHAR(10));
INSERT INTO keyless VALUES (1, 1, 'a'), (1, 2, 'a'), (2, 3, NULL);
