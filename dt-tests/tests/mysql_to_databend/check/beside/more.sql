UPDATE cold SET v = 'changed' WHERE id = 1;
