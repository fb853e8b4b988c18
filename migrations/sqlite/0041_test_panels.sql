-- The panels that a test is ordered with, by name.

ALTER TABLE tariff ADD COLUMN panels TEXT NOT NULL DEFAULT '[]' CHECK (json_type(panels) = 'array');
