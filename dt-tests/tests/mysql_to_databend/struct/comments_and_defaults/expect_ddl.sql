CREATE TABLE t (
  id INT NOT NULL COMMENT 'the key',
  s VARCHAR NOT NULL DEFAULT 'it\'s' COMMENT 'quote \' backslash \\ "double"',
  n INT NULL DEFAULT -7,
  d DECIMAL(6, 2) NULL DEFAULT 1.50,
  e VARCHAR NULL DEFAULT '',
  z INT NULL,
  created TIMESTAMP NULL,
  day DATE NULL
) ENGINE=FUSE COMMENT = 'table, it\'s';
