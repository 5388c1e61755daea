//! Staging: rows of the store on their way into DuckDB, as Arrow batches into temporary tables.

use crate::MartError;
use crate::fact::Holds;
use duckdb::Connection;
use duckdb::arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Int64Builder, RecordBatch, StringBuilder,
    TimestampMicrosecondBuilder,
};
use duckdb::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use model::canonical::{Kind, Table, Value};
use std::sync::Arc;

/// What is read of a canonical table. Names, id numbers, telephones and addresses of patients never come into the mart.
pub(crate) struct Staged {
    pub(crate) table: &'static str,
    pub(crate) columns: &'static [&'static str],
}

/// Tables of encounters that are staged whole before the facts are built.
pub(crate) const STAGED: &[Staged] = &[
    Staged {
        table: "encounter",
        columns: &[
            "key",
            "patient_key",
            "inpatient_number",
            "record_number",
            "visit_number",
            "insurer_visit",
            "state",
            "insurance_type",
            "insured_region",
            "medical_type",
            "settlement_way",
            "admission_way",
            "admitted_at",
            "admission_department_key",
            "admission_ward",
            "bed",
            "discharged_at",
            "discharge_department_key",
            "discharge_ward",
            "discharge_way",
            "receiving_hospital",
            "readmission_planned",
            "age_years",
            "age_days",
            "birth_weight",
            "admission_weight",
            "attending_key",
            "resident_key",
            "day_surgery",
            "record_finished",
            "prepaid",
        ],
    },
    Staged {
        table: "department_stay",
        columns: &[
            "key",
            "encounter_key",
            "sequence",
            "department_key",
            "ward",
            "bed",
            "doctor_key",
            "entered_at",
            "left_at",
            "leave_way",
        ],
    },
    Staged {
        table: "diagnosis",
        columns: &[
            "key",
            "encounter_key",
            "origin",
            "kind",
            "sequence",
            "principal",
            "code",
            "name",
            "admission_condition",
            "pathology_number",
        ],
    },
    Staged {
        table: "operation",
        columns: &[
            "key",
            "encounter_key",
            "origin",
            "sequence",
            "principal",
            "code",
            "name",
            "started_at",
            "ended_at",
            "level",
            "surgeon_key",
            "assistant1_key",
            "assistant2_key",
            "incision_healing",
            "anaesthesia",
            "anaesthetist_key",
            "elective",
        ],
    },
    Staged { table: "bed_day", columns: &["key", "encounter_key", "day", "department_key", "ward", "bed"] },
    Staged {
        table: "icu_stay",
        columns: &["key", "encounter_key", "entered_at", "left_at", "ventilator_hours"],
    },
    Staged {
        table: "settlement",
        columns: &[
            "key",
            "encounter_key",
            "settlement_number",
            "kind",
            "cancels",
            "settled_at",
            "insurance_type",
            "person_type",
            "civil_servant",
            "medical_type",
            "total",
            "own_pay",
            "over_limit",
            "first_self_pay",
            "in_scope",
            "deductible",
            "pooled_fund",
            "civil_servant_fund",
            "enterprise_fund",
            "serious_illness_fund",
            "large_amount_fund",
            "medical_aid",
            "other_fund",
            "fund_total",
            "hospital_part",
            "personal_part",
            "personal_account",
            "cash",
            "family_account",
            "account_balance",
            "clearing_way",
            "clearing_type",
            "insurer_points",
            "insurer_earned_points",
            "insurer_payable",
            "insurer_paid",
        ],
    },
    Staged {
        table: "front_page",
        columns: &[
            "key",
            "encounter_key",
            "revision",
            "pay_method",
            "marriage",
            "occupation",
            "stay_days",
            "total_fee",
        ],
    },
    Staged { table: "settlement_list", columns: &["key", "encounter_key", "state", "uploaded_at"] },
];

/// Patients do not belong to a month: they are staged once a refresh.
pub(crate) const PATIENT: Staged =
    Staged { table: "patient", columns: &["key", "sex", "birth_date", "region", "nationality", "ethnicity"] };

/// Charge lines are staged piece by piece.
pub(crate) const CHARGE_LINE: Staged = Staged {
    table: "charge_line",
    columns: &[
        "key",
        "encounter_key",
        "refund_of",
        "order_key",
        "charged_at",
        "item_key",
        "insurer_code",
        "fee_class",
        "insurer_class",
        "level",
        "quantity",
        "price",
        "amount",
        "in_scope",
        "own_pay",
        "ordering_department_key",
        "ordering_doctor_key",
        "performing_department_key",
    ],
};

