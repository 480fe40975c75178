INSERT INTO numbers (id, c_bool, c_tiny, c_utiny, c_small, c_usmall, c_medium, c_umedium, c_int, c_uint, c_big, c_filled, c_dec, c_dec2, c_num, c_float, c_double, c_bit1, c_bit64, c_year) VALUES
  (1, TRUE, -128, 255, -32768, 65535, -8388608, 16777215, -2147483648, 4294967295, -9223372036854775808, 42,
   -99999999999999999999999999999999999.999999999999999999999999999999, -99999999.99, -9999999999,
   -3.4028235e38, -1.7976931348623157e308, b'1', b'1111111111111111111111111111111111111111111111111111111111111111', 2155),
  (18446744073709551615, 2, 127, 0, 32767, 0, 8388607, 0, 2147483647, 0, 9223372036854775807, 0,
   99999999999999999999999999999999999.999999999999999999999999999999, 99999999.99, 9999999999,
   3.4028235e38, 1.7976931348623157e308, b'0', b'0', 1901),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.000000000000000000000000000001, 0.01, 0, 0.1, 0.1, b'0', b'101', 0),
  (5, -1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -0.5, -0.01, 1, 1.17549435e-38, 2.2250738585072014e-308, b'1', b'1', 2000);

INSERT INTO times VALUES
  (1, '1000-01-01', '1000-01-01 00:00:00', '1000-01-01 00:00:00.000001', '1970-01-01 00:00:01', '1970-01-01 00:00:01.005', '-838:59:59', '-838:59:58.999999'),
  (2, '9999-12-31', '9999-12-30 21:59:59', '9999-12-30 21:59:59.999999', '2038-01-19 03:14:07', '2038-01-19 03:14:07.999', '838:59:59', '838:59:58.999999'),
  (3, NULL, NULL, '1969-12-31 23:59:59.999999', NULL, NULL, NULL, NULL),
  (4, '2024-02-29', '2024-03-31 02:30:00', '2024-10-27 02:30:00.500000', '2024-07-01 12:00:00', '2024-07-01 12:00:00.050', '00:00:00', '-00:00:00.000001'),
  (5, '1969-12-31', '1969-12-31 23:59:59', '2000-01-01 00:00:00.005000', '2000-01-01 00:00:00', '2000-01-01 00:00:00.500', '-00:00:01', '00:00:00.000001');

INSERT INTO texts VALUES
  (1, 'char', 'it''s "quoted" \\ back', '', 'tab\tnewline\nnul\0sub\Z', 'ünïcode 漢字 😀', '%_\\%', X'00FF0A27', X'5C27220A00', X'', X'DEADBEEF', X'00', X'FF', 'a', 'x,y', '{"a": 1}'),
  (2, '', '', '', '', '', '', '', '', '', '', '', '', 'b', '', '[]'),
  (3, NULL, '$1 :x ? {} $$', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 'trail  ', 'trail  ', '\\x41 \\u0041 \\n', REPEAT('long ', 2000), REPEAT('é', 20000), '--; DROP TABLE x', X'01', X'', X'20', REPEAT('b', 60000), X'0000', X'7F80', 'b', 'y', '"s"');

UPDATE numbers SET c_tiny = c_tiny + 0, c_big = 7, c_dec = 1.5, c_float = 2.5, c_year = 1999, c_bit64 = b'11' WHERE id IN (1, 3);
UPDATE numbers SET c_tiny = NULL, c_double = NULL, c_bit1 = NULL WHERE id = 4;
DELETE FROM numbers WHERE id = 5;
UPDATE times SET c_date = '2001-01-01', c_time = '-00:00:01', c_datetime6 = '2001-01-01 00:00:00.000005' WHERE id IN (1, 3);
UPDATE times SET c_time6 = NULL, c_timestamp = NULL WHERE id = 2;
DELETE FROM times WHERE id = 5;
UPDATE texts SET c_text = CONCAT(c_text, '\\''"'), c_blob = X'00FF', c_enum = 'b', c_set = 'x' WHERE id = 1;
UPDATE texts SET c_varchar = '', c_json = '{"k": [1, 2]}', c_binary = NULL WHERE id = 4;
DELETE FROM texts WHERE id = 2;
