//! 政策包文件: a pack as a zip, out and in.

use crate::app::App;
use crate::error::ApiError;
use crate::query::Upload;
use crate::who::Who;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use policy::{PackFiles, Policy};
use std::io::{Cursor, Read, Write};
use store::LogKind;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Most bytes of all files together once unpacked.
const UNPACKED: u64 = 256 << 20;
/// Most files.
const FILES: usize = 500;

/// A pack as a zip. Its files stand in `<id>/`, where `extends` of its `pack.toml` leads to an empty folder: unpacked, it
/// loads as it is and keeps its hash.
pub(super) fn zipped(files: &PackFiles) -> Result<Vec<u8>, ApiError> {
    let failed = |error: &dyn std::fmt::Display| ApiError::internal(format!("生成 zip 失败：{error}"));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let (own, parent) = folders(files.extends().as_deref());
    if let Some(parent) = parent {
        zip.add_directory(format!("{parent}/"), options).map_err(|error| failed(&error))?;
    }
    for name in files.names() {
        zip.start_file(format!("{own}{name}"), options).map_err(|error| failed(&error))?;
        zip.write_all(files.get(name).unwrap_or_default()).map_err(|error| failed(&error))?;
    }
    Ok(zip.finish().map_err(|error| failed(&error))?.into_inner())
}

/// Where the pack and its (empty) parent stand in the archive: `a/b/` and `base/2025` for `../../base/2025`.
fn folders(extends: Option<&str>) -> (String, Option<String>) {
    let Some(extends) = extends else { return (String::new(), None) };
    let up = extends.split('/').take_while(|part| *part == "..").count();
    let rest: Vec<&str> =
        extends.split('/').skip(up).filter(|part| !part.is_empty() && *part != ".").collect();
    let own: String = (0..up)
        .map(|level| format!("pack{}/", if level == 0 { String::new() } else { level.to_string() }))
        .collect();
    if up == 0 || rest.is_empty() || rest.contains(&"..") {
        return (String::new(), None);
    }
    (own, Some(rest.join("/")))
}

/// The pack in a zip: the folder that holds `pack.toml`, with its `lists/` and the parent beside it that it extends.
fn unzipped(bytes: Vec<u8>) -> Result<PackFiles, String> {
    let not_zip = |_| "不是 zip 文件，或文件已损坏：请重新打包后上传".to_owned();
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(not_zip)?;
    if zip.len() > FILES {
        return Err(format!("zip 中有 {} 个文件，超过 {FILES} 个：请只打包政策包的文件夹", zip.len()));
    }
    let mut all = Vec::new();
    let mut left = UNPACKED;
    for at in 0..zip.len() {
        let mut entry = zip.by_index(at).map_err(|_| "zip 中有文件读不出：请重新打包后上传".to_owned())?;
        let name = entry.name().map_err(not_zip)?.replace('\\', "/");
        let wanted = name.ends_with(".csv") || name.ends_with(".toml");
        if !entry.is_file() || !wanted || name.split('/').any(|part| part == ".." || part == "__MACOSX") {
            continue;
        }
        let mut content = Vec::new();
        let read = entry.by_ref().take(left + 1).read_to_end(&mut content);
        read.map_err(|_| format!("{name} 读不出：请重新打包后上传"))?;
        left = left
            .checked_sub(content.len() as u64)
            .ok_or_else(|| format!("解压后超过 {} MB：请只打包政策包的文件夹", UNPACKED >> 20))?;
        all.push((name, content));
    }
    let root = all
        .iter()
        .filter_map(|(name, _)| {
            name.strip_suffix("pack.toml").filter(|root| root.is_empty() || root.ends_with('/'))
        })
        .min_by_key(|root| root.len())
        .map(str::to_owned);
    let root = root.ok_or("zip 中没有 pack.toml：请把整个政策包文件夹打包")?;
    let under = |folder: &str| -> PackFiles {
        PackFiles::new(all.iter().filter_map(|(name, content)| {
            let rest = name.strip_prefix(folder)?;
            let own =
                !rest.contains('/') || rest.strip_prefix("lists/").is_some_and(|list| !list.contains('/'));
            own.then(|| (rest.to_owned(), content.clone()))
        }))
    };
    let mut files = under(&root);
    if let Some(parent) = files.extends() {
        files.inherit(under(&resolved(&root, &parent)));
    }
    Ok(files)
}

/// `a/b/` + `../../base/2025` → `base/2025/`.
fn resolved(root: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = root.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.iter().map(|part| format!("{part}/")).collect()
}

/// An uploaded pack becomes a draft, to be tried and published like any other.
pub(super) async fn upload(State(app): State<App>, who: Who, upload: Upload) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        if upload.bytes.is_empty() {
            return Err(ApiError::wrong("请先选择政策包的 zip 文件"));
        }
        let files = unzipped(upload.bytes).map_err(ApiError::wrong)?;
        let policy = Policy::load(&files)?;
        let kept: Vec<(String, String)> = files
            .names()
            .map(|name| {
                (name.to_owned(), String::from_utf8_lossy(files.get(name).unwrap_or_default()).into_owned())
            })
            .collect();
        // Of the same dates: what it is compared with, and what it will take the place of.
        let (from, to) = (
            crate::text::days(policy.identity.effective_from),
            crate::text::days(policy.identity.effective_to),
        );
        let in_force = app.store().packs_in_force()?.into_iter();
        let base = in_force
            .filter(|pack| pack.effective_from <= to && pack.effective_to >= from)
            .max_by_key(|pack| (pack.pack == policy.identity.id, pack.id));
        let name = format!("{} {}", policy.identity.name, policy.identity.version);
        let note = format!("上传的文件 {}", upload.file_name);
        let by = (who.viewer.login.as_str(), app.now());
        let id = app.store().create_draft(&name, base.map(|pack| pack.id), &kept, &note, by)?;
        app.log(
            &who,
            LogKind::Change,
            "上传政策包",
            &name,
            &format!("草稿 {id}，文件 {}", upload.file_name),
        )?;
        app.notice(&who, format!("政策包“{name}”校验通过，已放入草稿；核对后可试算、发布"));
        Ok(Redirect::to(&format!("/points/drafts/{id}")).into_response())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_pack_goes_out_and_comes_back_with_its_hash() {
        let files = sync::pack_dir::read(Path::new("sample/2025")).unwrap();
        let zip = zipped(&files).unwrap();
        let back = unzipped(zip.clone()).unwrap();
        assert_eq!(back.hash(), files.hash());
        // Unpacked to a folder it loads as it is: the parent it names is there, empty.
        let mut archive = ZipArchive::new(Cursor::new(zip)).unwrap();
        let names: Vec<String> =
            (0..archive.len()).map(|at| archive.by_index(at).unwrap().name().unwrap().into_owned()).collect();
        assert!(
            names.contains(&"base/2025/".to_owned()) && names.contains(&"pack/pack1/pack.toml".to_owned())
        );
    }

    #[test]
    fn what_is_no_pack_says_so() {
        assert!(unzipped(b"hello".to_vec()).unwrap_err().contains("不是 zip"));
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("x/readme.csv", SimpleFileOptions::default()).unwrap();
        let bytes = zip.finish().unwrap().into_inner();
        assert!(unzipped(bytes).unwrap_err().contains("没有 pack.toml"));
        assert_eq!(resolved("a/b/", "../../base/2025"), "base/2025/");
        assert_eq!(folders(Some("../base")), ("pack/".to_owned(), Some("base".to_owned())));
        assert_eq!(folders(None), (String::new(), None));
    }
}
