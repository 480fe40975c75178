GRANT LOCK TABLES ON {db}.* TO 'least'@'%';
