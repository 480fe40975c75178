ALTER TABLE h_moved ADD w INT NOT NULL DEFAULT 3;
INSERT INTO keyless_there VALUES (200, 2);
UPDATE g_no_key SET s = NULL WHERE id = 3;
UPDATE b_swapped SET v = NULL WHERE id = 2;
DELETE FROM z_anew WHERE id = 5;
