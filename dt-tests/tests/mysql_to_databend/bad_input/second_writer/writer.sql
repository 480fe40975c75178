UPDATE t SET v = v + 1;
DO SLEEP(0.05);
