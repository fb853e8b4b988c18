//! Who may read what: the one place where it is said.
//!
//! | role | patients | visits | events, in lists |
//! |---|---|---|---|
//! | reception, nursing, doctors, billing, the system | all | of the own branch, with those of none | their own |
//! | laboratory, whose worklists know no branches | all | all | their own |
//! | manager, auditor | all | all | all |
//! | administrator | none | none | all, without what is in them |
//!
//! Who works in no branch in particular works in all. Several roles add up.

use super::people::Person;
use crate::journey::ids::{BranchId, PersonId};
use crate::journey::words::Role;

/// Who has to do with patients.
pub const CARE: &[Role] = &[
    Role::Receptionist,
    Role::Nurse,
    Role::Doctor,
    Role::BillingClerk,
    Role::LabTechnician,
    Role::Pathologist,
    Role::System,
];
/// Who has to do with patients of all branches.
const LABORATORY: &[Role] = &[Role::LabTechnician, Role::Pathologist];
/// Who looks over everything.
pub const OVERSIGHT: &[Role] = &[Role::Manager, Role::Auditor];
/// Who may read patient data at all.
pub const PATIENT_DATA: &[Role] = &[
    Role::Receptionist,
    Role::Nurse,
    Role::Doctor,
    Role::BillingClerk,
    Role::LabTechnician,
    Role::Pathologist,
    Role::System,
    Role::Manager,
    Role::Auditor,
];
/// Who may read what is said of the whole log.
pub const WHOLE_LOG: &[Role] = &[Role::Manager, Role::Auditor, Role::Admin];
/// Who may read who saw what.
pub const ACCESS_LOG: &[Role] = &[Role::Auditor, Role::Admin];

/// Whether a role is held in the person's own branch, if they work in one, and counts for nothing beyond it.
pub fn is_held_in_branch(role: Role) -> bool {
    CARE.contains(&role) && !LABORATORY.contains(&role)
}

/// Which visits a person may read.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Visits {
    None,
    OfBranch(BranchId),
    All,
}

/// Which events a person finds in lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Events {
    /// Those they performed.
    Own,
    /// All; of those others performed, not what is in them.
    Headers,
    /// All.
    All,
}

/// What one person may read.
#[derive(Clone, Debug)]
pub struct Reader {
    person: PersonId,
    visits: Visits,
    events: Events,
    accesses: bool,
}

impl Reader {
    /// What a person may read by the roles they hold now.
    pub fn of(person: &Person) -> Self {
        let oversees = person.holds_any(OVERSIGHT);
        let visits = match &person.branch_id {
            _ if oversees || person.holds_any(LABORATORY) => Visits::All,
            _ if !person.holds_any(CARE) => Visits::None,
            Some(branch) => Visits::OfBranch(branch.clone()),
            None => Visits::All,
        };
        let events = match person.holds_any(WHOLE_LOG) {
            _ if oversees => Events::All,
            true => Events::Headers,
            false => Events::Own,
        };
        Self { person: person.id.clone(), visits, events, accesses: person.holds_any(ACCESS_LOG) }
    }

    /// Whether they may read patient data at all.
    pub fn reads_patients(&self) -> bool {
        self.visits != Visits::None
    }

    /// Whether they may read a visit of a branch, or of none.
    pub fn reads_visit(&self, branch: Option<&BranchId>) -> bool {
        match &self.visits {
            Visits::None => false,
            Visits::OfBranch(own) => branch.is_none_or(|branch| branch == own),
            Visits::All => true,
        }
    }

    /// Whether there is no visit that they may not read.
    pub fn reads_every_visit(&self) -> bool {
        self.visits == Visits::All
    }

    /// Which events they find in lists.
    pub fn events(&self) -> Events {
        self.events
    }

    /// Whether they may read what is in an event without having to do with its visit.
    pub fn reads_body(&self, performer: &PersonId) -> bool {
        self.events == Events::All || self.person == *performer
    }

    /// Whether they may read what is said of the whole log.
    pub fn reads_whole_log(&self) -> bool {
        self.events != Events::Own
    }

    /// Whether they may read who saw what.
    pub fn reads_accesses(&self) -> bool {
        self.accesses
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::new_id;
    use crate::hospital::people::tests::person;
    use crate::journey::words::Word;

    #[test]
    fn every_role_reads_what_the_table_says() {
        let (here, there): (BranchId, BranchId) = (new_id(), new_id());
        for role in Role::ALL {
            let reader = Reader::of(&person(&[*role], Some(&here)));
            let visits = [None, Some(&here), Some(&there)].map(|branch| reader.reads_visit(branch));
            let expected = match role {
                Role::Manager | Role::Auditor => ([true; 3], Events::All),
                Role::LabTechnician | Role::Pathologist => ([true; 3], Events::Own),
                Role::Admin => ([false; 3], Events::Headers),
                _ => ([true, true, false], Events::Own),
            };
            assert_eq!((visits, reader.events()), expected, "{role}");
            assert_eq!(reader.reads_patients(), PATIENT_DATA.contains(role), "{role}");
            assert_eq!(reader.reads_whole_log(), WHOLE_LOG.contains(role), "{role}");
            assert_eq!(reader.reads_accesses(), ACCESS_LOG.contains(role), "{role}");
            assert!(Reader::of(&person(&[*role], None)).reads_visit(Some(&there)) == reader.reads_patients(), "{role}");
        }
    }

    #[test]
    fn roles_add_up() {
        let here: BranchId = new_id();
        let both = Reader::of(&person(&[Role::Admin, Role::Doctor], Some(&here)));
        assert!(both.reads_visit(Some(&here)) && both.reads_whole_log() && !both.reads_visit(Some(&new_id())));
        let nobody = Reader::of(&person(&[], None));
        assert!(!nobody.reads_patients() && nobody.events() == Events::Own);
    }
}
