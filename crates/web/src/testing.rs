//! A small hospital behind the whole service, for the tests of pages.
#![allow(clippy::unwrap_used, reason = "test support")]

use crate::app::{App, Setting};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use hospital::{Hospital, Options};
use mart::Mart;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::{Store, User};
use sync::{Configuration, PackSet, Request as Collection};
use tower::ServiceExt;

/// The service with its data in a folder that goes away.
pub(crate) struct Fixture {
    pub(crate) app: App,
    pub(crate) folder: tempfile::TempDir,
    router: Router,
    clock: Arc<AtomicI64>,
}

/// A logged-in browser.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    cookie: String,
    csrf: String,
}

/// What a page answered.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answered {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// What the fixture's applications sign with.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

pub(crate) const PASSWORD: &str = "Dipper#2026test";

impl Fixture {
    /// 200 discharges and 20 patients in house of the sample city, collected, computed, in the mart.
    pub(crate) fn hospital() -> Fixture {
        let fixture = Fixture::empty();
        fixture.fill(200);
        fixture
    }

    /// No data.
    pub(crate) fn empty() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("dipper.toml");
        let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/mappings/demo-his");
        std::fs::write(
            &config,
            format!(
                "region = \"999901\"\nstore = \"store.db\"\nmart = \"mart.duckdb\"\n[[source]]\nid = \"his\"\nname = \"模拟 HIS\"\n\
                 kind = \"sqlite\"\naddress = \"his.db\"\nmapping = {:?}\n\
                 [[application]]\nid = \"his\"\nsecret = \"{SECRET}\"\norigins = [\"http://his.example\"]\n\
                 [[application]]\nid = \"emr\"\nsecret = \"{SECRET}\"\naddresses = [\"10.9.9.9\"]\n",
                mapping.display().to_string()
            ),
        )
        .unwrap();
        let configuration = Configuration::read(&config).unwrap();
        let store = Store::open(&configuration.store).unwrap();
        let mart = Mart::open(&configuration.mart).unwrap();
        let clock = Arc::new(AtomicI64::new(at_noon()));
        let tells = clock.clone();
        let app = App::new(Setting {
            rules: configuration.case.rules().unwrap(),
            configuration,
            store,
            mart,
            clock: Arc::new(move || tells.load(Ordering::Relaxed)),
            hospital: "样例市人民医院".into(),
            transport: crate::Transport::Http,
        })
        .unwrap();
        crate::first_administrator(&app).unwrap();
        let router = crate::router(&app);
        Fixture { app, folder, router, clock }
    }

    /// Builds, collects, computes and lays out a hospital.
    pub(crate) fn fill(&self, discharges: u32) {
        let policy = Arc::new(sync::pack_dir::load(Path::new("sample/2025")).unwrap());
        let options = Options { discharges, in_house: 20, ..Options::demo(jiff::civil::date(2026, 6, 30)) };
        let hospital = Hospital::new(&policy, options).unwrap();
        let mut his = his::SqliteHis::create(&self.folder.path().join("his.db")).unwrap();
        his::build(&hospital, &mut his, |_| {}).unwrap();
        drop(his);
        let (store, now) = (self.app.store(), self.app.now());
        let pack = |year: &str| {
            let files = sync::pack_dir::read(&Path::new("sample").join(year)).unwrap();
            sync::add_pack(store, &files, now).unwrap()
        };
        store.put_in_force(&["2023", "2024", "2025", "2026"].map(pack), now).unwrap();
        let mut progress = |_: &str, _: u64, _: u64| true;
        for source in &self.app.configuration().sources {
            let mapping = sync::load_mapping(source).unwrap();
            let request = Collection {
                source: &source.source.id,
                cause: "manual",
                history: 0,
                accept_deletions: false,
                now: &|| now,
            };
            let open = || connect::open(&source.source);
            sync::collect_source(store, &open, &mapping, &[], &request, &mut progress).unwrap();
        }
        let packs = PackSet::in_force(store, self.app.rules()).unwrap();
        sync::compute_changed(store, &packs, self.app.today(), now, &mut progress).unwrap();
        self.app.refresh(&mut progress).unwrap();
    }

    /// The sample rules, published, and every case audited by them.
    pub(crate) fn audit(&self) {
        let files = audit::RulePack::built_in("sample").unwrap();
        let pack = audit::RulePack::load(&files).unwrap();
        let rules: Vec<(String, String)> =
            pack.rules.iter().map(|rule| rule.id.clone()).zip(pack.documents).collect();
        let by = store::RuleEditor { login: "", name: "随版本提供", at: self.app.now() };
        self.app.store().add_shipped_rules(&rules, "样例规则", by).unwrap();
        let mut going = |_: &str, _: u64, _: u64| true;
        sync::audit_changed(self.app.store(), self.app.rules(), self.app.now(), &mut going).unwrap();
    }

    /// Waits until no job of a kind runs.
    pub(crate) fn settle(&self, kind: &str) {
        while self.app.jobs().running(kind).is_some() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// The clock goes on.
    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    /// A user with this role (and departments, and staff key), made when missing, logged in.
    pub(crate) async fn login_as(&self, role: &str, departments: &[&str], staff: Option<&str>) -> Browser {
        let login = format!("{role}{}{}", departments.join(""), staff.unwrap_or_default());
        let store = self.app.store();
        if store.user(&login).unwrap().is_none() {
            let user = User {
                login: login.clone(),
                name: role.to_owned(),
                staff_key: staff.map(str::to_owned),
                active: true,
                created_at: self.app.now(),
                roles: vec![role.to_owned()],
                departments: departments.iter().map(|key| (*key).to_owned()).collect(),
                ..User::default()
            };
            store.save_user(&user).unwrap();
            let hash = crate::auth::hash(PASSWORD).unwrap();
            store.set_password(&login, &hash, self.app.now(), false).unwrap();
        }
        let browser = Browser { router: self.router.clone(), cookie: String::new(), csrf: String::new() };
        let answer = browser.post("/login", &[("login", &login), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        let cookie = answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let token = cookie.split_once('=').unwrap().1;
        let session = store.session(&crate::token::hash(token)).unwrap().unwrap();
        Browser { cookie, csrf: session.csrf, ..browser }
    }

    /// A browser without a session.
    pub(crate) fn stranger(&self) -> Browser {
        Browser { router: self.router.clone(), cookie: String::new(), csrf: String::new() }
    }

    /// The department with most discharges: its key.
    pub(crate) fn busiest_department(&self) -> String {
        let sql = "SELECT discharge_department_key FROM case_fact WHERE discharge_department_key IS NOT NULL \
                   GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 1";
        match &self.app.mart().query(sql, &[]).unwrap().rows[0][0] {
            mart::Cell::Text(key) => key.clone(),
            other => panic!("{other:?}"),
        }
    }
}

impl Browser {
    pub(crate) async fn get(&self, path: &str) -> Answered {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// As a script asks for a fragment.
    pub(crate) async fn fragment(&self, path: &str) -> Answered {
        let request = Request::get(path).header("x-requested-with", "XMLHttpRequest").body(Body::empty());
        self.send(request.unwrap()).await
    }

    /// A form with its CSRF field.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answered {
        let encode = |(name, value): &(&str, &str)| {
            format!("{}={}", crate::query::encode(name), crate::query::encode(value))
        };
        let mut body: Vec<String> = fields.iter().map(encode).collect();
        body.push(encode(&("csrf", &self.csrf)));
        self.send(
            Request::post(path)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(body.join("&")))
                .unwrap(),
        )
        .await
    }

    /// A file with the fields before it.
    pub(crate) async fn upload(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        name: &str,
        bytes: &[u8],
    ) -> Answered {
        const EDGE: &str = "dipper-test-edge";
        let mut body = Vec::new();
        for (field, value) in fields.iter().chain([&("csrf", self.csrf.as_str())]) {
            body.extend(
                format!("--{EDGE}\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n")
                    .bytes(),
            );
        }
        body.extend(
            format!("--{EDGE}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
                .bytes(),
        );
        body.extend(bytes);
        body.extend(format!("\r\n--{EDGE}--\r\n").bytes());
        let kind = format!("multipart/form-data; boundary={EDGE}");
        self.send(Request::post(path).header("content-type", kind).body(Body::from(body)).unwrap()).await
    }

    /// The same browser with another CSRF token, as a forged form has.
    pub(crate) fn forged(&self) -> Browser {
        Browser { csrf: "0".repeat(32), ..self.clone() }
    }

    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answered {
        request.headers_mut().insert("cookie", self.cookie.parse().unwrap());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let location = headers.get("location").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
        Answered { status, location, headers, bytes }
    }
}

/// Texts of the cells of the page's last table, header first: what a reader sees.
pub(crate) fn table_of(html: &str) -> Vec<Vec<String>> {
    let Some(table) =
        html.rsplit("<table class=\"grid\"").next().and_then(|rest| rest.split("</table>").next())
    else {
        return Vec::new();
    };
    let rows = table.split("<tr").skip(1).filter(|row| !row.starts_with(" class=\"grid-groups\""));
    rows.map(|row| {
        let cells = row.split("<t").skip(1).filter(|cell| cell.starts_with("h ") || cell.starts_with("d "));
        cells
            .map(|cell| {
                let cell = cell.split_once('>').map_or("", |(_, text)| text);
                let cell = cell.split("<a class=\"def\"").next().unwrap_or_default();
                let mut text = String::new();
                let mut inside = true;
                for letter in cell.split("</t").next().unwrap_or_default().chars() {
                    match letter {
                        '<' => inside = false,
                        '>' => inside = true,
                        letter if inside => text.push(letter),
                        _ => {}
                    }
                }
                let plain = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
                plain.iter().fold(text.trim().to_owned(), |text, (from, to)| text.replace(from, to))
            })
            .collect()
    })
    .collect()
}

/// Cells of a workbook's first sheet from its header on, numbers written with `places` of the screen's text beside it.
pub(crate) fn sheet_of(bytes: &[u8], header: &str) -> Vec<Vec<calamine::Data>> {
    use calamine::Reader;
    let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(bytes.to_vec())).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let rows: Vec<Vec<calamine::Data>> = sheet.rows().map(<[calamine::Data]>::to_vec).collect();
    let from = rows.iter().position(|row| row.first().is_some_and(|cell| *cell == header)).unwrap();
    rows[from..].to_vec()
}

/// Whether a workbook's cell is what the screen shows.
pub(crate) fn same(shown: &str, cell: &calamine::Data) -> bool {
    match cell {
        calamine::Data::Float(number) => {
            let (digits, scale) = match shown.strip_suffix('%') {
                Some(digits) => (digits, 100.0),
                None => (shown, 1.0),
            };
            digits.replace(',', "").parse::<f64>().is_ok_and(|read| (read / scale - number).abs() < 1e-9)
        }
        other => *other == shown,
    }
}

/// Noon of the day after the hospital's data end, seconds since 1970.
fn at_noon() -> i64 {
    model::canonical::seconds_of(jiff::civil::date(2026, 7, 1).at(12, 0, 0, 0))
}
