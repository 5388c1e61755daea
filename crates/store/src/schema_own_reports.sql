-- 自定义报表: definitions that users built, in the text of packs/reports.
CREATE TABLE report_definition (
    id {identity},
    owner TEXT NOT NULL,              -- 工号
    owner_name TEXT NOT NULL,
    shared BIGINT NOT NULL,           -- 1: whoever may read its numbers sees it
    title TEXT NOT NULL,
    definition TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    deleted_at BIGINT                 -- 已删除, may be restored by its owner
);
CREATE INDEX report_definition_owner ON report_definition (owner);
