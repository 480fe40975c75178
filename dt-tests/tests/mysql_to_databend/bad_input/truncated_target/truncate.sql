TRUNCATE TABLE `{db}`.`keyless`;
