//! The list behind the panel of refusals: who tried what, and why it was not to be.

use std::collections::BTreeMap;

use leptos::prelude::*;
use tr::tr;

use super::asked::{Asked, Names, grouped};
use super::house::definition;
use super::visits::{meaning, turning};
use super::{Tab, head};
use crate::hospital::tenants::Tenant;
use crate::journey::ids::VisitId;
use crate::journey::words::{Code, Role, Word};
use crate::language::say;
use crate::log::refused::RefusedAttempt;
use crate::screens::icon::Icon;
use crate::screens::parts::empty;
use crate::screens::refused::list as attempts;

/// Who tried what was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Somebody, by the first of their roles.
    Role(Role),
    /// A program, which holds none.
    Program,
}

/// How addresses write that a program tried.
const PROGRAM: &str = "program";

impl Who {
    /// Who somebody with these roles is.
    pub fn of(roles: &[Role]) -> Self {
        roles.first().map_or(Self::Program, |role| Self::Role(*role))
    }

    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Role(role) => role.word(),
            Self::Program => PROGRAM,
        }
    }

    /// Who a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            PROGRAM => Some(Self::Program),
            role => Role::from_word(role).map(Self::Role),
        }
    }

    /// What people read.
    pub fn label(self) -> String {
        match self {
            Self::Role(role) => say(role.label()),
            Self::Program => tr!("program"),
        }
    }
}

/// Which of a period's refused attempts are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Those that one rule refused.
    pub rule: Option<Code>,
    /// Those of one role.
    pub who: Option<Who>,
}

impl Attempts {
    /// Whether what a rule refused somebody is asked for.
    pub fn has(self, code: &str, who: Who) -> bool {
        self.rule.is_none_or(|rule| rule.word() == code) && self.who.is_none_or(|wanted| wanted == who)
    }

    /// What they are narrowed to: what it is called, and how they are without it.
    pub(super) fn narrowed(self) -> impl Iterator<Item = (String, Self)> {
        let rule = self.rule.map(|rule| (say(rule.label()), Self { rule: None, ..self }));
        let who = self.who.map(|who| (who.label(), Self { who: None, ..self }));
        rule.into_iter().chain(who)
    }
}

/// The refused attempts behind a figure.
pub struct Refused {
    /// The hospital.
    pub tenant: Tenant,
    /// What the address asks for.
    pub asked: Asked,
    /// What things are called.
    pub names: Names,
    /// How many there are.
    pub count: usize,
    /// Some of them, the newest first.
    pub listed: Vec<RefusedAttempt>,
    /// What the patients of their visits are called by.
    pub tokens: BTreeMap<VisitId, String>,
    /// How many are on the pages before.
    pub skipped: usize,
    /// Which page of them this is, from 1.
    pub page: usize,
}

/// Lists them.
pub fn list(page: Refused) -> impl IntoView {
    let Refused { tenant, asked, names, count, listed, tokens, skipped, page } = page;
    let what = tr!(
        "1 attempt of the whole hospital" | "{count} attempts of the whole hospital, the latest first" % count,
        count = grouped(count)
    );
    let table = if listed.is_empty() {
        empty(Icon::CircleCheck, tr!("None"), tr!("Nothing was refused."))
    } else {
        attempts("listed", &tenant, &names.people, &listed, Some(&tokens))
    };
    view! {
        <main class="page stack analytics" id="main">
            {head(tr!("What was refused"), Tab::Refused, &asked, &names)}
            <section class="card card-flush" aria-labelledby="listed">
                <div class="card-head">
                    <h2 id="listed">{tr!("Refused attempts")}</h2>
                    <p class="secondary">{what}</p>
                </div>
                {table} {turning(&asked, Tab::Refused, page, skipped + listed.len() < count)} {meaning(definition())}
            </section>
        </main>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_asks_for_it_finds_again() {
        for who in Role::ALL.iter().copied().map(Who::Role).chain([Who::Program]) {
            assert_eq!(Who::from_word(who.word()), Some(who));
        }
        assert_eq!(Who::from_word("nobody"), None);
    }

    #[test]
    fn attempts_are_narrowed_by_either() {
        let (doctor, nurse) = (Who::Role(Role::Doctor), Who::Role(Role::Nurse));
        let both = Attempts { rule: Some(Code::NotCalled), who: Some(doctor) };
        assert!(both.has("NOT_CALLED", doctor));
        assert!(!both.has("NOT_CALLED", nurse) && !both.has("NOT_IN_ROOM", doctor));
        assert!(Attempts { rule: None, ..both }.has("NOT_IN_ROOM", doctor));
        assert!(Attempts { who: None, ..both }.has("NOT_CALLED", Who::Program));
        assert!(Attempts::default().has("A rule of yesterday", nurse));
    }
}
