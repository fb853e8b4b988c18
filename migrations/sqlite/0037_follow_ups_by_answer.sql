-- A visit that answered a follow-up may turn out not to have taken place.
CREATE INDEX follow_ups_by_answer ON follow_ups (tenant_id, answered_by) WHERE answered_by IS NOT NULL;
