GRANT SELECT ON {db}.t TO 'least'@'%';
