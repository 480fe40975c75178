CREATE TABLE t (id INT NOT NULL PRIMARY KEY, j JSON);
INSERT INTO t VALUES (1, '{"b": [1, 1.5, -2e10, null, true, false], "a": {"deep": {"er": []}}}'), (2, 'null'), (3, NULL), (4, '"it\'s \\"q\\" \\\\ \\n ü 漢"'),
  (5, '12345678901234567890'), (6, '-9223372036854775808'), (7, '{}'), (8, '[[[]]]'), (9, '{"": "", " ": 1, "ü": 2}'), (10, '0.1'), (11, 'true');
