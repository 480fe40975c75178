CREATE TABLE t (order_no INT NOT NULL, line_no INT NOT NULL, name VARCHAR(10), email VARCHAR(10), PRIMARY KEY (order_no, line_no));
INSERT INTO t VALUES (1, 1, 'x', 'y');
CREATE TABLE keyless (a INT);
INSERT INTO keyless VALUES (1);
