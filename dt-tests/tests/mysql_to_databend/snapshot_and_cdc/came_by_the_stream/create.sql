CREATE TABLE late (id INT NOT NULL PRIMARY KEY, v INT);
INSERT INTO late VALUES (1, 1), (2, 2);
CREATE TABLE late_keyless (a INT);
INSERT INTO late_keyless VALUES (1), (1);
RENAME TABLE keyless TO moved;
INSERT INTO moved VALUES (2, 'y');
