//! 推荐方案: 首选, 最高分值, 最优结余 among the schemes of a case.

use crate::priced::Priced;

/// What a scheme stands out by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SchemeMarks {
    /// 首选: what the grouper, or the person, chose.
    pub first_choice: bool,
    /// 最高分值
    pub highest_points: bool,
    /// 最优结余
    pub best_surplus: bool,
}

impl SchemeMarks {
    /// The marks as on a screen.
    pub fn chinese(self) -> Vec<&'static str> {
        let marks =
            [(self.first_choice, "首选"), (self.highest_points, "最高分值"), (self.best_surplus, "最优结余")];
        marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark).collect()
    }
}

/// Marks priced schemes. `first_choice` is the position of the chosen one. Schemes without points or surplus do not
/// compete; among equals the first choice wins, then the earlier scheme, so each mark is given at most once.
pub fn mark_schemes(schemes: &[Priced], first_choice: Option<usize>) -> Vec<SchemeMarks> {
    let best_points = best(schemes.iter().map(|scheme| scheme.earned_points), first_choice);
    let best_surplus = best(schemes.iter().map(|scheme| scheme.surplus), first_choice);
    let marks = |at: usize| SchemeMarks {
        first_choice: first_choice == Some(at),
        highest_points: best_points == Some(at),
        best_surplus: best_surplus == Some(at),
    };
    (0..schemes.len()).map(marks).collect()
}

fn best<T: PartialOrd>(values: impl Iterator<Item = Option<T>>, favoured: Option<usize>) -> Option<usize> {
    let mut best: Option<(usize, T)> = None;
    for (at, value) in values.enumerate() {
        let Some(value) = value else { continue };
        let wins =
            best.as_ref().is_none_or(|(_, most)| value > *most || (value == *most && favoured == Some(at)));
        if wins {
            best = Some((at, value));
        }
    }
    best.map(|(at, _)| at)
}
