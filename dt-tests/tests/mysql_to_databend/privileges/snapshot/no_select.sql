REVOKE SELECT ON {db}.t FROM 'least'@'%';
