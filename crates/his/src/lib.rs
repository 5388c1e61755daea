//! 模拟HIS: the synthetic hospital as a vendor's database, so that collection is real.
//!
//! [`build`] writes a [`hospital::Hospital`] into a [`Target`]: [`SqliteHis`], [`PostgresHis`], [`MariadbHis`] or a
//! [`CsvFolder`]. [`Change`] makes things happen in a HIS that was built ([`Live`]).
//!
//! Base tables have the cryptic names of an old system (`ZY_FYMX.HBS`, charge lines by their bare number); over each stands a read-only view with Chinese names.
//! All of it is described by `data/views.csv` (columns and how each is written) and `data/codes.csv` (Chinese code values):
//!
//! | view | canonical table | | view | canonical table |
//! |---|---|---|---|---|
//! | `V_科室` | `department` | | `V_医嘱` | `medical_order` |
//! | `V_人员` | `staff` | | `V_床日` | `bed_day` |
//! | `V_收费项目` | `charge_item` | | `V_重症` | `icu_stay` |
//! | `V_床位` | `bed` | | `V_结算` | `settlement` |
//! | `V_患者` | `patient` | | `V_基金` | `settlement_fund` |
//! | `V_住院就诊` | `encounter` | | `V_病案首页` | `front_page` |
//! | `V_转科` | `department_stay` | | `V_结算清单` | `settlement_list` |
//! | `V_诊断` | `diagnosis` | | `V_费用明细` | `charge_line` |
//! | `V_手术` | `operation` | | | |
//!
//! Every view has 行标识 (the row's key; in `V_住院就诊` the key is 住院号-住院次数), 更新时间 (server time) and 作废标志
//! (`0`/`1`); rows of a stay have 住院号 and 住院次数. Habits of the GBK years: `CHAR` columns padded with blanks, full-width
//! blanks behind names, 男/女 and other Chinese code values, dates as `20250301` here and `2025-03-01 08:00:00` there, orders and
//! transfers with `20250301080000`, amounts as text with four decimals, flags as `1`/`0`, `1`/`2`, 是/否 and inverted (在用
//! `0`), `-` or `1900-01-01 00:00:00` where nothing is recorded. `V_费用明细` takes names and classes from the price list.
//!
//! `packs/mappings/demo-his` maps every view; the tests collect through it and compare with what was drawn.

mod batch;
mod build;
mod change;
mod csv_folder;
mod error;
mod layout;
mod mariadb;
mod postgres_his;
mod schema;
mod spelling;
mod sqlite;
mod update_time;

pub use batch::Batch;
pub use build::{Built, Target, build};
pub use change::{Change, Live};
pub use csv_folder::CsvFolder;
pub use error::HisError;
pub use layout::{From, HisColumn, HisTable, Layout, Style};
pub use mariadb::MariadbHis;
pub use postgres_his::PostgresHis;
pub use schema::Dialect;
pub use spelling::Speller;
pub use sqlite::SqliteHis;
