//! Calls of other systems and pages inside theirs.
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use super::signature::sign;
use crate::testing::{Answered, Browser, Fixture, SECRET};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use model::{DataScope, Viewer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU32, Ordering};
use store::{FindingState, WarnedPatients, WarningFilter};

/// An item with the rule S-FREQ-01: once a day, blocking, at charge, discharge and after.
const ITEM: &str = "003114000530000";

static NONCES: AtomicU32 = AtomicU32::new(0);

fn nonce() -> String {
    format!("nonce-{:08}", NONCES.fetch_add(1, Ordering::Relaxed))
}

fn utc(fixture: &Fixture) -> i64 {
    fixture.app.now() - fixture.app.configuration().offset_seconds().unwrap()
}

struct Call<'a> {
    application: &'a str,
    path: &'a str,
    body: String,
    time: i64,
    nonce: String,
    secret: &'a str,
}

impl<'a> Call<'a> {
    fn of(fixture: &Fixture, path: &'a str, body: &Value) -> Call<'a> {
        Call {
            application: "his",
            path,
            body: body.to_string(),
            time: utc(fixture),
            nonce: nonce(),
            secret: SECRET,
        }
    }

    async fn send(&self, fixture: &Fixture) -> Answered {
        let time = self.time.to_string();
        let digest = crate::token::hex(&Sha256::digest(self.body.as_bytes()));
        let signature = sign(self.secret, &[&time, &self.nonce, self.path, &digest]).unwrap();
        let request = Request::post(self.path)
            .header("x-dipper-app", self.application)
            .header("x-dipper-time", time)
            .header("x-dipper-nonce", &self.nonce)
            .header("x-dipper-sign", signature)
            .body(Body::from(self.body.clone()))
            .unwrap();
        fixture.stranger().send(request).await
    }
}

async fn call(fixture: &Fixture, path: &str, body: &Value) -> (StatusCode, Value) {
    let answer = Call::of(fixture, path, body).send(fixture).await;
    (answer.status, serde_json::from_slice(&answer.bytes).unwrap())
}

const AUDIT: &str = "/api/v1/audit";
const FEEDBACK: &str = "/api/v1/audit/feedback";

/// Two of the item on one day, the first of them history.
fn twice() -> Value {
    json!({"id": "Z1", "stage": "charge", "encounter": {"sex": "1", "age": 50, "visit": "inpatient", "adm": "2026-06-01T08:00"},
        "lines": [
            {"id": "L1", "item": ITEM, "t": "2026-06-02T08:00", "qty": 1, "price_fen": 4500, "new": false},
            {"id": "L2", "item": ITEM, "t": "2026-06-02T20:00", "qty": 1, "price_fen": 4500}]})
}

#[tokio::test]
async fn only_a_fresh_signed_request_of_a_known_system_is_heard() {
    let fixture = Fixture::empty();
    fixture.audit();
    let good = || Call::of(&fixture, AUDIT, &twice());
    assert_eq!(good().send(&fixture).await.status, StatusCode::OK);
    let used = good();
    assert_eq!(used.send(&fixture).await.status, StatusCode::OK);
    let refused = [
        ("随机数已用过", used),
        ("签名不正确", Call { secret: "another secret of thirty two chars", ..good() }),
        ("签名不正确", Call { application: "nobody", ..good() }),
        ("来源地址", Call { application: "emr", ..good() }),
        ("相差超过 5 分钟", Call { time: utc(&fixture) - 301, ..good() }),
        ("8 至 64", Call { nonce: "short".into(), ..good() }),
    ];
    for (sentence, call) in refused {
        let answer = call.send(&fixture).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{sentence}");
        let said: Value = serde_json::from_slice(&answer.bytes).unwrap();
        assert_eq!(said["infcode"], "-1", "the caller goes on");
        assert!(said["err_msg"].as_str().unwrap().contains(sentence), "{said}");
    }
}

// covers: AUD-1.01, AUD-1.03
#[tokio::test]
async fn a_stay_is_judged_and_its_user_answers() {
    let fixture = Fixture::empty();
    fixture.audit();
    let (status, said) = call(&fixture, AUDIT, &twice()).await;
    assert_eq!((status, &said["verdict"]), (StatusCode::OK, &json!("forced")), "{said}");
    let finding = &said["findings"][0];
    assert_eq!(
        (&finding["rule"], &finding["line"], &finding["excess_fen"], &finding["because_of"]),
        (&json!("S-FREQ-01"), &json!("L2"), &json!(4500), &json!(["L1"]))
    );
    described("Verdict", &said);
    described("finding", finding);

    // Only of rules that would have been told is it said that they could not be judged.
    let alerts = said["alerts"].to_string();
    assert!(!alerts.contains("S-STAY-"), "{alerts}");

    // Its rule does not speak when orders are written, nor of lines that were there before.
    let mut order = twice();
    order["stage"] = json!("order");
    assert_eq!(call(&fixture, AUDIT, &order).await.1["verdict"], "pass");
    let mut old = twice();
    old["lines"][1]["new"] = json!(false);
    assert_eq!(call(&fixture, AUDIT, &old).await.1["findings"], json!([]));

    let id = finding["result"].clone();
    let answer =
        |way: &str, reason: &str| json!({"answers": [{"result": id, "answer": way, "reason": reason}]});
    let (status, refused) = call(&fixture, FEEDBACK, &answer("continue", "")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(refused["err_msg"].as_str().unwrap().contains("第 1 条 reason：继续执行须写明理由"), "{refused}");
    assert_eq!(call(&fixture, FEEDBACK, &answer("continue", "患者病情需要")).await.1["kept"], 1);
    let unknown = json!({"answers": [{"result": 999_999, "answer": "return"}]});
    assert_eq!(call(&fixture, FEEDBACK, &unknown).await.0, StatusCode::NOT_FOUND);
    let national = json!({"infno": "3103", "input": {"data": {"warn_type": "1", "warns":
        {"warn_rslt_id": id, "dspo_way": "2"}}}});
    assert_eq!(call(&fixture, FEEDBACK, &national).await.0, StatusCode::OK, "the last word counts");

    let office = fixture.login_as("insurance_office", &[], None).await;
    let page = office.get("/audit-calls").await.text();
    assert!(page.contains("审核请求 <b>3</b> 次") && page.contains("S-FREQ-01"), "{page}");
    let prevented = crate::testing::table_of(&page)[1].last().unwrap().clone();
    assert_eq!(prevented, "45.00");
    let csv = office.get("/audit-calls?format=csv").await.text();
    assert!(csv.contains("事前避免金额") && csv.contains("45.00"), "{csv}");
}

// covers: AUD-1.01
#[tokio::test]
async fn the_insurers_form_says_the_same() {
    let fixture = Fixture::empty();
    fixture.audit();
    let order = |id: &str, time: &str, new: &str| {
        json!({"rx_id": id, "hilist_code": ITEM, "hosplist_code": "没有的院内码", "cnt": "1", "pric": "45.00",
            "sumamt": "45.00", "drord_begn_date": time, "curr_drord_flag": new})
    };
    let encounter = json!({"mdtrt_id": "M1", "adm_date": "2026-06-01 08:00:00", "med_mdtrt_type": "2",
        "fsi_order_dtos": [order("L1", "2026-06-02 08:00:00", "0"), order("L2", "2026-06-02 20:00:00", "1")]});
    let patient = |encounter: Value| json!({"patn_id": "P1", "gend": "1", "brdy": "1976-01-01", "fsi_encounter_dtos": encounter});
    for patients in [patient(encounter.clone()), json!([patient(json!([encounter.clone()]))])] {
        let body = json!({"infno": "3101", "input": {"data": {"trig_scen": "4", "task_id": "T9", "patient_dtos": patients}}});
        let (status, said) = call(&fixture, AUDIT, &body).await;
        assert_eq!((status, &said["infcode"]), (StatusCode::OK, &json!("0")), "{said}");
        described("NationalVerdict", &said);
        let result = &said["output"]["result"];
        assert_eq!(result.as_array().unwrap().len(), 1, "{said}");
        let one = &result[0];
        assert_eq!(
            (&one["rule_id"], &one["vola_amt"], &one["patn_id"], &one["mdtrt_id"], &one["task_id"]),
            (&json!("S-FREQ-01"), &json!(45.0), &json!("P1"), &json!("M1"), &json!("T9"))
        );
        let details: Vec<(&Value, &Value)> = one["judge_result_detail_dtos"]
            .as_array()
            .unwrap()
            .iter()
            .map(|detail| (&detail["rx_id"], &detail["vola_item_type"]))
            .collect();
        assert_eq!(details, [(&json!("L2"), &json!("1")), (&json!("L1"), &json!("2"))]);
    }
    let only = json!({"infno": "3102", "input": {"data": {"trig_scen": "4", "rule_ids": ["S-SEX-01"],
        "patient_dtos": patient(encounter)}}});
    assert_eq!(call(&fixture, AUDIT, &only).await.1["output"]["result"], json!([]));
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let fixture = Fixture::empty();
    fixture.audit();
    let cases = [
        (json!({"lines": []}), "id：缺少就诊号"),
        (json!({"id": "1", "stage": "x"}), "stage：应为 order"),
        (
            json!({"id": "1", "lines": [{"id": "a", "item": "x", "t": "昨天", "qty": 1}]}),
            "lines[0].t：“昨天”不是时间",
        ),
        (json!({"id": "1", "inpatient_number": "' OR 1=1 --"}), "住院号 ' OR 1=1 -- 的病例"),
        (json!({"infno": "3101", "input": {"data": {}}}), "没有就诊"),
        (json!([1]), "应为一个 JSON 对象"),
    ];
    for (body, sentence) in cases {
        let (status, said) = call(&fixture, AUDIT, &body).await;
        assert!(status.is_client_error(), "{body}");
        assert!(said["err_msg"].as_str().unwrap().contains(sentence), "{said}");
    }
    let broken = Call { body: "{".into(), ..Call::of(&fixture, AUDIT, &json!({})) };
    assert!(broken.send(&fixture).await.text().contains("不是有效的 JSON"));
}

/// An open warning of a patient in house: its case, its 住院号 and itself.
fn warned(fixture: &Fixture) -> (i64, String, i64) {
    let everyone = Viewer { scope: DataScope::Hospital, ..Viewer::default() };
    let filter = WarningFilter {
        patients: WarnedPatients::InHouse,
        state: Some(FindingState::Open),
        ..WarningFilter::default()
    };
    let (page, _) = fixture.app.store().warnings_page(&everyone, &filter, (0, 1)).unwrap();
    let first = page.into_iter().next().unwrap();
    (first.finding.case, first.inpatient_number, first.finding.id)
}

// covers: AUD-1.01
#[tokio::test]
async fn stored_lines_are_judged_with_new_ones() {
    let fixture = Fixture::hospital();
    fixture.audit();
    let (case, number, _) = warned(&fixture);
    let everyone = Viewer { scope: DataScope::Hospital, ..Viewer::default() };
    let input = fixture.app.store().audit_input(&everyone, case, &|_| true).unwrap().unwrap();
    assert!(!input.lines.is_empty());
    let last = input.lines.iter().map(|line| line.charged_at).max().unwrap();
    let time = model::canonical::moment_of(last).unwrap().to_string();
    let line = |id: &str| json!({"id": id, "item": ITEM, "t": time, "qty": 1, "price_fen": 100});
    let body = json!({"id": "Z", "inpatient_number": number, "lines": [line("N1"), line("N2")]});
    let (status, said) = call(&fixture, AUDIT, &body).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let lines: Vec<&Value> =
        said["findings"].as_array().unwrap().iter().map(|finding| &finding["line"]).collect();
    assert!(lines.contains(&&json!("N2")), "{said}");
    let stored = said["findings"].as_array().unwrap().iter().any(|finding| {
        finding["because_of"]
            .as_array()
            .unwrap()
            .iter()
            .chain([&finding["line"]])
            .all(|line| line != "N1" && line != "N2")
    });
    assert!(!stored, "only what the new lines have to do with is told");
    // What the store has is not counted twice.
    let key = &input.lines[0].key;
    let again = json!({"id": "Z", "inpatient_number": number, "lines": [{"id": key, "item": input.lines[0].item_key,
        "t": time, "qty": 1}]});
    assert_eq!(call(&fixture, AUDIT, &again).await.1["findings"], json!([]));
}

fn address(fixture: &Fixture, [emp, mrn, times, scene]: [&str; 4]) -> String {
    let (ts, nonce) = (utc(fixture).to_string(), nonce());
    let sig = sign(SECRET, &["his", emp, mrn, times, scene, &ts, &nonce]).unwrap();
    format!(
        "/embed/enter?app=his&emp={emp}&mrn={mrn}&times={times}&scene={scene}&ts={ts}&nonce={nonce}&sig={sig}"
    )
}

async fn enter(fixture: &Fixture, of: [&str; 4]) -> (Browser, Answered) {
    let browser = fixture.stranger();
    let answer = browser.get(&address(fixture, of)).await;
    (browser, answer)
}

// covers: AUD-1.01, AUD-1.02, AUD-1.03
#[tokio::test]
async fn pages_open_inside_another_system_for_one_patient_and_one_user() {
    let fixture = Fixture::hospital();
    fixture.audit();
    fixture.login_as("insurance_office", &[], None).await;
    let (case, number, id) = warned(&fixture);
    let office = "insurance_office";

    let once = address(&fixture, [office, &number, "", "bed"]);
    let browser = fixture.stranger();
    let entered = browser.get(&once).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text());
    assert_eq!(browser.get(&once).await.status, StatusCode::UNAUTHORIZED, "an address serves once");
    let base = entered.location.strip_suffix("/bed").unwrap().to_owned();
    let bed = browser.get(&format!("{base}/bed")).await;
    assert_eq!(bed.status, StatusCode::OK);
    let policy = bed.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.ends_with("frame-ancestors 'self' http://his.example"), "{policy}");
    assert!(!bed.headers.contains_key("x-frame-options"));
    let bed = bed.text();
    assert!(bed.contains(&number) && bed.contains("待处理") && !bed.contains("class=\"sidebar\""), "{bed}");
    let discharge = browser.get(&format!("{base}/discharge")).await.text();
    assert!(discharge.contains(&format!("{base}/warning/{id}")), "{discharge}");

