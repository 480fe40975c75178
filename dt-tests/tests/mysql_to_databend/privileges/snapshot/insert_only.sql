GRANT INSERT ON {db}.t TO 'least'@'%';
