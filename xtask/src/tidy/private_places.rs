//! No file names a place on one machine or the host of a package registry: both differ elsewhere.

use crate::problem::Problem;
use crate::repository::Repository;

/// Written in pieces, so that this file does not hold them.
const MACHINE_FOLDERS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
const REGISTRY_HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("registry.npm", "js.org"),
    concat!("registry.npm", "mirror.com"),
    concat!("deb.debian", ".org"),
    concat!("security.debian", ".org"),
    concat!("proxy.golang", ".org"),
];

pub(crate) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in &repository.files {
        for (number, line) in file.lines() {
            if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| names_folder(line, folder)) {
                problems.push(Problem::error(
                    &file.path,
                    number,
                    format!("names a folder of one machine: {folder}"),
                    "write it relative to the repository, or take it from the environment or the configuration",
                ));
            }
            if let Some(host) = REGISTRY_HOSTS.iter().find(|host| names_host(line, host)) {
                problems.push(Problem::error(
                    &file.path,
                    number,
                    format!("names a package registry: {host}"),
                    "leave it to the package client's own settings (npm: `omit-lockfile-registry-resolved=true`)",
                ));
            }
        }
    }
    problems
}

/// At the start of a path, not inside a longer one such as `docs/…` or a web address.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder)
        .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-~}".contains(c)))
}

/// Cargo's lock file names the index by its git repository, whose name starts like the host: that is no host.
fn names_host(line: &str, host: &str) -> bool {
    line.match_indices(host).any(|(at, _)| !line[at + host.len()..].starts_with("-index"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check(&Repository::of(&[("docs/a.md", text)])).len()
    }

    #[test]
    fn machine_folders_fail() {
        for folder in MACHINE_FOLDERS {
            assert_eq!(found(&format!("see `{folder}main`")), 1, "{folder}");
            assert_eq!(found(&format!("{folder}x\nfile://{folder}y")), 2, "{folder}");
            assert_eq!(found(&format!("https://example.org{folder}x, ..{folder}x")), 0, "{folder}");
        }
    }

    #[test]
    fn registry_hosts_fail() {
        for host in REGISTRY_HOSTS {
            assert_eq!(found(&format!("https://{host}/x")), 1, "{host}");
        }
        assert_eq!(found(&format!("git repository {}-index", REGISTRY_HOSTS[0])), 0);
    }
}
