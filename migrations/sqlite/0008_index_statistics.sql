-- What SQLite shall think of the indexes of visits, for which it would else think that a tenant has ten: how many rows there are, then
-- how many share the first column, the first two, and so on.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('visits', 'visits_by_station', '200 200 50 2 1'),
    ('visits', 'visits_by_day', '100000 100000 300 1'),
    ('visits', 'visits_by_patient', '100000 100000 3 1'),
    ('visits', 'visits_to_bill', '200 200 1');

ANALYZE sqlite_schema;
