//! 演示账号: one for each kind of user, with passwords that this demonstration alone has.

use anyhow::Context;
use std::path::Path;
use web::App;

/// Makes the accounts at the first start; says who they are. The passwords stand in the demonstration's folder, since it
/// holds only made-up people.
pub(super) fn ready(app: &App, data: &Path) -> anyhow::Result<String> {
    web::demo_targets(app)?;
    let file = data.join("demo_accounts.txt");
    if let Some(accounts) = web::demo_accounts(app)? {
        let mut text = String::from("演示账号（口令只对本次演示有效）\n工号\t口令\t角色\n");
        for account in accounts {
            text.push_str(&format!("{}\t{}\t{}\n", account.login, account.password, account.title));
        }
        std::fs::write(&file, text).with_context(|| format!("写 {}", file.display()))?;
    }
    std::fs::read_to_string(&file).with_context(|| format!("读 {}", file.display()))
}
