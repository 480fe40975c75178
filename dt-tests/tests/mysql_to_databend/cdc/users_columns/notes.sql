UPDATE {db}.t SET note = concat('mine ', to_string(n)) WHERE TRUE;
