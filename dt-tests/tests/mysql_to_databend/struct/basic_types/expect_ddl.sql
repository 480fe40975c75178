CREATE TABLE numbers (
  id BIGINT UNSIGNED NOT NULL,
  c_bool TINYINT NULL,
  c_tiny TINYINT NULL,
  c_utiny TINYINT UNSIGNED NULL,
  c_small SMALLINT NULL,
  c_usmall SMALLINT UNSIGNED NULL,
  c_medium INT NULL,
  c_umedium INT UNSIGNED NULL,
  c_int INT NULL,
  c_uint INT UNSIGNED NULL,
  c_big BIGINT NULL,
  c_filled INT UNSIGNED NULL,
  c_dec DECIMAL(65, 30) NULL,
  c_dec2 DECIMAL(10, 2) NOT NULL,
  c_num DECIMAL(10, 0) NULL,
  c_float FLOAT NULL,
  c_double DOUBLE NULL,
  c_bit1 BIGINT UNSIGNED NULL,
  c_bit64 BIGINT UNSIGNED NULL,
  c_year SMALLINT UNSIGNED NULL
) ENGINE=FUSE;
CREATE TABLE shapes (
  id INT NOT NULL,
  c_geometry GEOMETRY NULL,
  c_point GEOMETRY NULL,
  c_polygon GEOMETRY NULL
) ENGINE=FUSE;
CREATE TABLE texts (
  id INT NOT NULL,
  c_char VARCHAR NULL,
  c_varchar VARCHAR NOT NULL,
  c_tinytext VARCHAR NULL,
  c_text VARCHAR NULL,
  c_mediumtext VARCHAR NULL,
  c_longtext VARCHAR NULL,
  c_binary BINARY NULL,
  c_varbinary BINARY NULL,
  c_tinyblob BINARY NULL,
  c_blob BINARY NULL,
  c_mediumblob BINARY NULL,
  c_longblob BINARY NULL,
  c_enum VARCHAR NULL,
  c_set VARCHAR NULL,
  c_json VARIANT NULL
) ENGINE=FUSE;
CREATE TABLE times (
  id INT NOT NULL,
  c_date DATE NULL,
  c_datetime TIMESTAMP NULL,
  c_datetime6 TIMESTAMP NOT NULL,
  c_timestamp TIMESTAMP NULL,
  c_timestamp3 TIMESTAMP NULL,
  c_time INTERVAL NULL,
  c_time6 INTERVAL NULL
) ENGINE=FUSE;
