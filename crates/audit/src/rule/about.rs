//! 规则管理: how a rule is used and what it rests on. The engine judges without asking these.

/// The word that marks a rule without a confirmed source.
pub const UNCONFIRMED: &str = "UNCONFIRMED";

/// 依据
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// 文件; empty: not confirmed.
    pub document: String,
    /// 条款, or the words it rests on.
    pub clause: String,
}

impl Evidence {
    /// Evidence as one text; empty and [`UNCONFIRMED`] are none.
    pub(super) fn text(text: &str) -> Evidence {
        let text = text.trim();
        let document = if text == UNCONFIRMED { "" } else { text };
        Evidence { document: document.to_owned(), clause: String::new() }
    }

    /// Whether a document backs the rule.
    pub fn is_confirmed(&self) -> bool {
        !self.document.is_empty()
    }
}

/// An enum of the documents: code, Chinese name, all values in their order.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $value:ident = $code:literal $chinese:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$of])* $value,)+
        }

        impl $name {
            /// All, in the order in which they are listed.
            pub const ALL: [$name; [$($code),+].len()] = [$($name::$value),+];

            /// As rule documents write it.
            pub fn code(self) -> &'static str {
                self.words().0
            }

            /// As people read it.
            pub fn name(self) -> &'static str {
                self.words().1
            }

            /// The one with a code.
            pub fn named(code: &str) -> Option<$name> {
                $name::ALL.into_iter().find(|known| known.code() == code)
            }

            pub(super) fn words(self) -> (&'static str, &'static str) {
                match self {
                    $($name::$value => ($code, $chinese),)+
                }
            }
        }
    };
}

words! {
    /// 级别: what happens when it is broken.
    Level {
        /// The order or charge is refused until a reason is given.
        Blocking = "blocking" "强制",
        /// Shown, the doctor decides.
        #[default]
        Warning = "warning" "警告",
        /// Told beside the work.
        Hint = "hint" "提示",
    }
}

words! {
    /// 规则运行结果类型
    Nature {
        /// Against the rule.
        #[default]
        Violation = "violation" "违规",
        /// To be looked at.
        Suspicion = "suspicion" "可疑",
    }
}

words! {
    /// 环节
    Stage {
        /// 开医嘱
        #[default]
        Order = "order" "医嘱",
        /// 计费
        Charge = "charge" "计费",
        /// 出院审核
        Discharge = "discharge" "出院",
        /// 事后
        After = "after" "事后",
    }
}

words! {
    /// 应用场景
    Scene {
        /// 住院
        #[default]
        Inpatient = "inpatient" "住院",
        /// 门（急）诊
        Outpatient = "outpatient" "门诊",
        /// 购药
        Purchase = "purchase" "购药",
        /// 互联网诊疗
        Internet = "internet" "互联网诊疗",
        /// 异地就医
        Elsewhere = "elsewhere" "异地就医",
    }
}
