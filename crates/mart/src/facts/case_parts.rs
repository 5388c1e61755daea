//! What the case fact is made from besides the encounter itself: one row an encounter each.

/// Parts by name, each may use those before it.
pub(super) const PARTS: &[(&str, &str)] = &[
    ("fee_of_class", FEE_OF_CLASS),
    ("fee", FEE),
    ("special_item", SPECIAL_ITEM),
    ("special", SPECIAL),
    ("settled", SETTLED),
    ("last_settlement", LAST_SETTLEMENT),
    ("list", LIST),
    ("page", PAGE),
    ("diagnosis", DIAGNOSIS),
    ("diagnoses", DIAGNOSES),
    ("operation", OPERATION),
    ("operations", OPERATIONS),
    ("stays", STAYS),
    ("icu", ICU),
    ("bed_days", BED_DAYS),
];

const FEE_OF_CLASS: &str = "SELECT f.number, f.fee_class, COUNT(*) AS lines, SUM(f.amount) AS amount, \
    SUM(f.in_scope) AS in_scope, SUM(f.own_pay) AS own_pay, \
    COUNT(*) FILTER (WHERE f.amount < 0) AS refund_lines, SUM(f.amount) FILTER (WHERE f.amount < 0) AS refunds \
    FROM charge_fact f JOIN stage_case c ON c.number = f.number AND c.month = f.month \
    GROUP BY f.number, f.fee_class";

/// `classes`: 分 by class. Whoever reads it takes 0 for a class that is not there.
const FEE: &str = "SELECT number, SUM(lines) AS lines, SUM(amount) AS total, SUM(in_scope) AS in_scope, \
    SUM(own_pay) AS own_pay, SUM(refund_lines) AS refund_lines, SUM(refunds) AS refunds, \
    SUM(amount) FILTER (WHERE is_drug(fee_class)) AS drug, \
    SUM(amount) FILTER (WHERE is_consumable(fee_class)) AS consumable, \
    MAP(LIST(fee_class), LIST(CAST(amount AS BIGINT))) AS classes \
    FROM fee_of_class GROUP BY number";

/// Items that names give away, under the class that their lines are charged in.
const SPECIAL_ITEM: &str = "SELECT used.item_key, used.fee_class, special_item(i.name, used.fee_class) AS special \
    FROM (SELECT DISTINCT f.item_key, f.fee_class FROM charge_fact f \
        JOIN stage_case c ON c.number = f.number AND c.month = f.month) used \
    JOIN charge_item i ON i.key = used.item_key WHERE special_item(i.name, used.fee_class) IS NOT NULL";

const SPECIAL: &str = "SELECT f.number, SUM(f.amount) FILTER (WHERE i.special = 'interventional') AS interventional, \
    SUM(f.amount) FILTER (WHERE i.special = 'oxygen') AS oxygen, \
    SUM(f.amount) FILTER (WHERE i.special = 'radiology') AS radiology, \
    SUM(f.amount) FILTER (WHERE i.special = 'outsourced') AS outsourced, \
    GREATEST(SUM(CASE WHEN f.amount < 0 THEN -1 ELSE 1 END) FILTER (WHERE i.special = 'rescue'), 0) AS rescues \
    FROM charge_fact f JOIN special_item i ON i.item_key = f.item_key AND i.fee_class = f.fee_class \
    JOIN stage_case c ON c.number = f.number AND c.month = f.month GROUP BY f.number";

