DELETE FROM {db}.keyless;
