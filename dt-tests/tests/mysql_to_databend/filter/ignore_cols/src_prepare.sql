-- A charset that is no ASCII, a COMPRESSED column, a layout of every kind, and followed columns in between.
CREATE TABLE people (
  secret VARCHAR(300),
  id INT NOT NULL PRIMARY KEY,
  odd_charset VARCHAR(20) CHARACTER SET swe7,
  twice INT AS (id * 2) VIRTUAL,
  thrice INT AS (id * 3) STORED,
  odd_squeezed TEXT /*M! COMPRESSED */,
  name VARCHAR(20),
  odd_moment DATETIME(3),
  hidden INT /*!80023 INVISIBLE */ /*M! INVISIBLE */ DEFAULT 5,
  odd_amount DECIMAL(20, 5),
  odd_bits BIT(11),
  odd_flags SET('a', 'b', 'c'),
  city VARCHAR(20),
  odd_doc JSON,
  odd_place GEOMETRY,
  odd_fixed CHAR(100),
  odd_float DOUBLE,
  last INT
);
INSERT INTO people (secret, id, odd_charset, odd_squeezed, name, odd_moment, odd_amount, odd_bits, odd_flags, city, odd_doc, odd_place, odd_fixed, odd_float, last) VALUES
  ('s', 1, 'ab', REPEAT('x', 500), 'ann', '2024-01-01 00:00:00.123', 1.5, b'101', 'a,c', 'rome', '{"a": 1}', POINT(1, 2), 'f', 0.5, 1),
  (NULL, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE keyless (noise BLOB, a INT, b VARCHAR(10));
INSERT INTO keyless VALUES ('1', 1, 'x'), ('2', 1, 'x'), (NULL, 2, NULL);
CREATE TABLE no_change (id INT NOT NULL PRIMARY KEY, v INT, seen_at TIMESTAMP NULL);
INSERT INTO no_change VALUES (1, 1, NULL);
