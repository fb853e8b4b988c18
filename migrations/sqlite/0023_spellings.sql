-- What a mistyped name is found by: the beginning of each of its words as it sounds, whole and without any one of its letters.

CREATE TABLE patient_spellings (
    tenant_id  TEXT NOT NULL,
    patient_id TEXT NOT NULL,
    spelling   TEXT NOT NULL,
    PRIMARY KEY (tenant_id, patient_id, spelling),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX patient_spellings_by_spelling ON patient_spellings (tenant_id, spelling, patient_id);

WITH letters (at) AS (VALUES (0), (1), (2), (3), (4), (5), (6)),
     beginnings AS (
         SELECT tenant_id, patient_id, substr(replace(replace(replace(replace(replace(replace(replace(replace(replace(
             term, 'ee', 'i'), 'oo', 'u'), 'aa', 'a'), 'sh', 's'), 'ph', 'f'), 'th', 't'), 'x', 'ks'), 'w', 'v'), 'z', 'j'), 1, 6) AS beginning
         FROM patient_terms WHERE length(term) >= 4 AND term GLOB '*[^0-9]*'
     )
INSERT INTO patient_spellings (tenant_id, patient_id, spelling)
SELECT DISTINCT tenant_id, patient_id,
    CASE at WHEN 0 THEN beginning ELSE substr(beginning, 1, at - 1) || substr(beginning, at + 1) END
FROM beginnings JOIN letters ON at <= length(beginning);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('patient_spellings', 'patient_spellings', '1400000 1400000 14 1'),
    ('patient_spellings', 'patient_spellings_by_spelling', '1400000 1400000 40 1');
ANALYZE sqlite_schema;