    // Bound to the patient, and to its pages.
    assert_eq!(browser.get(&format!("{base}/today")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&format!("/case/{case}")).await.status, StatusCode::SEE_OTHER, "no login");
    let everyone = Viewer { scope: DataScope::Hospital, ..Viewer::default() };
    let (all, _) = fixture.app.store().warnings_page(&everyone, &WarningFilter::default(), (0, 500)).unwrap();
    let other = all.iter().find(|warning| warning.finding.case != case).unwrap().finding.id;
    assert_eq!(browser.get(&format!("{base}/warning/{other}")).await.status, StatusCode::NOT_FOUND);

    // Handled from there, with its token.
    let page = browser.get(&format!("{base}/warning/{id}")).await.text();
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("state", "ignored"), ("seen", "open"), ("reason", "患者病情需要")];
    let step = format!("{base}/warning/{id}/step");
    let forged = browser.post(&step, &fields).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN, "without the page's token");
    let done = browser.post(&step, &[&fields[..], &[("csrf", csrf.as_str())]].concat()).await;
    assert_eq!((done.status, done.location), (StatusCode::SEE_OTHER, format!("{base}/warning/{id}")));
    let state = fixture.app.store().audit_finding(&everyone, id).unwrap().unwrap().state;
    assert_eq!(state, FindingState::Ignored);

    fixture.wait(16 * 60);
    let over = browser.get(&format!("{base}/bed")).await;
    assert_eq!(over.status, StatusCode::UNAUTHORIZED);
    assert!(over.text().contains("请从原系统重新打开"), "{}", over.text());

    let (browser, entered) = enter(&fixture, [office, "", "", "today"]).await;
    let today = browser.get(&entered.location).await.text();
    let count = fixture
        .app
        .store()
        .warning_count(
            &everyone,
            &WarningFilter {
                patients: WarnedPatients::InHouse,
                state: Some(FindingState::Open),
                ..WarningFilter::default()
            },
        )
        .unwrap();
    let shown = format!("预警数量（条）</div><div class=\"kpi-value\">{}</div>", count.warnings);
    assert!(count.warnings > 0 && today.contains(&shown), "{today}");
}

