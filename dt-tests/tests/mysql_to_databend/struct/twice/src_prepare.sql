CREATE TABLE numbers (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  c_bool BOOL, c_tiny TINYINT, c_utiny TINYINT UNSIGNED, c_small SMALLINT, c_usmall SMALLINT UNSIGNED,
  c_medium MEDIUMINT, c_umedium MEDIUMINT UNSIGNED, c_int INT, c_uint INT UNSIGNED, c_big BIGINT,
  c_filled INT(8) UNSIGNED ZEROFILL, c_dec DECIMAL(65,30), c_dec2 DECIMAL(10,2) NOT NULL, c_num NUMERIC,
  c_float FLOAT, c_double DOUBLE, c_bit1 BIT(1), c_bit64 BIT(64), c_year YEAR
);
CREATE TABLE times (
  id INT NOT NULL PRIMARY KEY, c_date DATE, c_datetime DATETIME, c_datetime6 DATETIME(6) NOT NULL,
  c_timestamp TIMESTAMP NULL, c_timestamp3 TIMESTAMP(3) NULL, c_time TIME, c_time6 TIME(6)
);
CREATE TABLE texts (
  id INT NOT NULL PRIMARY KEY, c_char CHAR(10), c_varchar VARCHAR(200) NOT NULL, c_tinytext TINYTEXT, c_text TEXT,
  c_mediumtext MEDIUMTEXT, c_longtext LONGTEXT, c_binary BINARY(4), c_varbinary VARBINARY(20), c_tinyblob TINYBLOB,
  c_blob BLOB, c_mediumblob MEDIUMBLOB, c_longblob LONGBLOB, c_enum ENUM('a','b'), c_set SET('x','y'),
  c_json JSON
);
