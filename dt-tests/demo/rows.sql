USE dt_demo_shop;
SET time_zone = '+00:00', max_recursive_iterations = 10000;
INSERT INTO customers (name, note, joined, vip)
  WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1999)
  SELECT CONCAT(ELT(1 + i % 5, 'Ada', 'Jürgen', '王芳', 'Zoë 😀', 'O''Neill'), ' ', i),
         ELT(1 + i % 4, NULL, '', 'quote '' backslash \\ tab \t', 'two\nlines'), DATE '1999-12-31' + INTERVAL i DAY, i % 7 = 0 FROM n;
INSERT INTO products
  WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 499)
  SELECT CONCAT('SKU-', LPAD(i, 5, '0')), CONCAT('Product ', i), i * 1.2345, i / 8E0, 1 + i % 3, i % 8 FROM n;
INSERT INTO order_items
  WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 2999)
  SELECT i DIV 3, i % 3, CONCAT('SKU-', LPAD(i % 500, 5, '0')), 1 + i % 9, (1 + i % 9) * 1.2345 FROM n;
INSERT INTO visits
  WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1999)
  SELECT CONCAT('/page/', i % 20), TIMESTAMP '2024-02-29 23:59:59.000001' + INTERVAL i DIV 4 MINUTE, SEC_TO_TIME(1 + i * 37) FROM n;
INSERT INTO settings VALUES
  (1, '{"nested": {"off": null, "on": true}, "sizes": [1, 2.5, 3], "theme": "dark"}', '2024-01-01 00:00:00.005'),
  (2, '[]', NULL), (3, NULL, '2038-01-19 03:14:07.999'), (4, '{"text": "it\'s \\"quoted\\" 漢字"}', NULL);
INSERT INTO `Odd "names", and more` VALUES
  (1, 'it''s', 12345678901234567890.0123456789), (1, 'back\\slash', -0.0000000001), (2, '漢字', NULL);
INSERT INTO files VALUES
  (18446744073709551615, X'00FF0A275C', b'101010101010'), (0, '', 0), (42, REPEAT('\0x', 1000), NULL);
