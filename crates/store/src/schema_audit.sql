-- 审核规则库: a rule and all its versions, each a whole document.
CREATE TABLE audit_rule (
    id TEXT PRIMARY KEY,              -- 规则编号
    state TEXT NOT NULL,              -- open 启用, shadow 试运行 (counted, warns nobody), closed 关闭
    published BIGINT,                 -- the version in force; NULL: never published
    draft BIGINT,                     -- the version under work; NULL: none
    reason TEXT NOT NULL,             -- of the last change of state
    version BIGINT NOT NULL,          -- of this row: rises with every change
    changed_at BIGINT NOT NULL,
    changed_by TEXT NOT NULL
);
CREATE TABLE audit_rule_version (
    rule TEXT NOT NULL,
    number BIGINT NOT NULL,           -- from 1
    document TEXT NOT NULL,
    note TEXT NOT NULL,
    author TEXT NOT NULL,             -- 工号
    author_name TEXT NOT NULL,
    written_at BIGINT NOT NULL,
    publisher TEXT,                   -- another than the author
    publisher_name TEXT,
    published_at BIGINT,
    PRIMARY KEY (rule, number)
) {clustered};

-- 已审核的病例: whose it is, as of its last audit.
CREATE TABLE audit_case (
    case_number BIGINT PRIMARY KEY,
    department_key TEXT NOT NULL,
    attending_key TEXT NOT NULL,
    resident_key TEXT NOT NULL,
    in_house BIGINT NOT NULL,
    discharge_day BIGINT,
    settled_day BIGINT,
    audited_at BIGINT NOT NULL,
    unjudged TEXT NOT NULL            -- what could not be judged and why, a line each
);
CREATE INDEX audit_case_place ON audit_case (department_key, discharge_day, in_house, case_number);
-- 违规预警: one for a line and a rule; a new audit changes it, never what people did with it.
CREATE TABLE audit_finding (
    id {identity},
    case_number BIGINT NOT NULL,
    rule TEXT NOT NULL,
    rule_version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    shadow BIGINT NOT NULL,           -- 试运行: not shown as a warning
    line_key TEXT NOT NULL,
    because_of TEXT NOT NULL,         -- keys of the lines that caused it, a line each
    item_key TEXT NOT NULL,
    charged_at BIGINT NOT NULL,
    quantity BIGINT NOT NULL,         -- 超出数量, ten-thousandths
    amount BIGINT NOT NULL,           -- 违规金额, 分
    content TEXT NOT NULL,            -- 预警内容
    found_at BIGINT NOT NULL,         -- 预警时间
    gone_at BIGINT,                   -- a later audit did not find it any more
    gone_why TEXT,                    -- charges: they were changed; rule: it was changed or closed
    state TEXT NOT NULL,              -- open, ignored, corrected, confirmed, appealed
    UNIQUE (case_number, rule, line_key)
);
CREATE INDEX audit_finding_rule ON audit_finding (rule);
-- 处理记录: appended to, never changed.
CREATE TABLE audit_finding_step (
    id {identity},
    finding BIGINT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX audit_finding_step_finding ON audit_finding_step (finding);

-- How far the audit is: cases changed up to here are audited by the rules of this change number.
CREATE TABLE audit_progress (
    one BIGINT PRIMARY KEY,
    rules BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    case_number BIGINT NOT NULL
);
CREATE INDEX inpatient_case_changed ON inpatient_case (changed, number);
INSERT INTO counter (name, value) VALUES ('audit_library', 0), ('audit_rules', 0);
