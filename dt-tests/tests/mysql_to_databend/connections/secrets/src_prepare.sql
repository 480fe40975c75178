CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v VARCHAR(9));
INSERT INTO t VALUES (1, 'a'), (2, 'b');
CREATE USER 'hidden'@'%' IDENTIFIED BY 'p@ss/w:rd#1%&+ "''x';
GRANT SELECT ON *.* TO 'hidden'@'%';
