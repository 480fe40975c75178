REVOKE LOCK TABLES ON {db}.* FROM 'least'@'%';
