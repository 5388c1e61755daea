-- Rises with every audit and with everything people do with warnings: what is counted of them is kept until then.
INSERT INTO counter (name, value) VALUES ('audit_warnings', 0);

-- 接口审核: each call of another system, and what it was told. No names: 住院号 and item codes only.
CREATE TABLE audit_call (
    id {identity},
    at BIGINT NOT NULL,
    application TEXT NOT NULL,        -- 接入应用
    stay TEXT NOT NULL,               -- 就诊号 as the caller gave it
    stage TEXT NOT NULL,              -- 环节; empty: all
    lines BIGINT NOT NULL,
    conclusion TEXT NOT NULL          -- pass, revise, forced
);
CREATE INDEX audit_call_at ON audit_call (at);
CREATE TABLE audit_call_finding (
    id {identity},
    call BIGINT NOT NULL,
    rule TEXT NOT NULL,
    rule_version BIGINT NOT NULL,
    level TEXT NOT NULL,
    line TEXT NOT NULL,               -- 明细号 as the caller gave it
    item TEXT NOT NULL,
    quantity BIGINT NOT NULL,         -- 超出数量, ten-thousandths
    amount BIGINT NOT NULL,           -- 违规金额, 分
    content TEXT NOT NULL,
    answer TEXT,                      -- continue 继续执行, return 返回修改; NULL: not told yet
    reason TEXT,
    answered_at BIGINT
);
CREATE INDEX audit_call_finding_call ON audit_call_finding (call);
CREATE INDEX encounter_inpatient_number ON encounter (inpatient_number);
