-- The checkpoint wins over the start in the task file: nothing is read twice.
INSERT INTO keyless VALUES (2);
DELETE FROM t WHERE id = 2;
