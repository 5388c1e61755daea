//! 医务人员: 400 doctors, nurses, coders.

use crate::department::Departments;
use crate::person::Names;
use crate::random::Random;

/// One of the staff.
#[derive(Clone, Debug)]
pub struct Member {
    /// `D0001` doctor, `N0001` nurse, `C0001` 编码员 or 质控.
    pub code: String,
    /// 姓名
    pub name: String,
    /// Position of the department.
    pub department: u16,
    /// 岗位
    pub job: &'static str,
    /// 职称
    pub title: &'static str,
    /// 医保医师代码; empty for others.
    pub insurer_code: String,
    /// 在岗
    pub active: bool,
}

/// Everybody, by department.
#[derive(Debug)]
pub(crate) struct Staff {
    pub(crate) list: Vec<Member>,
    doctors: Vec<Vec<u16>>,
    nurses: Vec<Vec<u16>>,
    office: Vec<u16>,
}

impl Staff {
    pub(crate) fn new(seed: u64, departments: &Departments, names: &Names) -> Staff {
        let mut staff = Staff {
            list: Vec::new(),
            doctors: vec![Vec::new(); departments.list.len()],
            nurses: vec![Vec::new(); departments.list.len()],
            office: Vec::new(),
        };
        let mut doctor = 0;
        for (at, department) in departments.list.iter().enumerate() {
            for place in 0..department.doctors {
                doctor += 1;
                // 科主任 first, then fewer seniors than juniors.
                let title = match place {
                    0 | 1 => "主任医师",
                    2 | 3 => "副主任医师",
                    _ if place * 5 < department.doctors * 3 => "主治医师",
                    _ => "住院医师",
                };
                let at = staff.add(seed, names, format!("D{doctor:04}"), at, "医师", title);
                if let Some(member) = staff.list.get_mut(usize::from(at)) {
                    member.insurer_code = format!("D9999{doctor:08}");
                    member.active = doctor % 53 != 0;
                }
            }
        }
        let mut nurse = 0;
        for (at, department) in departments.list.iter().enumerate() {
            let wanted = if department.beds == 0 { 0 } else { (department.beds / 4).clamp(6, 14) };
            for place in 0..wanted {
                nurse += 1;
                let title = if place == 0 { "主管护师" } else { "护师" };
                staff.add(seed, names, format!("N{nurse:04}"), at, "护士", title);
            }
        }
        let records = usize::from(departments.named("K048"));
        for coder in 1..=8 {
            let (job, title) =
                if coder <= 5 { ("编码员", "编码员") } else { ("质控", "主治医师") };
            staff.add(seed, names, format!("C{coder:04}"), records, job, title);
        }
        staff
    }

    fn add(
        &mut self,
        seed: u64,
        names: &Names,
        code: String,
        department: usize,
        job: &'static str,
        title: &'static str,
    ) -> u16 {
        let at = u16::try_from(self.list.len()).unwrap_or(u16::MAX);
        let mut random = Random::of(seed, 3, u64::from(at));
        let woman = random.chance(if job == "护士" { 0.95 } else { 0.45 });
        let name = names.draw(woman, &mut random);
        match job {
            "医师" => self.doctors.get_mut(department).into_iter().for_each(|list| list.push(at)),
            "护士" => self.nurses.get_mut(department).into_iter().for_each(|list| list.push(at)),
            _ => self.office.push(at),
        }
        self.list.push(Member {
            code,
            name,
            department: u16::try_from(department).unwrap_or_default(),
            job,
            title,
            insurer_code: String::new(),
            active: true,
        });
        at
    }

    /// A doctor of a department: `rank` 0 the head, 1 a senior, 2 主治, 3 住院.
    pub(crate) fn doctor(&self, department: u16, rank: usize, random: &mut Random) -> u16 {
        let list = self.doctors.get(usize::from(department)).filter(|list| !list.is_empty());
        let Some(list) = list else { return 0 };
        let n = list.len();
        let (from, to) = match rank {
            0 => (0, 1),
            1 => (1.min(n - 1), 4.min(n)),
            2 => (4.min(n - 1), (n * 3 / 5).max(5).min(n)),
            _ => ((n * 3 / 5).min(n - 1), n),
        };
        let at = from + random.below(to.saturating_sub(from).max(1));
        list.get(at).or(list.last()).copied().unwrap_or_default()
    }

    pub(crate) fn nurse(&self, department: u16, random: &mut Random) -> u16 {
        let list = self.nurses.get(usize::from(department)).map_or(&[][..], Vec::as_slice);
        random.pick(list).copied().unwrap_or_default()
    }

    /// 编码员 (0..=4) or 质控 (5..=7).
    pub(crate) fn office(&self, at: usize) -> u16 {
        self.office.get(at).copied().unwrap_or_default()
    }

    pub(crate) fn get(&self, at: u16) -> &Member {
        self.list.get(usize::from(at)).unwrap_or(&self.list[0])
    }
}
