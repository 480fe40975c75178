XA START '{db}';
INSERT INTO t VALUES (1, 1);
XA END '{db}';
XA PREPARE '{db}';
XA COMMIT '{db}';