/// Settlements that stand: not a preview, not a cancellation, not cancelled.
const SETTLED: &str = "SELECT s.encounter_key, COUNT(*) AS times, MAX(s.settled_at) AS settled_at, \
    BOOL_OR(s.kind = 'final') AS finished, \
    SUM(s.total) AS total, SUM(s.own_pay) AS own_pay, SUM(s.over_limit) AS over_limit, \
    SUM(s.first_self_pay) AS first_self_pay, SUM(s.in_scope) AS in_scope, SUM(s.deductible) AS deductible, \
    SUM(s.pooled_fund) AS pooled_fund, SUM(s.civil_servant_fund) AS civil_servant_fund, \
    SUM(s.enterprise_fund) AS enterprise_fund, SUM(s.serious_illness_fund) AS serious_illness_fund, \
    SUM(s.large_amount_fund) AS large_amount_fund, SUM(s.medical_aid) AS medical_aid, \
    SUM(s.other_fund) AS other_fund, SUM(s.fund_total) AS fund_total, SUM(s.hospital_part) AS hospital_part, \
    SUM(s.personal_part) AS personal_part, SUM(s.personal_account) AS personal_account, SUM(s.cash) AS cash, \
    SUM(s.family_account) AS family_account, SUM(s.insurer_payable) AS insurer_payable, \
    SUM(s.insurer_paid) AS insurer_paid \
    FROM stage_settlement s \
    WHERE s.kind IN ('final', 'interim') AND s.key NOT IN \
        (SELECT x.cancels FROM stage_settlement x WHERE x.cancels IS NOT NULL) \
    GROUP BY s.encounter_key";

/// What does not add up is taken from the latest settlement that stands.
const LAST_SETTLEMENT: &str = "SELECT * FROM stage_settlement s \
    WHERE s.kind IN ('final', 'interim') AND s.key NOT IN \
        (SELECT x.cancels FROM stage_settlement x WHERE x.cancels IS NOT NULL) \
    QUALIFY ROW_NUMBER() OVER (PARTITION BY s.encounter_key ORDER BY s.settled_at DESC, s.key DESC) = 1";

const LIST: &str = "SELECT * FROM stage_settlement_list s \
    QUALIFY ROW_NUMBER() OVER (PARTITION BY s.encounter_key ORDER BY s.uploaded_at DESC NULLS LAST, s.key DESC) = 1";

const PAGE: &str = "SELECT * FROM stage_front_page s \
    QUALIFY ROW_NUMBER() OVER (PARTITION BY s.encounter_key ORDER BY s.revision DESC NULLS LAST, s.key DESC) = 1";

/// The principal western diagnosis of each origin: the one marked, else the first.
const DIAGNOSIS: &str = "SELECT * FROM stage_diagnosis d WHERE d.kind IN ('western', 'outpatient') \
    QUALIFY ROW_NUMBER() OVER (PARTITION BY d.encounter_key, d.origin, d.kind \
        ORDER BY d.principal DESC NULLS LAST, d.sequence, d.key) = 1";

/// Side by side, and as `code`, `name`, `origin` the best of them: coded, insurer's, clinical, admission.
const DIAGNOSES: &str = "SELECT d.encounter_key, \
    MAX(d.code) FILTER (WHERE d.origin = 'coded' AND d.kind = 'western') AS coded, \
    MAX(d.name) FILTER (WHERE d.origin = 'coded' AND d.kind = 'western') AS coded_name, \
    MAX(d.code) FILTER (WHERE d.origin = 'insurer' AND d.kind = 'western') AS insurer, \
    MAX(d.name) FILTER (WHERE d.origin = 'insurer' AND d.kind = 'western') AS insurer_name, \
    MAX(d.code) FILTER (WHERE d.origin = 'clinical' AND d.kind = 'western') AS clinical, \
    MAX(d.name) FILTER (WHERE d.origin = 'clinical' AND d.kind = 'western') AS clinical_name, \
    MAX(d.code) FILTER (WHERE d.origin = 'admission' AND d.kind = 'western') AS admission, \
    MAX(d.name) FILTER (WHERE d.origin = 'admission' AND d.kind = 'western') AS admission_name, \
    MAX(d.code) FILTER (WHERE d.kind = 'outpatient') AS outpatient, \
    MAX(d.name) FILTER (WHERE d.kind = 'outpatient') AS outpatient_name, \
    MAX(n.pathology) AS pathology, MAX(n.infections) AS infections, \
    MAX(d.admission_condition) FILTER (WHERE d.origin = 'coded' AND d.kind = 'western') AS admission_condition, \
    COALESCE(coded, insurer, clinical, admission) AS code, \
    CASE WHEN coded IS NOT NULL THEN coded_name WHEN insurer IS NOT NULL THEN insurer_name \
        WHEN clinical IS NOT NULL THEN clinical_name ELSE admission_name END AS name, \
    CASE WHEN coded IS NOT NULL THEN 'coded' WHEN insurer IS NOT NULL THEN 'insurer' \
        WHEN clinical IS NOT NULL THEN 'clinical' WHEN admission IS NOT NULL THEN 'admission' END AS origin, \
    MAX(n.coded_count) AS coded_count, MAX(n.clinical_count) AS clinical_count, MAX(n.insurer_count) AS insurer_count \
    FROM diagnosis d JOIN (SELECT encounter_key, COUNT(*) FILTER (WHERE origin = 'coded') AS coded_count, \
        COUNT(*) FILTER (WHERE origin = 'clinical') AS clinical_count, \
        COUNT(*) FILTER (WHERE origin = 'insurer') AS insurer_count, \
        MAX(code) FILTER (WHERE origin = 'coded' AND kind = 'pathology') AS pathology, \
        COUNT(*) FILTER (WHERE origin = 'coded' AND admission_condition = '4' AND is_infection(code)) AS infections \
        FROM stage_diagnosis GROUP BY encounter_key) n ON n.encounter_key = d.encounter_key \
    GROUP BY d.encounter_key";

