-- The store's records put side by side in plain SQL, by the definitions of packs/metrics; nothing here knows of the mart.

CREATE TEMP TABLE stand AS
SELECT * FROM settlement s
WHERE s.deleted_at IS NULL AND s.kind IN ('final', 'interim')
  AND NOT EXISTS (SELECT 1 FROM settlement x WHERE x.cancels = s.key AND x.deleted_at IS NULL);

CREATE TEMP TABLE settled AS
SELECT encounter_key, SUM(total) AS s_total, SUM(own_pay) AS s_own_pay, SUM(in_scope) AS s_in_scope,
       SUM(fund_total) AS s_fund, SUM(pooled_fund) AS s_pooled, SUM(personal_part) AS s_personal,
       SUM(hospital_part) AS s_hospital, SUM(insurer_payable) AS s_payable,
       MAX(settled_at) / 86400 AS settled_day, MAX(kind = 'final') AS finished
FROM stand GROUP BY encounter_key;

-- 费用明细: the line's own class, else the item's; what the front page does not know is 其他费.
CREATE TEMP TABLE class (code TEXT, big TEXT);
INSERT INTO class VALUES
  ('general_service', 'service'), ('general_treatment', 'service'), ('nursing', 'service'), ('other_service', 'service'),
  ('pathology', 'diagnostic'), ('laboratory', 'diagnostic'), ('imaging', 'diagnostic'), ('clinical_diagnosis', 'diagnostic'),
  ('non_surgical', 'treatment'), ('physiotherapy', 'treatment'), ('surgical', 'treatment'), ('anaesthesia', 'treatment'),
  ('operation', 'treatment'), ('rehabilitation', 'rehabilitation'), ('chinese_treatment', 'chinese'),
  ('western_drug', 'western'), ('antibiotic', 'western'), ('patent_drug', 'herbs'), ('herbal_drug', 'herbs'),
  ('blood', 'blood'), ('albumin', 'blood'), ('globulin', 'blood'), ('clotting_factor', 'blood'), ('cytokine', 'blood'),
  ('examination_material', 'material'), ('treatment_material', 'material'), ('operation_material', 'material'),
  ('other', 'other');

CREATE TEMP TABLE charged AS
SELECT l.*, i.name AS item_name_, COALESCE(own.code, of_item.code, 'other') AS class_,
       COALESCE(own.big, of_item.big, 'other') AS big, COALESCE(l.level, i.level) AS level_
FROM charge_line l LEFT JOIN charge_item i ON i.key = l.item_key AND i.deleted_at IS NULL
LEFT JOIN class own ON own.code = l.fee_class LEFT JOIN class of_item ON of_item.code = i.fee_class
WHERE l.deleted_at IS NULL;

CREATE TEMP TABLE fee AS
SELECT e.key AS encounter_key, TOTAL(amount) AS total,
       TOTAL(amount * (big = 'service')) AS service, TOTAL(amount * (big = 'diagnostic')) AS diagnostic,
       TOTAL(amount * (big = 'treatment')) AS treatment, TOTAL(amount * (big = 'rehabilitation')) AS rehabilitation,
       TOTAL(amount * (big = 'chinese')) AS chinese, TOTAL(amount * (big = 'western')) AS western,
       TOTAL(amount * (big = 'herbs')) AS herbs, TOTAL(amount * (big = 'blood')) AS blood,
       TOTAL(amount * (big = 'material')) AS material, TOTAL(amount * (big = 'other')) AS other,
       TOTAL(amount * (class_ = 'operation')) AS operation, TOTAL(amount * (class_ = 'anaesthesia')) AS anaesthesia,
       TOTAL(amount * (class_ = 'laboratory')) AS laboratory, TOTAL(amount * (class_ = 'surgical')) AS surgical,
       TOTAL(amount * (class_ = 'operation_material')) AS operation_material, TOTAL(amount * (class_ = 'antibiotic')) AS antibiotic,
       TOTAL(amount * (class_ IN ('imaging', 'clinical_diagnosis'))) AS examination,
       TOTAL(amount * (INSTR(item_name_, '介入') > 0 AND INSTR(class_, '_material') = 0)) AS interventional,
       TOTAL(amount * (INSTR(item_name_, '氧气') > 0 AND INSTR(class_, '_material') = 0)) AS oxygen,
       TOTAL(amount * (class_ = 'imaging' AND item_name_ IN ('CT平扫', '胸部DR摄影', '磁共振增强'))) AS radiology,
       TOTAL(amount * (INSTR(item_name_, '外送') > 0)) AS outsourced,
       MAX(TOTAL((INSTR(item_name_, '抢救') > 0) * (CASE WHEN amount < 0 THEN -1 ELSE 1 END)), 0) AS rescues
