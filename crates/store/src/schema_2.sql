-- Step 2: what the web needs. See schema.sql for the conventions.

-- 角色: scope is hospital, departments, doctor or nothing; a built-in role's name cannot be deleted.
ALTER TABLE app_role ADD COLUMN scope TEXT NOT NULL DEFAULT 'nothing';
ALTER TABLE app_role ADD COLUMN built_in BIGINT NOT NULL DEFAULT 0;
ALTER TABLE app_role ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- 用户
ALTER TABLE app_user ADD COLUMN password_changed_at BIGINT;
ALTER TABLE app_user ADD COLUMN must_change BIGINT NOT NULL DEFAULT 1; -- 1: a new password before anything else
ALTER TABLE app_user ADD COLUMN last_login_at BIGINT;
ALTER TABLE app_user ADD COLUMN expires_on BIGINT;       -- days; empty: never
ALTER TABLE app_user ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
-- 口令历史: the current hash is in it too.
CREATE TABLE app_password_history (
    id {identity},
    login TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    password_hash TEXT NOT NULL
);
CREATE INDEX app_password_history_login ON app_password_history (login, id);

-- 会话: only a hash of the token is kept.
CREATE TABLE app_session (
    token_hash TEXT PRIMARY KEY,
    login TEXT NOT NULL,
    csrf TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL
);
CREATE INDEX app_session_login ON app_session (login);

-- 使用者设置: column settings and the like, JSON.
CREATE TABLE app_user_setting (login TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (login, name));

-- 字典修正: what a person set for a column of a collected department, staff member or bed; collection leaves it in place.
CREATE TABLE dictionary_override (
    table_name TEXT NOT NULL,
    row_key TEXT NOT NULL,
    column_name TEXT NOT NULL,
    value TEXT,                       -- numbers as digits
    source_value TEXT,                -- what the source says
    changed_at BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (table_name, row_key, column_name)
);

-- 操作日志: who in which role, what kind, whether it succeeded, which request; chained by hashes so that a change shows.
ALTER TABLE operation_log ADD COLUMN user_name TEXT;
ALTER TABLE operation_log ADD COLUMN kind TEXT;
ALTER TABLE operation_log ADD COLUMN success BIGINT;
ALTER TABLE operation_log ADD COLUMN request TEXT;
ALTER TABLE operation_log ADD COLUMN hash TEXT;
CREATE INDEX operation_log_login ON operation_log (login, at);
-- The chain's end: whoever appends holds this row, and entries cut off at the end are missed.
CREATE TABLE operation_log_head (one BIGINT PRIMARY KEY, id BIGINT NOT NULL, hash TEXT NOT NULL);
INSERT INTO operation_log_head (one, id, hash) SELECT 1, COALESCE(MAX(id), 0), '' FROM operation_log;

-- 目录版本: code sets and the 三大目录 as imported or edited; the newest version of a layout is the one in use.
CREATE TABLE app_catalogue (
    id {identity},
    layout TEXT NOT NULL,
    version BIGINT NOT NULL,
    base BIGINT NOT NULL,             -- itself: content is every row; else the version from which all up to here change rows
    kind TEXT NOT NULL,               -- full, incremental, edit, rollback
    file_name TEXT NOT NULL,
    note TEXT NOT NULL,
    content TEXT NOT NULL,            -- canonical CSV: every row, or the rows added and changed
    removed_content TEXT NOT NULL,    -- canonical CSV of the rows removed
    row_count BIGINT NOT NULL,
    added BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    wrong BIGINT NOT NULL,
    imported_at BIGINT NOT NULL,
    imported_by TEXT NOT NULL
);
CREATE UNIQUE INDEX app_catalogue_version ON app_catalogue (layout, version);

-- 政策包草稿: a changed pack before it is published; version guards against two editors.
CREATE TABLE pack_draft (
    id {identity},
    name TEXT NOT NULL,
    base BIGINT,                      -- policy_pack it was made from
    files TEXT NOT NULL,              -- JSON list of [file name, text]
    version BIGINT NOT NULL,
    state TEXT NOT NULL,              -- open, published, discarded
    pack BIGINT,                      -- policy_pack it became
    note TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT NOT NULL
);
-- 政策包修改记录: before and after of every field; `undo` of a version's first row takes the whole version back.
CREATE TABLE pack_change (
    id {identity},
    draft BIGINT NOT NULL,
    version BIGINT NOT NULL,          -- the draft's version that it made
    at BIGINT NOT NULL,
    login TEXT NOT NULL,
    file TEXT NOT NULL,
    field TEXT NOT NULL,
    before_text TEXT NOT NULL,
    after_text TEXT NOT NULL,
    undo TEXT NOT NULL
);
CREATE INDEX pack_change_draft ON pack_change (draft);
-- 试算: regroupings with a draft as it was at a version.
CREATE TABLE pack_trial (run BIGINT PRIMARY KEY, draft BIGINT NOT NULL, version BIGINT NOT NULL, login TEXT NOT NULL);
CREATE INDEX pack_trial_draft ON pack_trial (draft);
-- 政策包履历: added, in_force, stepped_back; login is empty for the command line.
CREATE TABLE pack_event (
    id {identity},
    pack BIGINT NOT NULL,
    at BIGINT NOT NULL,
    login TEXT NOT NULL,
    event TEXT NOT NULL,
    run BIGINT                        -- compute_run that was published with it
);
CREATE INDEX pack_event_pack ON pack_event (pack);

-- 指标目标: of the hospital (empty department and doctor), a department or a doctor, for a year.
CREATE TABLE indicator_target (
    measure TEXT NOT NULL,
    year BIGINT NOT NULL,
    department_key TEXT NOT NULL,
    doctor_key TEXT NOT NULL,
    low BIGINT,                       -- millionths of the measure's unit
    high BIGINT,
    version BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (measure, year, department_key, doctor_key)
);
