//! The hospital that a foreign log is brought into: its resources as people, its cases as patients.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::ImportError;
use super::mapping::Mapping;
use super::rows::Row;
use crate::db::new_id;
use crate::hospital::branches::Branch;
use crate::hospital::departments::Department;
use crate::hospital::patients::Patient;
use crate::hospital::people::Person;
use crate::hospital::references::named;
use crate::hospital::rooms::{Room, RoomKind};
use crate::hospital::whole::Whole;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::ids::{BranchId, DepartmentId, PatientId, PersonId, RoomId};
use crate::journey::refusal::Refusal;
use crate::journey::words::{ActorType, Role};

/// Whoever did what the log names nobody for.
const UNKNOWN: &str = "Not recorded";

/// The hospital, and who is who in it.
pub struct House {
    /// The hospital, to be founded.
    pub whole: Whole,
    /// When: before the first row.
    pub founded: DateTime<Utc>,
    /// Its branch.
    pub branch: BranchId,
    /// Its department.
    pub department: DepartmentId,
    /// Its room.
    pub room: RoomId,
    people: BTreeMap<String, Arc<Actor>>,
    patients: BTreeMap<String, PatientId>,
    /// What events may name: what each thing is, by its id.
    things: BTreeMap<String, &'static str>,
}

impl House {
    /// The hospital of some rows; every activity is in the mapping.
    pub fn of(mapping: &Mapping, rows: &[Row]) -> Result<Self, ImportError> {
        let unmapped: BTreeSet<&str> = rows
            .iter()
            .filter(|row| !mapping.activities.contains_key(&row.activity))
            .map(|row| row.activity.as_str())
            .collect();
        if !unmapped.is_empty() {
            return Err(ImportError::Unmapped(unmapped.into_iter().collect::<Vec<_>>().join(", ")));
        }
        let first = rows.iter().map(|row| row.at).min().ok_or(ImportError::Empty)?;
        let founded = first - TimeDelta::days(1);
        let branch = Branch { id: new_id(), name: mapping.hospital.name.clone(), code: "MAIN".to_owned() };
        let department = Department {
            id: new_id(),
            branch_id: branch.id.clone(),
            name: "Imported".to_owned(),
            token_prefix: "A".to_owned(),
            target_minutes: 30,
            closed_at: None,
        };
        let room = Room {
            id: new_id(),
            branch_id: branch.id.clone(),
            department_id: Some(department.id.clone()),
            name: "Room".to_owned(),
            kind: RoomKind::Consultation,
            closed_at: None,
        };
        let mut house = Self {
            founded,
            branch: branch.id.clone(),
            department: department.id.clone(),
            room: room.id.clone(),
            people: BTreeMap::new(),
            patients: BTreeMap::new(),
            things: BTreeMap::from([
                (branch.id.to_string(), "branch"),
                (department.id.to_string(), "department"),
                (room.id.to_string(), "room"),
            ]),
            whole: Whole {
                branches: vec![branch],
                departments: vec![department],
                rooms: vec![room],
                people: Vec::new(),
                passphrase: None,
                tariff: Vec::new(),
                patients: Vec::new(),
            },
        };
        house.hire(mapping, rows);
        house.admit(rows);
        Ok(house)
    }

    fn hire(&mut self, mapping: &Mapping, rows: &[Row]) {
        let mut asked: BTreeMap<&str, BTreeSet<Role>> = BTreeMap::new();
        for row in rows {
            let roles = asked.entry(row.resource.as_deref().unwrap_or(UNKNOWN)).or_default();
            if let Some(Some(meaning)) = mapping.activities.get(&row.activity) {
                // Whoever may log it in the first place.
                roles.extend(meaning.event().row().roles.first());
            }
        }
        for (resource, asked) in asked {
            let roles = mapping.roles.get(resource).cloned().unwrap_or_else(|| asked.into_iter().collect());
            let person = Person {
                id: new_id(),
                sign_in_name: None,
                name: resource.to_owned(),
                actor_type: ActorType::Human,
                branch_id: Some(self.branch.clone()),
                department_id: None,
                room_id: None,
                active: true,
                roles: roles.into_iter().collect(),
            };
            self.things.insert(person.id.to_string(), "person");
            self.people.insert(resource.to_owned(), Arc::new(person.actor()));
            self.whole.people.push(person);
        }
    }

    fn admit(&mut self, rows: &[Row]) {
        for row in rows {
            let bearer = bearer(row);
            if self.patients.contains_key(bearer) {
                continue;
            }
            let patient = Patient {
                id: new_id(),
                mrn: format!("{:07}", self.patients.len() + 1),
                name: format!("Patient {bearer}"),
                sex: None,
                birth_date: None,
                phone: None,
                email: None,
                created_at: self.founded,
            };
            self.things.insert(patient.id.to_string(), "patient");
            self.patients.insert(bearer.to_owned(), patient.id.clone());
            self.whole.patients.push(patient);
        }
    }

    /// Who did what a row tells.
    pub fn actor(&self, row: &Row) -> Option<&Arc<Actor>> {
        self.people.get(row.resource.as_deref().unwrap_or(UNKNOWN))
    }

    /// The patient of a row.
    pub fn patient(&self, row: &Row) -> Option<&PatientId> {
        self.patients.get(bearer(row))
    }

    /// Who of some rows is a doctor.
    pub fn doctor(&self, rows: &[&Row]) -> Option<&PersonId> {
        let mut people = rows.iter().filter_map(|row| self.actor(row));
        people.find(|actor| actor.roles.contains(&Role::Doctor)).map(|actor| &actor.id)
    }

    /// Refuses metadata that name what is not there; a visit never is, for its id is made when it is imported.
    pub fn check(&self, event: EventType, metadata: &Value) -> Result<(), Refusal> {
        let is_there = |thing: &str, id: &str| self.things.get(id).is_some_and(|kind| *kind == thing);
        match named(Some(event), metadata).find(|(_, thing, id)| !is_there(thing, id)) {
            Some((field, thing, _)) => Err(Refusal::UnknownReference { field: field.into(), thing: thing.into() }),
            None => Ok(()),
        }
    }
}

/// What a row's patient is called.
fn bearer(row: &Row) -> &str {
    row.patient.as_deref().unwrap_or(&row.case)
}
