-- The hospital: what is not a visit. Every key leads with the tenant, so no reference can cross a tenant's wall.

CREATE TABLE branches (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    id        TEXT NOT NULL,
    name      TEXT COLLATE "C" NOT NULL,
    code      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT branches_code UNIQUE (tenant_id, code)
);

CREATE TABLE departments (
    tenant_id      TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    branch_id      TEXT    NOT NULL,
    name           TEXT COLLATE "C" NOT NULL,
    token_prefix   TEXT    NOT NULL,
    target_minutes BIGINT  NOT NULL CHECK (target_minutes BETWEEN 1 AND 1440),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branches (tenant_id, id),
    CONSTRAINT departments_name UNIQUE (tenant_id, branch_id, name)
);

CREATE TABLE rooms (
    tenant_id     TEXT NOT NULL,
    id            TEXT NOT NULL,
    branch_id     TEXT NOT NULL,
    department_id TEXT,
    name          TEXT COLLATE "C" NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('CONSULTATION', 'COUNTER', 'LAB')),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branches (tenant_id, id),
    FOREIGN KEY (tenant_id, department_id) REFERENCES departments (tenant_id, id),
    CONSTRAINT rooms_name UNIQUE (tenant_id, branch_id, name)
);

-- A sign-in name is unique in the whole installation, so that nobody types which hospital is meant.
CREATE TABLE people (
    tenant_id       TEXT    NOT NULL REFERENCES tenants (id),
    id              TEXT    NOT NULL,
    sign_in_name    TEXT COLLATE "C",
    name            TEXT COLLATE "C" NOT NULL,
    actor_type      TEXT    NOT NULL CHECK (actor_type IN ('HUMAN', 'AI', 'SYSTEM')),
    branch_id       TEXT,
    department_id   TEXT,
    room_id         TEXT,
    passphrase_hash TEXT,
    active          BOOLEAN NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branches (tenant_id, id),
    FOREIGN KEY (tenant_id, department_id) REFERENCES departments (tenant_id, id),
    FOREIGN KEY (tenant_id, room_id) REFERENCES rooms (tenant_id, id),
    CONSTRAINT people_sign_in_name UNIQUE (sign_in_name)
);

CREATE TABLE person_roles (
    tenant_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    role      TEXT NOT NULL,
    PRIMARY KEY (tenant_id, person_id, role),
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id)
);
CREATE INDEX person_roles_by_role ON person_roles (tenant_id, role, person_id);

CREATE TABLE patients (
    tenant_id    TEXT NOT NULL REFERENCES tenants (id),
    id           TEXT NOT NULL,
    mrn          TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    sex          TEXT,
    birth_date   DATE,
    phone        TEXT,
    created_at   TIMESTAMPTZ NOT NULL,
    -- What duplicates are looked for by: the name's words in order of the alphabet, the phone's last ten digits.
    name_key     TEXT NOT NULL,
    phone_key    TEXT,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT patients_mrn UNIQUE (tenant_id, mrn)
);
CREATE INDEX patients_by_name_key ON patients (tenant_id, name_key);
CREATE INDEX patients_by_phone_key ON patients (tenant_id, phone_key);
CREATE INDEX patients_by_birth_date ON patients (tenant_id, birth_date);

-- What a patient is found by: each word of the name, the MRN, the phone; a search asks for the beginning of one.
CREATE TABLE patient_terms (
    tenant_id  TEXT NOT NULL,
    patient_id TEXT NOT NULL,
    term       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, patient_id, term),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients (tenant_id, id)
);
CREATE INDEX patient_terms_by_term ON patient_terms (tenant_id, term, patient_id);

-- The last MRN given out.
CREATE TABLE patient_numbers (
    tenant_id TEXT    NOT NULL PRIMARY KEY REFERENCES tenants (id),
    last      BIGINT  NOT NULL
);

CREATE TABLE tariff (
    tenant_id     TEXT    NOT NULL REFERENCES tenants (id),
    id            TEXT    NOT NULL,
    code          TEXT COLLATE "C" NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('CONSULTATION', 'TEST')),
    price         BIGINT  NOT NULL CHECK (price >= 0),
    department_id TEXT,
    specimen      TEXT,
    analytes      JSONB   NOT NULL CHECK (jsonb_typeof(analytes) = 'array'),
    active        BOOLEAN NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, department_id) REFERENCES departments (tenant_id, id),
    CONSTRAINT tariff_code UNIQUE (tenant_id, code)
);
