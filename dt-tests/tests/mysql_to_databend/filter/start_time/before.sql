INSERT INTO t VALUES (2, 2);
INSERT INTO keyless VALUES (1), (1);
CREATE DATABASE {db}__other;
CREATE TABLE {db}__other.t (id INT);
INSERT INTO {db}__other.t VALUES (1);
UPDATE t SET v = 3 WHERE id = 1;
DO SLEEP(1.1);
