-- What SQLite shall think of the tables that grow: that a tenant's rows are many. Without this it takes them for ten, and reads them all
-- by the key's first column rather than a few by an index. Of each table's key: how many rows there are, then how many share its first
-- column, its first two, and so on.
ANALYZE;
DELETE FROM sqlite_stat1;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('visits', 'visits', '100000 100000 1'),
    ('tests', 'tests', '100000 100000 2 1'),
    ('bills', 'bills', '100000 100000 2 1'),
    ('timeline', 'timeline', '1000000 1000000 20 1'),
    ('patients', 'patients', '100000 100000 1'),
    ('patient_terms', 'patient_terms', '400000 400000 4 1');

-- Makes the new figures count at once.
ANALYZE sqlite_schema;
