-- A booking may be for a follow-up: the visit that it was planned on. What a patient is awaited for is found by the patient.

ALTER TABLE bookings ADD COLUMN follow_up_of TEXT;

CREATE INDEX follow_ups_by_patient ON follow_ups (tenant_id, patient_id, due_at);
