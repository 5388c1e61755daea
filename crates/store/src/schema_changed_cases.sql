-- The change number of a case's last change: whoever follows the store reads only what changed. Cases of before count as changed with
-- their month.
ALTER TABLE inpatient_case ADD COLUMN changed BIGINT NOT NULL DEFAULT 0;
UPDATE inpatient_case SET changed = COALESCE((SELECT v.stamp FROM month_version v WHERE v.month = inpatient_case.month), 0);

-- 基准费用 (分), the denominator of 基准率; of earlier results it is told from cost and ratio.
ALTER TABLE case_result ADD COLUMN base_cost BIGINT;
