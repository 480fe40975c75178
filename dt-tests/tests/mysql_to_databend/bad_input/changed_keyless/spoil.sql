DELETE FROM {db}.t;
