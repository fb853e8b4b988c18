-- Writers have their statements planned anew each time, as tables grow. What a trigger asks is of the few rows just added, and needs no
-- other plan the next time.
ALTER FUNCTION tag_events() SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION refuse_events_of_no_log() SET plan_cache_mode = force_generic_plan;

-- Room for a test and a bill to change in their place, as visits have.
ALTER TABLE tests SET (fillfactor = 70);
ALTER TABLE bills SET (fillfactor = 70);
