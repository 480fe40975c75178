CREATE TABLE keyed (id INT PRIMARY KEY, v VARCHAR(10), w INT);
INSERT INTO keyed VALUES (1, 'a', 10), (2, 'b', 20), (3, 'c', 30), (4, 'd', NULL);
CREATE TABLE pairs (a INT, b VARCHAR(10), v INT, PRIMARY KEY (a, b));
INSERT INTO pairs VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3);
CREATE TABLE bag (a INT, b VARCHAR(10));
INSERT INTO bag VALUES (1, 'x'), (1, 'x'), (2, 'y'), (3, 'z');
CREATE TABLE shape (a INT NOT NULL, b INT);
CREATE TABLE lost (a INT);
