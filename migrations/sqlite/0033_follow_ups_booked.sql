-- A booking may be for a follow-up: the visit that it was planned on. What a patient is awaited for is found by the patient.

ALTER TABLE bookings ADD COLUMN follow_up_of TEXT;

CREATE INDEX follow_ups_by_patient ON follow_ups (tenant_id, patient_id, due_at);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('follow_ups', 'follow_ups_by_patient', '100000 100000 2 1');
ANALYZE sqlite_schema;
