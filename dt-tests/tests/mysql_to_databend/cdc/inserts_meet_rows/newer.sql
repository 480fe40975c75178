INSERT INTO whole SELECT n + 20000, 'newer' FROM numbers WHERE n < 90;
INSERT INTO words SELECT CONCAT('newer ', n), 'newer' FROM numbers WHERE n < 90;
INSERT INTO floats SELECT n + 5000, 'newer' FROM numbers WHERE n < 90;
REPLACE INTO amounts SELECT n, 'replaced' FROM numbers WHERE n < 90;
