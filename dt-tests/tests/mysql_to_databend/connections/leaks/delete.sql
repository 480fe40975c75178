DELETE FROM keyless;
