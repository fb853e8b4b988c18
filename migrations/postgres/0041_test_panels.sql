-- The panels that a test is ordered with, by name.

ALTER TABLE tariff ADD COLUMN panels JSONB NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(panels) = 'array');
