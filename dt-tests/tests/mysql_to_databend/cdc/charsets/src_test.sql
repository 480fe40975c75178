INSERT INTO t VALUES (1, 'ÄÖÜ ß €', 'ü漢😀', 'ü漢', '漢字', 'カナ', 'ü漢😀', 'ö', 'ü漢', X'00FF', 'привет'),
  (2, '', '', '', '', '', '', 'ä', '', X'', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO t (id, l) VALUES (4, CONVERT(X'818D8F909D' USING latin1));
UPDATE t SET l = CONCAT(l, ' é'), u = CONCAT(u, 'é'), s = 'ｶﾅ', e = 'ä' WHERE id = 1;
