CREATE TABLE a (id INT NOT NULL PRIMARY KEY, v INT);
INSERT INTO a VALUES (1, 1), (2, 2), (3, 3), (4, 4);
CREATE TABLE b (
  `id` int NOT NULL,
  `s` varchar(10) CHARACTER SET latin1 DEFAULT NULL,
  `j` json DEFAULT NULL,
  `at` timestamp(3) NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='of (b), ''quoted''';
INSERT INTO b VALUES (1, 'é', '{"a": 1}', '2024-02-29 01:02:03.004'), (2, NULL, NULL, NULL);
CREATE TABLE c (x INT NOT NULL, y VARCHAR(10) NOT NULL, n INT, gone INT, PRIMARY KEY (x, y));
INSERT INTO c VALUES (1, 'a', 1, 1), (1, 'b', 2, 2), (2, 'a', NULL, NULL);
CREATE TABLE _mine_new (id INT NOT NULL PRIMARY KEY);
INSERT INTO _mine_new VALUES (1);
