//! 未入组原因.

/// Why a case has no group. The list of `domain/dip-policy.md` 3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ungrouped {
    /// The record has no principal diagnosis.
    MissingPrincipal,
    /// Paid by item, bed-day, quota, or an insurance type outside DIP.
    NotDip,
    /// The date that decides the version is missing.
    DateMissing,
    /// The pack is not in force on that date.
    OutOfVersion,
    /// The principal diagnosis is not in the 医保版 table.
    DiagnosisUnknown,
    /// The principal diagnosis is on the exclusion list.
    DiagnosisExcluded,
    /// An operation is not in the operation table.
    OperationUnknown,
    /// No row fits, and the class of an operation is unknown.
    OperationClassUnknown,
    /// A row would fit but sex, age, weight or stay is not recorded.
    PatientDataMissing,
    /// No row for this diagnosis and these operations.
    NoRow,
}

impl Ungrouped {
    /// All reasons, in the order they are checked.
    pub const ALL: [Ungrouped; 10] = [
        Ungrouped::MissingPrincipal,
        Ungrouped::NotDip,
        Ungrouped::DateMissing,
        Ungrouped::OutOfVersion,
        Ungrouped::DiagnosisUnknown,
        Ungrouped::DiagnosisExcluded,
        Ungrouped::OperationUnknown,
        Ungrouped::OperationClassUnknown,
        Ungrouped::PatientDataMissing,
        Ungrouped::NoRow,
    ];

    /// As in the JSON contract.
    pub fn name(self) -> &'static str {
        match self {
            Ungrouped::MissingPrincipal => "missing_principal",
            Ungrouped::NotDip => "not_dip",
            Ungrouped::DateMissing => "date_missing",
            Ungrouped::OutOfVersion => "out_of_version",
            Ungrouped::DiagnosisUnknown => "diagnosis_unknown",
            Ungrouped::DiagnosisExcluded => "diagnosis_excluded",
            Ungrouped::OperationUnknown => "operation_unknown",
            Ungrouped::OperationClassUnknown => "operation_class_unknown",
            Ungrouped::PatientDataMissing => "patient_data_missing",
            Ungrouped::NoRow => "no_row",
        }
    }

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            Ungrouped::MissingPrincipal => "缺少主诊断",
            Ungrouped::NotDip => "结算方式或险种不按分值付费",
            Ungrouped::DateMissing => "缺少判定政策版本的日期",
            Ungrouped::OutOfVersion => "日期不在政策有效期内",
            Ungrouped::DiagnosisUnknown => "主诊断不在医保版疾病目录内",
            Ungrouped::DiagnosisExcluded => "主诊断属于不入组诊断",
            Ungrouped::OperationUnknown => "手术操作不在医保版手术操作目录内",
            Ungrouped::OperationClassUnknown => "手术操作的类别未知，无法归入综合病种",
            Ungrouped::PatientDataMissing => "缺少入组所需的性别、年龄、体重或住院天数",
            Ungrouped::NoRow => "诊断与手术操作组合不在目录内",
        }
    }
}