FROM encounter e LEFT JOIN charged c ON c.encounter_key = e.key GROUP BY e.key;

-- 诊断: the first of each origin, marked ones first; of origins the coder's, the insurer's, the doctor's, that of admission.
CREATE TEMP TABLE first_diagnosis AS
SELECT encounter_key, origin, kind, code FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY encounter_key, origin, kind
                               ORDER BY COALESCE(principal, -1) DESC, sequence, key) AS place
  FROM diagnosis WHERE deleted_at IS NULL AND kind IN ('western', 'outpatient')) WHERE place = 1;

CREATE TEMP TABLE diagnosed AS
SELECT e.key AS encounter_key,
  (SELECT code FROM first_diagnosis d WHERE d.encounter_key = e.key AND kind = 'western' AND code IS NOT NULL
   ORDER BY CASE origin WHEN 'coded' THEN 1 WHEN 'insurer' THEN 2 WHEN 'clinical' THEN 3 ELSE 4 END LIMIT 1) AS code,
  (SELECT code FROM first_diagnosis d WHERE d.encounter_key = e.key AND kind = 'western' AND origin = 'admission') AS admission,
  (SELECT MAX(code) FROM first_diagnosis d WHERE d.encounter_key = e.key AND kind = 'outpatient') AS outpatient,
  (SELECT MAX(code) FROM diagnosis d WHERE d.encounter_key = e.key AND kind = 'pathology' AND origin = 'coded'
   AND deleted_at IS NULL) AS pathology,
  (SELECT COUNT(*) FROM diagnosis d WHERE d.encounter_key = e.key AND origin = 'coded' AND deleted_at IS NULL) AS coded_count,
  (SELECT COUNT(*) FROM diagnosis d WHERE d.encounter_key = e.key AND origin = 'clinical' AND deleted_at IS NULL) AS clinical_count,
  EXISTS (SELECT 1 FROM diagnosis d WHERE d.encounter_key = e.key AND origin = 'coded' AND admission_condition = '4'
    AND deleted_at IS NULL AND (SUBSTR(UPPER(code), 1, 1) IN ('A', 'B') OR SUBSTR(UPPER(code), 1, 3) IN ('J12', 'J13', 'J14', 'J15', 'J16', 'J17', 'J18')
      OR SUBSTR(code, 1, 5) IN ('N39.0', 'T80.2', 'T81.4', 'T82.7', 'T84.5', 'T84.6', 'T85.7'))) AS infected
FROM encounter e;

-- 手术操作 of the best origin there is.
CREATE TEMP TABLE counted AS
SELECT o.*, CASE WHEN level IN ('1', '一级') THEN 1 WHEN level IN ('2', '二级') THEN 2 WHEN level IN ('3', '三级') THEN 3
              WHEN level IN ('4', 'Ⅳ', '四') THEN 4 END AS grade,
       CASE WHEN started_at IS NOT NULL THEN MAX(started_at / 86400 - (SELECT admitted_at / 86400 FROM encounter e WHERE e.key = o.encounter_key), 0) END AS waited,
       ended_at / 60 - started_at / 60 AS took,
       INSTR(name, '镜') > 0 AND INSTR(name, '结肠镜') = 0 AS endoscopic,
       ROW_NUMBER() OVER (PARTITION BY encounter_key ORDER BY COALESCE(principal, -1) DESC, sequence, key) AS place
FROM operation o WHERE deleted_at IS NULL AND CASE origin WHEN 'coded' THEN 1 WHEN 'insurer' THEN 2 ELSE 3 END =
  (SELECT MIN(CASE origin WHEN 'coded' THEN 1 WHEN 'insurer' THEN 2 ELSE 3 END) FROM operation x
   WHERE x.encounter_key = o.encounter_key AND x.deleted_at IS NULL);

CREATE TEMP TABLE operated AS
SELECT encounter_key, COUNT(*) AS operations, COUNT(grade) AS surgeries, SUM(grade = 4) AS level4, MAX(grade) AS highest,
       MIN(started_at) / 86400 AS first_day
FROM counted GROUP BY encounter_key;

-- 在科: each stay with the department before and after.
CREATE TEMP TABLE placed AS
SELECT t.*, ROW_NUMBER() OVER w AS position, LAG(department_key) OVER w AS came_from, LEAD(department_key) OVER w AS went_to
FROM department_stay t WHERE deleted_at IS NULL
WINDOW w AS (PARTITION BY encounter_key ORDER BY entered_at, sequence, key);

