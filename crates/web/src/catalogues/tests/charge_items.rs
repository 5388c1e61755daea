//! 三大目录 kept by hand, and the hospital's items beside them.

use super::{import, office};
use crate::testing::Fixture;
use store::ChargeItem;

// covers: AUD-6.01, AUD-6.02, AUD-6.03
#[tokio::test]
async fn each_national_catalogue_is_imported_edited_and_exported() {
    let (_fixture, office) = office().await;
    for (layout, code, name) in [
        ("drug", "药品编码", "药品名称"),
        ("service", "项目编码", "项目名称"),
        ("material", "耗材编码", "耗材名称"),
    ] {
        let file = format!(
            "{code},{name},计价单位,版本,生效日期\nA1,甲,盒,2025,2025-01-01\nA2,乙,次,2025,2025-01-01\n"
        );
        let versions = import(&office, layout, &[], &file).await.text();
        assert!(
            versions.contains("已导入，现为第 1 版：新增 2，修改 0，删除 0，出错 0"),
            "{layout}: {versions}"
        );
        let form = office.get(&format!("/catalogues/{layout}/edit?code=A1&edition=2025")).await.text();
        assert!(form.contains("甲"), "{layout}: {form}");
        let exported = office.get(&format!("/catalogues/{layout}/export?format=csv")).await.text();
        assert!(exported.contains("A2") && exported.contains("乙"), "{layout}: {exported}");
        let template = office.get(&format!("/catalogues/{layout}/template")).await;
        assert_eq!(template.status, axum::http::StatusCode::OK, "{layout}");
    }
}

// covers: AUD-6.01, AUD-6.02, AUD-6.03
#[tokio::test]
async fn items_of_the_hospital_stand_beside_the_catalogues() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let items = fixture.app.store().charge_items().unwrap();
    let coded: Vec<&ChargeItem> = items.iter().filter(|item| !item.insurer_code.is_empty()).collect();
    assert!(coded.len() > 3);
    let (known, old) = (&coded[0].insurer_code, &coded[1].insurer_code);
    let file = format!(
        "项目编码,项目名称,价格,限定支付范围,版本,生效日期,失效日期\n{known},国家名,12.50,限急诊,2025,2020-01-01,\n\
         {old},旧项目,1,,2025,2020-01-01,2020-12-31\n"
    );
    let versions = import(&office, "service", &[], &file).await.text();
    assert!(versions.contains("新增 2"), "{versions}");
    let of = |code: &str| items.iter().filter(|item| item.insurer_code == code).count();
    let counts = [
        ("matched", of(known)),
        ("expired", of(old)),
        ("unknown", coded.len() - of(known) - of(old)),
        ("missing", items.len() - coded.len()),
    ];
    for (state, count) in counts {
        let csv = office.get(&format!("/catalogues/charge-items?state={state}&format=csv")).await.text();
        let marked = ["已对照", "目录已停用", "编码不在目录", "未对照"];
        let rows =
            csv.lines().filter(|line| marked.iter().any(|mark| line.contains(&format!(",{mark},")))).count();
        assert_eq!(rows, count, "{state}: {csv}");
    }
    let page = office.get(&format!("/catalogues/charge-items?q={known}")).await.text();
    assert!(page.contains("国家名") && page.contains("12.50") && page.contains("限急诊"), "{page}");
}