/// Operations of the best origin there is for an encounter, the principal one first.
const OPERATION: &str = "SELECT o.*, operation_level(o.level) AS grade, \
    ROW_NUMBER() OVER (PARTITION BY o.encounter_key ORDER BY o.principal DESC NULLS LAST, o.sequence, o.key) AS place \
    FROM (SELECT * FROM stage_operation QUALIFY DENSE_RANK() OVER (PARTITION BY encounter_key \
        ORDER BY CASE origin WHEN 'coded' THEN 1 WHEN 'insurer' THEN 2 ELSE 3 END) = 1) o";

const OPERATIONS: &str = "SELECT encounter_key, COUNT(*) AS operations, COUNT(grade) AS surgeries, \
    COUNT(*) FILTER (WHERE grade = 1) AS level1, COUNT(*) FILTER (WHERE grade = 2) AS level2, \
    COUNT(*) FILTER (WHERE grade = 3) AS level3, COUNT(*) FILTER (WHERE grade = 4) AS level4, \
    COUNT(*) FILTER (WHERE is_minimally_invasive(name) AND grade IS NOT NULL) AS minimally_invasive, \
    MAX(grade) AS highest, MIN(started_at) AS first_at, \
    SUM(DATE_DIFF('minute', started_at, ended_at)) AS minutes, \
    MAX(code) FILTER (WHERE place = 1) AS code, MAX(name) FILTER (WHERE place = 1) AS name, \
    MAX(grade) FILTER (WHERE place = 1) AS grade, MAX(origin) AS origin, \
    MAX(surgeon_key) FILTER (WHERE place = 1) AS surgeon_key, \
    MAX(anaesthesia) FILTER (WHERE place = 1) AS anaesthesia, \
    MAX(incision_healing) FILTER (WHERE place = 1) AS incision_healing, \
    BOOL_OR(elective) FILTER (WHERE place = 1) AS elective \
    FROM operation GROUP BY encounter_key";

/// 转科: adjacent stays in the same department count as one.
const STAYS: &str = "SELECT encounter_key, COUNT(*) AS stays, COUNT(DISTINCT department_key) AS departments, \
    COUNT(*) FILTER (WHERE department_before <> department_key) AS transfers, \
    ARG_MAX(department_key, position) AS last_department \
    FROM (SELECT *, LAG(department_key) OVER (PARTITION BY encounter_key ORDER BY position) AS department_before \
        FROM department_visit) GROUP BY encounter_key";

/// A stay that is not ended yet lasts until the discharge; in house its length is not known.
const ICU: &str = "SELECT i.encounter_key, COUNT(*) AS stays, SUM(i.ventilator_hours) AS ventilator_hours, \
    SUM(DATE_DIFF('minute', i.entered_at, COALESCE(i.left_at, e.discharged_at))) AS minutes \
    FROM stage_icu_stay i JOIN stage_encounter e ON e.key = i.encounter_key GROUP BY i.encounter_key";

const BED_DAYS: &str = "SELECT encounter_key, COUNT(*) AS days FROM stage_bed_day GROUP BY encounter_key";
