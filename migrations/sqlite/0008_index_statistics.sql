-- What SQLite shall think of the indexes of the tables that grow, for which it would else think that a tenant has ten rows: how many there
-- are, then how many share the first column, the first two, and so on.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('visits', 'visits_by_station', '200 200 50 2 1'),
    ('visits', 'visits_by_day', '100000 100000 300 1'),
    ('visits', 'visits_by_patient', '100000 100000 3 1'),
    ('visits', 'visits_to_bill', '200 200 1'),
    ('tests', 'tests_by_stage', '200 200 50 2 1'),
    ('tests', 'tests_by_sample', '100000 100000 1'),
    ('patients', 'sqlite_autoindex_patients_2', '100000 100000 1'),
    ('patients', 'patients_by_name_key', '100000 100000 1'),
    ('patients', 'patients_by_phone_key', '100000 100000 1'),
    ('patients', 'patients_by_birth_date', '100000 100000 4'),
    ('patient_terms', 'patient_terms_by_term', '400000 400000 20 1');

ANALYZE sqlite_schema;
