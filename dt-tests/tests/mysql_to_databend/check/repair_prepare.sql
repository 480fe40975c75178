CREATE TABLE keyed (id INT NOT NULL PRIMARY KEY, n BIGINT NOT NULL, v VARCHAR(20));
INSERT INTO keyed VALUES (1, 0, 'a'), (2, 0, 'b'), (3, 0, 'c'), (4, 0, 'd'), (5, 0, 'e'), (6, 0, 'f');
CREATE TABLE composite (tenant INT NOT NULL, code VARCHAR(10) NOT NULL COLLATE utf8mb4_general_ci, day DATE NOT NULL, bin BINARY(3) NOT NULL, amount DECIMAL(10,2) NOT NULL, v VARCHAR(20), PRIMARY KEY (tenant, code, day, bin, amount));
INSERT INTO composite VALUES (1, 'x', '2024-01-01', X'00', 1.50, 'a'), (1, 'X ', '2024-01-02', X'FF00', -2, 'b'), (2, 'y#1', '2024-02-29', X'010203', 0, 'c'), (3, 'it''s', '2024-03-01', X'', 7, NULL);
CREATE TABLE plain (n BIGINT, t VARCHAR(40), d DOUBLE, b VARBINARY(10));
INSERT INTO plain VALUES (0, 'x', 0.1, X'00FF'), (0, 'x', 0.1, X'00FF'), (0, 'x', 0.1, X'00FF'), (NULL, NULL, NULL, NULL), (7, 'y', -0e0, '');
CREATE TABLE documents (j JSON, n INT);
INSERT INTO documents VALUES ('{"a": 1}', 1), ('{"a": 1}', 1), ('[1.0]', 2), (NULL, 3);