#[tokio::test]
async fn nobody_enters_for_what_he_may_not_see() {
    let fixture = Fixture::hospital();
    fixture.audit();
    let (_, number, _) = warned(&fixture);
    fixture.login_as("department_head", &["NOWHERE"], None).await;
    fixture.login_as("insurance_office", &[], None).await;
    for (of, status, sentence) in [
        (["nobody", number.as_str(), "", "bed"], StatusCode::FORBIDDEN, "没有可用的账号"),
        (["department_headNOWHERE", &number, "", "bed"], StatusCode::NOT_FOUND, "的病例"),
        (["insurance_office", "", "", "discharge"], StatusCode::BAD_REQUEST, "缺少住院号"),
        (["insurance_office", &number, "99", "bed"], StatusCode::NOT_FOUND, "的病例"),
        (["insurance_office", &number, "", "elsewhere"], StatusCode::BAD_REQUEST, "scene 应为"),
    ] {
        let (ts, nonce) = (utc(&fixture).to_string(), nonce());
        let sig = sign(SECRET, &["his", of[0], of[1], of[2], of[3], &ts, &nonce]).unwrap();
        let [emp, mrn, times, scene] = of.map(crate::query::encode);
        let address = format!(
            "/embed/enter?app=his&emp={emp}&mrn={mrn}&times={times}&scene={scene}&ts={ts}&nonce={nonce}&sig={sig}"
        );
        let answer = fixture.stranger().get(&address).await;
        assert_eq!(answer.status, status, "{of:?} {}", answer.text());
        assert!(answer.text().contains(sentence), "{of:?} {}", answer.text());
    }
    let changed = address(&fixture, ["insurance_office", &number, "", "bed"])
        .replace("insurance_office", "department_head");
    assert_eq!(fixture.stranger().get(&changed).await.status, StatusCode::UNAUTHORIZED);
}

