UPDATE _dt.kept_{task_id} SET kept_at = date_sub(DAY, 29, now());
