DELETE FROM `{db}`.`t` WHERE id = 2;