/// The published description.
fn description() -> Value {
    serde_json::from_str(include_str!("../../assets/openapi.json")).unwrap()
}

/// An answer has what the description requires, and nothing that it does not name.
fn described(schema: &str, answer: &Value) {
    let schemas = &description()["components"]["schemas"];
    let schema = match schema {
        "finding" => &schemas["Verdict"]["properties"]["findings"]["items"],
        name => &schemas[name],
    };
    let properties = schema["properties"].as_object().unwrap();
    for required in schema["required"].as_array().unwrap() {
        assert!(!answer[required.as_str().unwrap()].is_null(), "{required} is missing: {answer}");
    }
    for name in answer.as_object().unwrap().keys() {
        assert!(properties.contains_key(name), "{name} is not described");
    }
}

#[tokio::test]
async fn the_description_names_every_route_of_the_service() {
    let fixture = Fixture::empty();
    let served = fixture.stranger().get("/api/v1/openapi.json").await;
    let served: Value = serde_json::from_slice(&served.bytes).unwrap();
    let mut described: Vec<String> = served["paths"].as_object().unwrap().keys().cloned().collect();
    let mut routes: Vec<String> = crate::routes()
        .iter()
        .filter(|route| route.access == crate::route::Access::Signed)
        .map(|route| route.path.to_owned())
        .collect();
    described.sort();
    routes.sort();
    assert_eq!(described, routes);
}
