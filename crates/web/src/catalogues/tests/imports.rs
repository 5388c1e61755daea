//! Imports: dry run, confirm, versions; files that are not as they should be.

use super::{SMALL, between, count, import, logged, office, seen, upload, user};
use crate::testing::Browser;
use axum::http::StatusCode;
use model::Permission;

const DRUGS: &str =
    "药品编码,药品名称,医保支付标准,版本,生效日期\nX1,甲药,1.50,2025,2025-01-01\nX2,乙药,2,2025,2025-01-01\n";

// covers: DIP-1.07
#[tokio::test]
async fn a_file_is_compared_before_anything_changes() {
    let (fixture, office) = office().await;
    let versions = import(&office, "drug", &[], DRUGS).await.text();
    assert!(versions.contains("已导入，现为第 1 版：新增 2，修改 0，删除 0，出错 0"), "{versions}");
    // X1 dearer, X2 gone, X3 new, one row wrong.
    let next = "药品编码,药品名称,医保支付标准,版本,生效日期\nX1,甲药,1.60,2025,2025-01-01\nX3,丙药,3,2025,2025-01-01\nX4,丁药,三元,2025,2025-01-01\n";
    let trial = upload(&office, "drug", &[], "新目录.csv", next.as_bytes()).await;
    let page = office.get(&trial).await;
    let counts = ["新增", "修改", "删除", "出错", "不变"].map(|name| count(&page, name));
    assert_eq!(counts, ["1", "1", "1", "1", "0"], "{}", page.text());
    // Wrong rows come first, with line, column and remedy; the other lists are a click away, and each is exported.
    assert!(page.text().contains("不是数字") && page.text().contains("医保支付标准"), "{}", page.text());
    let changed = office.get(&format!("{trial}?list=changed")).await.text();
    assert!(changed.contains("X1 甲药") && changed.contains("1.60"), "{changed}");
    let removed = office.get(&format!("{trial}?list=removed")).await.text();
    assert!(removed.contains("乙药"), "{removed}");
    let csv = office.get(&format!("{trial}?list=wrong&format=csv")).await.text();
    assert!(csv.contains("行号,列,问题与改法") && csv.contains("4,医保支付标准,"), "{csv}");
    assert!(office.get("/catalogues/drug").await.text().contains("1.50"), "changed before it was confirmed");
    // Not without saying so, and then nothing is removed.
    let refused = office.post(&format!("{trial}/confirm"), &[("seen", "1")]).await;
    assert_eq!(refused.location, trial);
    assert!(office.get(&trial).await.text().contains("1 行出错，未写入"));
    let done = office
        .post(&format!("{trial}/confirm"), &[("seen", "1"), ("skip_wrong", "1"), ("note", "二季度")])
        .await;
    let versions = office.get(&done.location).await.text();
    assert!(versions.contains("现为第 2 版：新增 1，修改 1，删除 0，出错 1"), "{versions}");
    assert!(versions.contains("二季度") && versions.contains("新目录.csv"), "{versions}");
    // A second press of the button finds nothing to do.
    let again = office.post(&format!("{trial}/confirm"), &[("seen", "1"), ("skip_wrong", "1")]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    assert!(again.text().contains("已完成"), "{}", again.text());
    let logged = logged(&fixture);
    assert!(logged[0].action == "导入目录" && logged[0].detail.contains("第 2 版"), "{logged:?}");
    // Versions differ as the import said, and the first one comes back as the third.
    let compared = office.get("/catalogues/drug/compare?from=1&to=2").await;
    assert_eq!(["新增", "修改", "删除"].map(|name| count(&compared, name)), ["1", "1", "0"]);
    let back = office.post("/catalogues/drug/versions/1/restore", &[("seen", "2"), ("note", "退回")]).await;
    assert!(office.get(&back.location).await.text().contains("已恢复第 1 版，现为第 3 版"));
    assert!(office.get("/catalogues/drug/versions/3").await.text().contains("恢复第 1 版：退回"));
    let late = office.post("/catalogues/drug/versions/2/restore", &[("seen", "2")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
}

// covers: REC-5.11
#[tokio::test]
async fn foreign_columns_are_asked_for_and_guessed() {
    let (_fixture, office) = office().await;
    let file = "国临码对照,,,\nclinical_code,clinical_name,yibao_code,yibao_name\nK35.900,急性阑尾炎,K35.800x001,急性阑尾炎\n";
    let trial = upload(&office, "diagnosis_map", &[], "对照.csv", file.as_bytes()).await;
    let asked = office.get(&trial).await.text();
    assert!(asked.contains("请指明") && asked.contains("列对应"), "{asked}");
    // The title line over the header: said where the header stands, the columns are recognised.
    office.post(&format!("{trial}/settings"), &[("header_line", "2")]).await;
    let asked = office.get(&trial).await.text();
    for (field, column) in [("clinical_code", "clinical_code"), ("insurer_code", "yibao_code")] {
        let select = between(&asked, &format!("name=\"column_{field}\""), "</select>");
        assert!(select.contains(&format!("<option selected>{column}")), "{select}");
    }
    let chosen = [
        ("header_line", "2"),
        ("column_clinical_code", "clinical_code"),
        ("column_insurer_code", "yibao_code"),
        ("column_clinical_name", "clinical_name"),
        ("edition", "2.0"),
        ("valid_from", "2024/1/1"),
    ];
    let answer = office.post(&format!("{trial}/settings"), &chosen).await;
    assert_eq!(answer.location, trial);
    let page = office.get(&trial).await;
    assert_eq!(count(&page, "新增"), "1", "{}", page.text());
    assert!(
        page.text().contains("2024-01-01") && page.text().contains("未使用的列：yibao_name"),
        "{}",
        page.text()
    );
    // Back to the columns: what was chosen is still there. A wrong date is named.
    let again = office.get(&format!("{trial}?columns=1")).await.text();
    assert!(
        between(&again, "name=\"column_insurer_name\"", "</select>").contains("<option value=\"\">"),
        "{again}"
    );
    let mut bad = chosen;
    bad[5] = ("valid_from", "去年");
    office.post(&format!("{trial}/settings"), &bad).await;
    assert!(office.get(&trial).await.text().contains("生效日期“去年”不是日期"));
    office.post(&format!("{trial}/discard"), &[]).await;
    assert_eq!(office.get(&trial).await.status, StatusCode::NOT_FOUND);
}

async fn problem(office: &Browser, name: &str, file: &[u8]) -> String {
    let trial =
        upload(office, "diagnosis_insurer", &[("edition", "2.0"), ("valid_from", "2024-01-01")], name, file)
            .await;
    let page = office.get(&trial).await;
    assert_eq!(page.status, StatusCode::OK);
    page.text()
}

#[tokio::test]
async fn files_that_cannot_be_read_say_why_and_what_to_do() {
    let (_fixture, office) = office().await;
    for (file, said) in [
        (&b"<html><table><tr><td>a</td></tr></table></html>"[..], "网页格式"),
        (b"PK\x03\x04broken", "工作簿无法打开"),
        (b"\n\n", "文件是空的"),
        ("编码,名称\n".as_bytes(), "只有表头"),
        ("编码,编码,名称\nA00.000,A00.000,霍乱\n".as_bytes(), "出现了 2 次"),
    ] {
        let page = problem(&office, "文件.xls", file).await;
        assert!(page.contains(said), "{said}: {page}");
    }
    let none = office.upload("/catalogues/diagnosis_insurer/import", &[], "空.csv", b"").await;
    assert!(none.text().contains("是空文件"), "{}", none.text());
    // Every bad row is named, the good one is taken.
    let (gbk, ..) = encoding_rs::GBK.encode(
        "编码,名称\nA00.000,霍乱\nA01.000,伤寒,多一列\n,没有编码\n霍乱,A02.000\nA03.000,志贺\nA03.000,菌痢\nA04.000,\"没有收尾\nA05.000,肉毒\n",
    );
    let page = problem(&office, "国标.csv", &gbk).await;
    for said in ["本行有 3 列", "请补填编码", "不是有效编码", "编码相同、内容不同", "引号没有成对"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    let counts = between(&page, "kpi-label\">新增", "unit").contains(">1<");
    assert!(counts, "{page}");
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_before_it_is_read() {
    let (_fixture, office) = office().await;
    let file = vec![b'x'; (64 << 20) + 1];
    let answer = office.upload("/catalogues/drug/import", &[], "大.csv", &file).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert!(answer.text().contains("64 MB"), "{}", answer.text());
}

#[tokio::test]
async fn of_two_importers_the_second_is_told_and_sees_the_new_comparison() {
    let (fixture, office) = office().await;
    let coder = user(&fixture, "editor", &[Permission::CataloguesView, Permission::CataloguesEdit]).await;
    let theirs = upload(&coder, "drug", &[], "乙.csv", DRUGS.replace("乙药", "乙药片").as_bytes()).await;
    assert_eq!(count(&coder.get(&theirs).await, "新增"), "2");
    // Nobody sees another one's upload.
    assert_eq!(office.get(&theirs).await.status, StatusCode::NOT_FOUND);
    import(&office, "drug", &[], DRUGS).await;
    let late = coder.post(&format!("{theirs}/confirm"), &[("seen", "0")]).await;
    assert_eq!(late.location, theirs);
    let page = coder.get(&theirs).await;
    assert!(page.text().contains("已被他人修改"), "{}", page.text());
    assert_eq!(["新增", "修改", "不变"].map(|name| count(&page, name)), ["0", "1", "1"]);
    let seen = seen(&page);
    let done = coder.post(&format!("{theirs}/confirm"), &[("seen", &seen)]).await;
    assert!(coder.get(&done.location).await.text().contains("第 2 版"));
    assert!(office.get("/catalogues/drug").await.text().contains("乙药片"));
}

#[tokio::test]
async fn an_upload_is_given_up_when_nobody_comes_back() {
    let (fixture, office) = office().await;
    let trial = upload(&office, "diagnosis_insurer", &[], "目录.csv", SMALL.as_bytes()).await;
    assert_eq!(office.get(&trial).await.status, StatusCode::OK);
    // The session is kept alive, the upload is not looked at.
    for _ in 0..10 {
        fixture.wait(15 * 60);
        assert_eq!(office.get("/jobs").await.status, StatusCode::OK);
    }
    let gone = office.get(&trial).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert!(gone.text().contains("请重新上传"), "{}", gone.text());
}
