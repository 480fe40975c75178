CREATE TABLE t (id INT, v INT);
CREATE TABLE u (id INT, v INT);
INSERT INTO t VALUES (1, 1);
CREATE USER 'least'@'%' IDENTIFIED BY 'least_pw';
GRANT SELECT ON {db}.t TO 'least'@'%';
GRANT REPLICATION SLAVE ON *.* TO 'least'@'%';
GRANT REPLICATION CLIENT ON *.* TO 'least'@'%';
GRANT LOCK TABLES ON {db}.* TO 'least'@'%';
