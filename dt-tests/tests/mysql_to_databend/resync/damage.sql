DELETE FROM {db}.t WHERE id % 9 = 0;
UPDATE {db}.c SET v = -1 WHERE a = 3;
DELETE FROM {db}.k WHERE a = 7;
