INSERT INTO people (secret, id, odd_charset, odd_squeezed, name, odd_moment, odd_amount, odd_bits, odd_flags, city, odd_doc, odd_place, odd_fixed, odd_float, last) VALUES
  (REPEAT('t', 300), 3, 'cd', REPEAT('y', 5000), 'bob', '0000-00-00 00:00:00', -1.5, b'11111111111', '', 'oslo', '[1, 2, {"b": null}]', POINT(3, 4), '', -0.0, 3),
  ('', 4, NULL, '', 'eve', NULL, 0, NULL, 'b', NULL, NULL, NULL, NULL, NULL, 4);
UPDATE people SET secret = 'changed', name = 'anna' WHERE id = 1;
UPDATE people SET odd_squeezed = REPEAT('z', 100), last = id * 10, hidden = 7;
UPDATE people SET odd_doc = '{}', odd_amount = 3;
DELETE FROM people WHERE id = 3;
UPDATE people SET id = 20 WHERE id = 2;
DELETE FROM keyless WHERE noise = '1';
INSERT INTO keyless VALUES (REPEAT('n', 300), 3, 'y'), ('m', 3, 'y');
UPDATE keyless SET noise = 'k' WHERE a = 3;
UPDATE keyless SET a = 4 WHERE noise = 'k' LIMIT 1;
UPDATE no_change SET seen_at = '2024-01-01 00:00:00';
UPDATE no_change SET seen_at = '2024-01-02 00:00:00';
UPDATE no_change SET seen_at = '2024-01-03 00:00:00', v = 2;
