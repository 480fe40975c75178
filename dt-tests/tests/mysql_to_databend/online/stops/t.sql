INSERT IGNORE INTO _t_gho (id, v) SELECT id, v FROM t;
RENAME TABLE t TO _t_del, _t_gho TO t;