-- 在科次: stays in the same department one after another.
CREATE TEMP TABLE visited AS
SELECT p.*, (SELECT COUNT(*) FROM placed x WHERE x.encounter_key = p.encounter_key AND x.position <= p.position
             AND x.came_from IS NOT x.department_key) AS visit
FROM placed p;

CREATE TEMP TABLE kase AS
SELECT i.number, i.month AS month_, e.*, p.sex, p.region, p.birth_date, i.month = 0 AS in_house,
       e.admitted_at / 86400 AS in_day, e.discharged_at / 86400 AS out_day,
       COALESCE(e.age_years, STRFTIME('%Y', e.admitted_at, 'unixepoch') - STRFTIME('%Y', p.birth_date * 86400, 'unixepoch')
         - (STRFTIME('%m-%d', e.admitted_at, 'unixepoch') < STRFTIME('%m-%d', p.birth_date * 86400, 'unixepoch'))) AS age,
       e.insurance_type AS insurance, e.discharge_department_key AS department_,
       r.kind, r.group_code, r.reason, r.trial, r.confirmed, r.standard_points, r.benchmark_ratio, r.ratio_cost, r.base_cost, r.factor,
       r.group_coefficient, r.earned_points, r.payment, r.surplus, r.band,
       s.*, f.*, d.code AS principal, d.admission, d.outpatient, d.pathology, d.infected, d.coded_count, d.clinical_count,
       o.operations, o.surgeries, o.level4, o.highest, o.first_day,
       (SELECT COUNT(*) FROM bed_day b WHERE b.encounter_key = e.key AND b.deleted_at IS NULL) AS nights,
       (SELECT COUNT(*) FROM icu_stay u WHERE u.encounter_key = e.key AND u.deleted_at IS NULL) AS icu,
       (SELECT COUNT(*) FROM placed t WHERE t.encounter_key = e.key AND came_from <> department_key) AS moves
FROM inpatient_case i JOIN encounter e ON e.key = i.encounter_key
LEFT JOIN patient p ON p.key = e.patient_key AND p.deleted_at IS NULL
LEFT JOIN case_result r ON r.case_number = i.number AND r.run = i.run
LEFT JOIN settled s ON s.encounter_key = e.key LEFT JOIN fee f ON f.encounter_key = e.key
LEFT JOIN diagnosed d ON d.encounter_key = e.key LEFT JOIN operated o ON o.encounter_key = e.key
WHERE e.deleted_at IS NULL;

-- 再入院: days until the patient's next stay.
CREATE TEMP TABLE returning_ AS
SELECT k.number, (SELECT n.in_day FROM kase n WHERE n.patient_key = k.patient_key AND (n.admitted_at, n.number) > (k.admitted_at, k.number)
                  ORDER BY n.admitted_at, n.number LIMIT 1) - k.out_day AS until
FROM kase k;

-- What a case is, worked out once for all facts.
CREATE TEMP TABLE k AS
SELECT kase.*, returning_.until, STRFTIME('%Y%m', in_day * 86400, 'unixepoch') + 0 AS in_month, UPPER(SUBSTR(principal, 1, 3)) AS category,
       CASE WHEN discharged_at IS NOT NULL THEN MAX(out_day - in_day, 1) END AS days,
       insurance IS NOT NULL AS insured, group_code IS NOT NULL AS is_grouped,
       insurance IS NOT NULL AND COALESCE(reason, '') NOT IN ('not_dip', 'paid_by_item', 'insurance_type_unknown', 'settlement_way_unknown') AS dip,
       COALESCE(surgeries, 0) > 0 AS surgical_,
       CASE WHEN discharge_way = '5' OR icu > 0 THEN 'D'
            WHEN highest = 4 OR (CASE WHEN coded_count > 0 THEN coded_count ELSE clinical_count END) >= 6 THEN 'C'
            WHEN admission_way = '1' THEN 'B' ELSE 'A' END AS severity,
       CASE WHEN age IS NULL THEN NULL WHEN age = 0 AND age_days <= 28 THEN '新生儿' WHEN age < 1 THEN '不足1岁'
            WHEN age <= 6 THEN '1~6岁' WHEN age <= 17 THEN '7~17岁' WHEN age <= 44 THEN '18~44岁' WHEN age <= 59 THEN '45~59岁'
            WHEN age <= 74 THEN '60~74岁' ELSE '75岁及以上' END AS age_band_
FROM kase JOIN returning_ ON returning_.number = kase.number;

CREATE TEMP TABLE operation_of AS
SELECT k.*, c.key AS row_key, c.code AS op_code, c.grade, c.endoscopic, c.incision_healing AS healing_, c.elective, c.anaesthesia AS anaesthesia_,
       c.anaesthetist_key, c.surgeon_key, c.waited, c.took, c.started_at / 86400 AS op_day
