CREATE TABLE keyed (id INT NOT NULL, part INT NOT NULL, d DECIMAL(65,30) DEFAULT 1.5, t TEXT COMMENT 'a; ''b''', PRIMARY KEY (id, part));
CREATE TABLE coded (code VARCHAR(20) NOT NULL UNIQUE) COMMENT 'with ''quotes'';';
CREATE TABLE bare (v BIGINT UNSIGNED, w DATETIME(6));
CREATE TABLE `odd name` (id INT NOT NULL PRIMARY KEY, `it's` JSON, `select` BLOB, e ENUM('a','b'), y YEAR, g GEOMETRY, ti TIME(3), b BIT(64));
INSERT INTO keyed (id, part) VALUES (1, 1), (1, 2), (2, 1);
ANALYZE TABLE keyed;
