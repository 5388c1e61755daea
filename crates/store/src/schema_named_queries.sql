-- 常用查询: conditions of a list of cases, kept like the reports that users built (store::DefinitionKind).
ALTER TABLE report_definition ADD COLUMN kind TEXT NOT NULL DEFAULT 'report';