FROM counted c JOIN k ON k.key = c.encounter_key;

CREATE TEMP TABLE diagnosis_of AS
SELECT k.*, d.key AS row_key, d.code AS d_code, d.kind AS d_kind, d.admission_condition
FROM diagnosis d JOIN k ON k.key = d.encounter_key
WHERE d.deleted_at IS NULL AND CASE origin WHEN 'coded' THEN 1 WHEN 'insurer' THEN 2 WHEN 'clinical' THEN 3 ELSE 4 END =
  (SELECT MIN(CASE origin WHEN 'coded' THEN 1 WHEN 'insurer' THEN 2 WHEN 'clinical' THEN 3 ELSE 4 END) FROM diagnosis x
   WHERE x.encounter_key = d.encounter_key AND x.kind = d.kind AND x.deleted_at IS NULL);

CREATE TEMP TABLE line_of AS
SELECT k.*, c.key AS row_key, c.amount, c.quantity, c.in_scope AS l_in_scope, c.own_pay AS l_own_pay, c.charged_at / 86400 AS l_day,
       c.class_, c.big, c.level_, c.item_key, c.ordering_department_key AS l_department
FROM charged c JOIN k ON k.key = c.encounter_key;

CREATE TEMP TABLE night_of AS
SELECT k.*, b.key AS row_key, b.day AS n_day, b.department_key AS n_department
FROM bed_day b JOIN k ON k.key = b.encounter_key WHERE b.deleted_at IS NULL;

-- Fees that a department ordered while the patient was there: in the last of its stays that had begun, the first takes earlier ones.
CREATE TEMP TABLE line_stay AS
SELECT c.key, c.encounter_key, c.amount, c.big, COALESCE(
  (SELECT t.key FROM placed t WHERE t.encounter_key = c.encounter_key AND t.department_key = c.ordering_department_key
   AND t.entered_at <= c.charged_at ORDER BY t.position DESC LIMIT 1),
  (SELECT t.key FROM placed t WHERE t.encounter_key = c.encounter_key AND t.department_key = c.ordering_department_key
   ORDER BY t.position LIMIT 1)) AS stay_key
FROM charged c;

CREATE TEMP TABLE stay_of AS
SELECT k.*, v.key AS row_key, v.department_key AS t_department, v.entered_at / 86400 AS t_in, v.left_at / 86400 AS t_out, v.visit,
       v.came_from, v.went_to, (SELECT MAX(visit) FROM visited x WHERE x.encounter_key = v.encounter_key) AS visits,
       v.came_from IS NOT v.department_key AS begins, v.went_to IS NULL AS is_last,
       (SELECT COALESCE(SUM(amount), 0) FROM line_stay l WHERE l.stay_key = v.key) AS t_fee,
       (SELECT COALESCE(SUM(amount), 0) FROM line_stay l WHERE l.stay_key = v.key AND l.big IN ('western', 'herbs')) AS t_drug,
       (SELECT COALESCE(SUM(amount), 0) FROM line_stay l WHERE l.stay_key = v.key AND l.big = 'material') AS t_material
FROM visited v JOIN k ON k.key = v.encounter_key;

-- 治疗人次: from the first day of a visit to its last; a visit that nobody ended lasts until the discharge, else until the last
-- night or charge that is known.
CREATE TEMP TABLE visit_of AS
SELECT k.*, v.t_department AS v_department, v.t_from,
       MAX(v.t_from, COALESCE(v.t_to, k.out_day,
         (SELECT MAX(day) FROM (SELECT b.day FROM bed_day b WHERE b.encounter_key = k.key AND b.deleted_at IS NULL
          UNION ALL SELECT l.charged_at / 86400 FROM charge_line l WHERE l.encounter_key = k.key AND l.deleted_at IS NULL)), v.t_from)) AS t_to
FROM (SELECT encounter_key, visit, department_key AS t_department, MIN(entered_at) / 86400 AS t_from,
             CASE WHEN COUNT(*) = COUNT(left_at) THEN MAX(left_at) / 86400 END AS t_to
      FROM visited GROUP BY encounter_key, visit) v
JOIN k ON k.key = v.encounter_key;

-- 开放床位, of the days for which nights are known.
CREATE TEMP TABLE open_of AS
WITH RECURSIVE day_of (d) AS (SELECT MIN(n_day) FROM night_of UNION ALL SELECT d + 1 FROM day_of WHERE d < (SELECT MAX(n_day) FROM night_of))
SELECT d AS o_day, key AS o_department, open_beds FROM day_of CROSS JOIN department WHERE open_beds > 0 AND deleted_at IS NULL;