/// A column of a staging table.
pub(crate) type StageColumn = (&'static str, Holds);

/// Rows a batch.
pub(crate) const BATCH: usize = 65_536;

/// How a kind of the canonical tables is held.
pub(crate) fn holds(kind: Kind) -> Holds {
    match kind {
        Kind::Text => Holds::Text,
        Kind::Integer => Holds::Whole,
        Kind::Flag => Holds::Flag,
        Kind::Money => Holds::Fen,
        Kind::Decimal4 => Holds::Decimal4,
        Kind::Day => Holds::Day,
        Kind::Moment => Holds::Moment,
    }
}

impl Staged {
    /// The canonical table and the kinds of the columns.
    pub(crate) fn of(&self) -> Result<(&'static Table, Vec<StageColumn>), MartError> {
        let shape = |what: &str| MartError::Query(format!("标准数据表没有 {what}"));
        let table = Table::named(self.table).ok_or_else(|| shape(self.table))?;
        let columns = self
            .columns
            .iter()
            .map(|name| {
                let column = table.columns.iter().find(|c| c.name == *name).ok_or_else(|| shape(name))?;
                Ok((column.name, holds(column.kind)))
            })
            .collect::<Result<_, MartError>>()?;
        Ok((table, columns))
    }
}

/// Makes an empty temporary table.
pub(crate) fn create_stage(db: &Connection, name: &str, columns: &[StageColumn]) -> Result<(), MartError> {
    let columns: Vec<String> =
        columns.iter().map(|(name, holds)| format!("{name} {}", holds.sql())).collect();
    Ok(db.execute_batch(&format!("CREATE OR REPLACE TEMP TABLE {name} ({})", columns.join(", ")))?)
}

/// Rows being gathered into a batch.
pub(crate) struct Batch {
    schema: Arc<Schema>,
    columns: Vec<Column>,
    rows: usize,
}

enum Column {
    Text(StringBuilder),
    Whole(Int64Builder),
    Flag(BooleanBuilder),
    /// The scale is the one the value comes in, so it is taken as it is.
    Decimal(Decimal128Builder),
    Day(Date32Builder),
    Moment(TimestampMicrosecondBuilder),
}

const WIDTH: u8 = 18;

impl Batch {
    pub(crate) fn new(columns: &[StageColumn]) -> Batch {
        let fields: Vec<Field> =
            columns.iter().map(|(name, holds)| Field::new(*name, arrow_type(*holds), true)).collect();
        Batch {
            schema: Arc::new(Schema::new(fields)),
            columns: columns.iter().map(|(_, holds)| Column::new(*holds)).collect(),
            rows: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// Takes a row; the values come in the units of the column's kind.
    pub(crate) fn push(&mut self, row: &[Value]) {
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.push(value);
        }
        self.rows += 1;
    }

    /// The rows gathered so far; the batch is empty afterwards.
    pub(crate) fn take(&mut self) -> Result<RecordBatch, MartError> {
        self.rows = 0;
        let columns = self.columns.iter_mut().map(Column::finish).collect::<Result<_, _>>()?;
        RecordBatch::try_new(self.schema.clone(), columns).map_err(|e| MartError::Query(e.to_string()))
    }
}

impl Column {
    fn new(holds: Holds) -> Column {
        match holds {
            Holds::Text => Column::Text(StringBuilder::new()),
            Holds::Whole | Holds::Fen => Column::Whole(Int64Builder::new()),
            Holds::Flag => Column::Flag(BooleanBuilder::new()),
            Holds::Decimal4 | Holds::Decimal6 => {
                Column::Decimal(Decimal128Builder::new().with_data_type(arrow_type(holds)))
            }
            Holds::Day => Column::Day(Date32Builder::new()),
            Holds::Moment => Column::Moment(TimestampMicrosecondBuilder::new()),
        }
    }

    fn push(&mut self, value: &Value) {
        let number = value.int();
        match self {
            Column::Text(builder) => match value {
                Value::Text(text) => builder.append_value(text),
                _ => builder.append_null(),
            },
            Column::Whole(builder) => builder.append_option(number),
            Column::Flag(builder) => builder.append_option(number.map(|n| n != 0)),
            Column::Decimal(builder) => builder.append_option(number.map(i128::from)),
            // The store keeps days and moments of the years −9999 to 9999.
            Column::Day(builder) => builder.append_option(number.and_then(|n| i32::try_from(n).ok())),
            Column::Moment(builder) => builder.append_option(number.and_then(|n| n.checked_mul(1_000_000))),
        }
    }

    fn finish(&mut self) -> Result<ArrayRef, MartError> {
        Ok(match self {
            Column::Text(builder) => Arc::new(builder.finish()),
            Column::Whole(builder) => Arc::new(builder.finish()),
            Column::Flag(builder) => Arc::new(builder.finish()),
            Column::Decimal(builder) => Arc::new(builder.finish()),
            Column::Day(builder) => Arc::new(builder.finish()),
            Column::Moment(builder) => Arc::new(builder.finish()),
        })
    }
}

fn arrow_type(holds: Holds) -> DataType {
    match holds {
        Holds::Text => DataType::Utf8,
        Holds::Whole | Holds::Fen => DataType::Int64,
        Holds::Flag => DataType::Boolean,
        Holds::Decimal4 => DataType::Decimal128(WIDTH, 4),
        Holds::Decimal6 => DataType::Decimal128(WIDTH, 6),
        Holds::Day => DataType::Date32,
        Holds::Moment => DataType::Timestamp(TimeUnit::Microsecond, None),
    }
}
