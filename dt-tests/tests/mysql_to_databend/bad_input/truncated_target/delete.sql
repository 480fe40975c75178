DELETE FROM keyless WHERE a = 1;
