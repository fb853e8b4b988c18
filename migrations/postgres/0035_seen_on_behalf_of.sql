-- The human for whom an AI or a program saw a patient's data.

ALTER TABLE access_log ADD COLUMN on_behalf_of TEXT;
