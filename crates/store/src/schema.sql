-- Tables beside the hospital's own data (those come from model::canonical). One text for SQLite and PostgreSQL:
-- {identity} is the only difference. Times are seconds of the hospital's wall clock, money is 分, ratios are millionths.

-- 采集: what a task has read so far.
CREATE TABLE sync_task (
    key TEXT PRIMARY KEY,             -- source/task
    source TEXT NOT NULL,
    table_name TEXT NOT NULL,
    watermark BIGINT,                 -- the source's clock: everything up to here has been read
    paused BIGINT NOT NULL,           -- 1: stopped after repeated failures or by hand
    failures BIGINT NOT NULL,         -- in a row
    held TEXT                         -- why it waits for a person (mass deletion)
);

-- 同步日志: one row a run of a task.
CREATE TABLE sync_run (
    id {identity},
    task TEXT NOT NULL,
    source TEXT NOT NULL,
    table_name TEXT NOT NULL,
    cause TEXT NOT NULL,              -- timer, manual, event
    mapping TEXT NOT NULL,            -- hash of the mapping pack
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    state TEXT NOT NULL,              -- running, done, failed, cancelled, held, interrupted
    from_watermark BIGINT,
    to_watermark BIGINT,
    rows_read BIGINT NOT NULL,
    inserted BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    outdated BIGINT NOT NULL,         -- older than what the store has
    rejected BIGINT NOT NULL,
    tombstoned BIGINT NOT NULL,
    message TEXT                      -- the error, or a warning, in Chinese
);
CREATE INDEX sync_run_task ON sync_run (task, id);

-- 采集拒收: every row that could not be taken, with its reason.
CREATE TABLE sync_reject (
    id {identity},
    run BIGINT NOT NULL,
    table_name TEXT NOT NULL,
    row_number BIGINT NOT NULL,
    row_key TEXT,
    field TEXT,
    reason TEXT NOT NULL,
    remedy TEXT NOT NULL,
    raw TEXT                          -- private columns masked
);
CREATE INDEX sync_reject_run ON sync_reject (run, id);

-- change: rises with every transaction that changes the hospital's data or its results. case: numbers given to cases.
CREATE TABLE counter (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO counter (name, value) VALUES ('change', 0), ('case', 0);

-- 待重算: encounters whose data changed since they were computed.
CREATE TABLE dirty_encounter (encounter_key TEXT PRIMARY KEY, stamp BIGINT NOT NULL);

-- 月份版本: discharge months (yyyymm, 0 in house, -1 dictionaries) and the stamp of their last change, for the mart.
CREATE TABLE month_version (month BIGINT PRIMARY KEY, stamp BIGINT NOT NULL);

-- 政策包 as loaded: its files, so that any result can be computed again.
CREATE TABLE policy_pack (
    id {identity},
    hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    pack TEXT NOT NULL,               -- the pack's own id
    effective_from BIGINT NOT NULL,   -- days
    effective_to BIGINT NOT NULL,
    files TEXT NOT NULL,              -- JSON list of [file name, text]
    added_at BIGINT NOT NULL,
    in_force_since BIGINT             -- moment it became the one for its dates; empty: for trial only
);
CREATE TABLE policy_group (
    pack BIGINT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (pack, code)
);

-- 计算批次: one row a run of the engines.
CREATE TABLE compute_run (
    id {identity},
    cause TEXT NOT NULL,              -- sync: changed encounters; regroup: a new pack
    state TEXT NOT NULL,              -- running, done, published, failed, cancelled
    packs TEXT NOT NULL,              -- ids of policy_pack, comma-separated
    scope_from BIGINT,                -- discharge day, days
    scope_to BIGINT,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    total BIGINT NOT NULL,
    done BIGINT NOT NULL,
    cursor_number BIGINT NOT NULL,    -- last case number done, for going on after a stop
    message TEXT
);

-- 病例: one row an encounter that has been computed, with what the engines saw of it.
CREATE TABLE inpatient_case (
    encounter_key TEXT PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,    -- given once, never reused
    month BIGINT NOT NULL,            -- yyyymm of the discharge, 0 in house, -2 void
    discharge_day BIGINT,             -- days
    run BIGINT,                       -- the compute_run whose result is the current one
    input TEXT NOT NULL               -- the case as given to the engines
);
CREATE INDEX inpatient_case_month ON inpatient_case (month);

-- 分组结果: never overwritten; a new run adds rows beside the old ones.
CREATE TABLE case_result (
    case_number BIGINT NOT NULL,
    run BIGINT NOT NULL,
    pack BIGINT NOT NULL,
    trial BIGINT NOT NULL,            -- 试算: the pack is not in force on the case's date
    group_code TEXT,
    kind TEXT NOT NULL,
    standard_points BIGINT,
    benchmark_ratio BIGINT,
    band TEXT,
    segment TEXT,
    factor BIGINT,
    hospital_coefficient BIGINT,
    group_coefficient BIGINT,
    bonus_coefficient BIGINT,
    auxiliary_coefficient BIGINT,
    earned_points BIGINT,
    price_kind TEXT,
    point_price BIGINT,
    ratio_cost BIGINT,
    payment BIGINT,
    surplus BIGINT,
    review BIGINT NOT NULL,
    confirmed BIGINT NOT NULL,
    reason TEXT,
    PRIMARY KEY (case_number, run)
) {clustered};

-- 评分 and 违规/缺陷 of a run; the audit and quality engines write here.
CREATE TABLE case_score (
    case_number BIGINT NOT NULL,
    run BIGINT NOT NULL,
    kind TEXT NOT NULL,
    score BIGINT NOT NULL,
    rules TEXT NOT NULL,              -- hash of the rules that made it
    PRIMARY KEY (case_number, run, kind)
) {clustered};
CREATE TABLE case_finding (
    id {identity},
    case_number BIGINT NOT NULL,
    run BIGINT NOT NULL,
    engine TEXT NOT NULL,             -- audit, quality
    rule TEXT NOT NULL,
    rules TEXT NOT NULL,
    severity TEXT NOT NULL,
    line_key TEXT,
    amount BIGINT,
    quantity BIGINT,
    evidence TEXT
);
CREATE INDEX case_finding_case ON case_finding (case_number, run);

-- 用户, 角色
CREATE TABLE app_role (name TEXT PRIMARY KEY, title TEXT NOT NULL, permissions TEXT NOT NULL);
CREATE TABLE app_user (
    login TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    staff_key TEXT,
    password_hash TEXT NOT NULL,
    active BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until BIGINT
);
CREATE TABLE app_user_role (login TEXT NOT NULL, role TEXT NOT NULL, PRIMARY KEY (login, role));
CREATE TABLE app_user_department (login TEXT NOT NULL, department_key TEXT NOT NULL, PRIMARY KEY (login, department_key));

-- 参数: every version stays.
CREATE TABLE app_parameter (
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    value TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (name, version)
);

-- 文章: notices and policy texts.
CREATE TABLE app_article (
    id {identity},
    category TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    published_at BIGINT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT
);

-- 操作日志: appended only.
CREATE TABLE operation_log (
    id {identity},
    at BIGINT NOT NULL,
    login TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT,
    address TEXT
);
CREATE INDEX operation_log_at ON operation_log (at);
