//! Finding patients: by words of the name, MRN or phone, and those who may be the same person.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use serde_json::json;

use super::patient_spelling::{slips, spellings};
use super::patients::Patient;
use crate::db::keys::Statement;
use crate::db::rows::{Rows, insert_rows};
use crate::db::{Db, Engine, Tx};
use crate::journey::ids::{PatientId, TenantId};
use crate::on;

/// How many patients a search answers with.
const MOST: usize = 20;
/// When fewer are found, those are looked for too whose name may have been mistyped.
const FEW: usize = 5;
/// How many words of a search are looked at; the rest would hardly narrow it.
const WORDS: usize = 4;

/// What patients are found by, as rows.
pub(super) const TERMS: Rows = insert_rows!("patient_terms": text "patient_id", text "term"; "");
/// How that may be mistyped, as rows.
pub(super) const SPELLINGS: Rows = insert_rows!("patient_spellings": text "patient_id", text "spelling"; "");

/// The words of a text: lower case, letters and digits.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| !character.is_alphanumeric() && !is_mark(character))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Whether a character belongs to the letter before it, as vowel signs do in Indian scripts and combining accents elsewhere.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{0300}'..='\u{036F}' | '\u{0900}'..='\u{0DFF}')
        && !matches!(character, '\u{0964}' | '\u{0965}' | '\u{0970}')
        || matches!(character, '\u{200C}' | '\u{200D}')
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The last of a text's digits.
fn last_digits(digits: &str, count: usize) -> &str {
    digits.get(digits.len().saturating_sub(count)..).unwrap_or(digits)
}

/// A name regardless of the order of its words.
pub(super) fn name_key(name: &str) -> String {
    let mut words: Vec<String> = words(name).collect();
    words.sort_unstable();
    words.join(" ")
}

/// A phone number regardless of how, and whether with its country, it was written.
pub(super) fn phone_key(phone: &str) -> Option<String> {
    let digits = digits(phone);
    (!digits.is_empty()).then(|| last_digits(&digits, 10).to_owned())
}

/// Everything a patient is found by the beginning of.
pub(super) fn terms(patient: &Patient) -> BTreeSet<String> {
    let mut terms: BTreeSet<String> = words(&patient.name).collect();
    terms.extend(words(&patient.mrn));
    let number = patient.mrn.trim_start_matches('0').to_lowercase();
    terms.extend(words(&number));
    let phone = digits(patient.phone.as_deref().unwrap_or_default());
    for count in [phone.len(), 10, 4] {
        terms.insert(last_digits(&phone, count).to_owned());
    }
    terms.remove("");
    terms
}

/// What is looked for: the longest words of what was typed; a phone number is one word however it is spaced.
fn wanted(query: &str) -> Vec<String> {
    let digits = digits(query);
    let phone_like =
        digits.len() >= 4 && query.chars().all(|character| character.is_ascii_digit() || " +-().".contains(character));
    let mut wanted: Vec<String> = if phone_like { vec![digits] } else { words(query).collect() };
    wanted.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    wanted.dedup();
    wanted.truncate(WORDS);
    wanted
}

/// The terms that begin with a word: from the word itself to the last text that begins so.
fn range(word: &str) -> (String, String) {
    (word.to_owned(), format!("{word}{}", char::MAX))
}

/// Writes what a patient is found by.
pub(super) async fn index(
    tx: &mut Tx,
    tenant: &TenantId,
    patient: &PatientId,
    terms: &BTreeSet<String>,
) -> sqlx::Result<()> {
    const FORGET: [&str; 2] = [
        "DELETE FROM patient_terms WHERE tenant_id = $1 AND patient_id = $2",
        "DELETE FROM patient_spellings WHERE tenant_id = $1 AND patient_id = $2",
    ];
    for forget in FORGET {
        on!(&mut *tx, connection => {
            sqlx::query(forget).bind(tenant).bind(patient).execute(&mut **connection).await.map(drop)
        })?;
    }
    let spelled: BTreeSet<String> = terms.iter().flat_map(|term| spellings(term)).collect();
    let rows: Vec<_> = terms.iter().map(|term| json!({ "patient_id": patient, "term": term })).collect();
    TERMS.write(tx, tenant, &rows).await?;
    let rows: Vec<_> = spelled.iter().map(|spelling| json!({ "patient_id": patient, "spelling": spelling })).collect();
    SPELLINGS.write(tx, tenant, &rows).await
}

/// Finds patients as they are searched for, also by a name that is mistyped; twenty at most, those first who are meant as typed.
pub async fn search(db: &Db, tenant: &TenantId, query: &str) -> sqlx::Result<Vec<Patient>> {
    let mut found = as_typed(db, tenant, query).await?;
    if found.len() < FEW {
        let known: BTreeSet<_> = found.iter().map(|patient| patient.id.clone()).collect();
        let alike = mistyped(db, tenant, query).await?;
        found.extend(alike.into_iter().filter(|patient| !known.contains(&patient.id)));
        found.truncate(MOST);
    }
    Ok(found)
}

const MISTYPED: Statement = Statement {
    sqlite: "SELECT p.id, p.mrn, p.name, p.sex, p.birth_date, p.phone, p.email, p.created_at FROM patients p \
        WHERE p.tenant_id = $1 \
        AND p.id IN (SELECT s.patient_id FROM patient_spellings s WHERE s.tenant_id = $1 \
            AND s.spelling IN (SELECT value FROM json_each($2)) LIMIT 2000) \
        AND ($3 = '[]' OR EXISTS (SELECT 1 FROM patient_spellings s WHERE s.tenant_id = $1 AND s.patient_id = p.id \
            AND s.spelling IN (SELECT value FROM json_each($3)))) LIMIT 500",
    postgres: "SELECT p.id, p.mrn, p.name, p.sex, p.birth_date, p.phone, p.email, p.created_at FROM patients p \
        WHERE p.tenant_id = $1 \
        AND p.id IN (SELECT s.patient_id FROM patient_spellings s WHERE s.tenant_id = $1 \
            AND s.spelling = ANY (ARRAY(SELECT jsonb_array_elements_text($2::text::jsonb))) LIMIT 2000) \
        AND ($3 = '[]' OR EXISTS (SELECT 1 FROM patient_spellings s WHERE s.tenant_id = $1 AND s.patient_id = p.id \
            AND s.spelling = ANY (ARRAY(SELECT jsonb_array_elements_text($3::text::jsonb))))) LIMIT 500",
};

/// Finds patients whose name may have been meant: the longest word leads, the next one sifts, the slips decide.
async fn mistyped(db: &Db, tenant: &TenantId, query: &str) -> sqlx::Result<Vec<Patient>> {
    let wanted = wanted(query);
    let mut sets = wanted.iter().map(|word| spellings(word)).filter(|spellings| !spellings.is_empty());
    let Some(first) = sets.next() else { return Ok(Vec::new()) };
    let text = |spellings: BTreeSet<String>| json!(spellings).to_string();
    let (first, next) = (text(first), text(sets.next().unwrap_or_default()));
    let candidates: Vec<Patient> = match &db.read {
        Engine::Sqlite(pool) => {
            sqlx::query_as(MISTYPED.sqlite).bind(tenant).bind(first).bind(next).fetch_all(pool).await?
        }
        Engine::Postgres(pool) => {
            sqlx::query_as(MISTYPED.postgres).bind(tenant).bind(first).bind(next).fetch_all(pool).await?
        }
    };
    let off = |patient: &Patient| {
        let terms = terms(patient);
        wanted.iter().map(|word| terms.iter().filter_map(|term| slips(word, term)).min()).sum::<Option<usize>>()
    };
    let mut near: Vec<_> = candidates.into_iter().filter_map(|patient| Some((off(&patient)?, patient))).collect();
    near.sort_by(|(off, one), (further, other)| (off, &one.name, &one.mrn).cmp(&(further, &other.name, &other.mrn)));
    Ok(near.into_iter().map(|(_, patient)| patient).take(MOST).collect())
}

/// Finds patients of whom every word of the query begins a word of the name, the MRN or the phone; twenty at most, by name.
async fn as_typed(db: &Db, tenant: &TenantId, query: &str) -> sqlx::Result<Vec<Patient>> {
    // The longest word leads, by its index; the others only sift what it found.
    const SQL: &str = "SELECT p.id, p.mrn, p.name, p.sex, p.birth_date, p.phone, p.email, p.created_at FROM patients p \
        WHERE p.tenant_id = $1 \
        AND p.id IN (SELECT t.patient_id FROM patient_terms t WHERE t.tenant_id = $1 AND t.term BETWEEN $2 AND $3) \
        AND ($4 = '' OR EXISTS (SELECT 1 FROM patient_terms t WHERE t.tenant_id = $1 AND t.patient_id = p.id AND t.term BETWEEN $4 AND $5)) \
        AND ($6 = '' OR EXISTS (SELECT 1 FROM patient_terms t WHERE t.tenant_id = $1 AND t.patient_id = p.id AND t.term BETWEEN $6 AND $7)) \
        AND ($8 = '' OR EXISTS (SELECT 1 FROM patient_terms t WHERE t.tenant_id = $1 AND t.patient_id = p.id AND t.term BETWEEN $8 AND $9)) \
        ORDER BY p.name, p.mrn LIMIT $10";
    let mut wanted = wanted(query).into_iter();
    let Some(first) = wanted.next() else { return Ok(Vec::new()) };
    let mut next = || wanted.next().map(|word| range(&word)).unwrap_or_default();
    let (a, b, c, d) = (range(&first), next(), next(), next());
    on!(&db.read, pool => {
        sqlx::query_as(SQL).bind(tenant).bind(&a.0).bind(&a.1).bind(&b.0).bind(&b.1).bind(&c.0).bind(&c.1).bind(&d.0).bind(&d.1)
            .bind(MOST as i64).fetch_all(pool).await
    })
}

/// Patients who may be the one about to be registered, the likeliest first.
pub async fn likely_duplicates(
    db: &Db,
    tenant: &TenantId,
    name: &str,
    phone: Option<&str>,
    birth_date: Option<NaiveDate>,
) -> sqlx::Result<Vec<Patient>> {
    // Each part is answered by its index alone; with OR, SQLite would read all patients of the tenant.
    const SQL: &str = "SELECT id, mrn, name, sex, birth_date, phone, email, created_at FROM patients \
        WHERE tenant_id = $1 AND id IN (SELECT id FROM patients WHERE tenant_id = $1 AND name_key = $2 \
        UNION ALL SELECT id FROM patients WHERE tenant_id = $1 AND phone_key = $3 \
        UNION ALL SELECT id FROM patients WHERE tenant_id = $1 AND birth_date = $4) ORDER BY created_at DESC, id LIMIT 500";
    let candidate = Likeness::new(name, phone, birth_date);
    let patients: Vec<Patient> = on!(&db.read, pool => {
        sqlx::query_as(SQL).bind(tenant).bind(&candidate.name_key).bind(&candidate.phone_key).bind(candidate.birth_date)
            .fetch_all(pool).await
    })?;
    let mut alike: Vec<(u8, Patient)> = patients
        .into_iter()
        .filter_map(|patient| {
            let other = Likeness::new(&patient.name, patient.phone.as_deref(), patient.birth_date);
            candidate.compared_with(&other).map(|likeness| (likeness, patient))
        })
        .collect();
    alike.sort_by_key(|(likeness, _)| std::cmp::Reverse(*likeness));
    Ok(alike.into_iter().map(|(_, patient)| patient).take(MOST).collect())
}

/// What two patients are compared by.
struct Likeness {
    name_key: String,
    phone_key: Option<String>,
    birth_date: Option<NaiveDate>,
}

impl Likeness {
    fn new(name: &str, phone: Option<&str>, birth_date: Option<NaiveDate>) -> Self {
        Self { name_key: name_key(name), phone_key: phone.and_then(phone_key), birth_date }
    }

    /// How likely they are one person, if likely at all: families share a phone, strangers a name or a birthday, but
    /// one person shares two of the three, and contradicts none that is known.
    fn compared_with(&self, other: &Self) -> Option<u8> {
        fn same<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> Option<bool> {
            Some(one.as_ref()? == other.as_ref()?)
        }
        let one_name = !self.name_key.is_empty() && self.name_key == other.name_key;
        let a_shared_word = self
            .name_key
            .split(' ')
            .any(|word| word.chars().count() > 1 && other.name_key.split(' ').any(|other| other == word));
        let phone = same(&self.phone_key, &other.phone_key);
        let birth_date = self.birth_date.zip(other.birth_date).map(|(one, other)| may_be_one_day(one, other));
        match (one_name, phone, birth_date) {
            (true, Some(true), Some(true)) => Some(5),
            (true, _, Some(true)) => Some(4),
            (true, Some(true), None) => Some(4),
            (true, Some(true), Some(false)) => Some(2),
            (true, None, None) => Some(2),
            (true, Some(false), None) => Some(1),
            (false, Some(true), Some(true)) if a_shared_word => Some(3),
            (false, Some(true), None) if a_shared_word => Some(1),
            (false, None, Some(true)) if a_shared_word => Some(1),
            _ => None,
        }
    }
}

/// Whether two dates of birth may be the same. The first of a year mostly stands for an age, which fits two years.
fn may_be_one_day(one: NaiveDate, other: NaiveDate) -> bool {
    let estimated = one.ordinal() == 1 || other.ordinal() == 1;
    one == other || estimated && one.year().abs_diff(other.year()) <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patient_is_found_by_name_mrn_and_phone() {
        let patient = Patient {
            id: crate::db::new_id(),
            mrn: "0000042".to_owned(),
            name: "Asha Rao-Kulkarni".to_owned(),
            sex: None,
            birth_date: None,
            phone: Some("+91 98450 12345".to_owned()),
            email: None,
            created_at: chrono::DateTime::UNIX_EPOCH,
        };
        let terms: Vec<String> = terms(&patient).into_iter().collect();
        assert_eq!(terms, ["0000042", "2345", "42", "919845012345", "9845012345", "asha", "kulkarni", "rao"]);
    }

    #[test]
    fn a_phone_is_one_word_and_the_longest_word_leads() {
        assert_eq!(wanted("98450 123"), ["98450123"]);
        assert_eq!(wanted("(080) 2345-67"), ["080234567"]);
        assert_eq!(wanted("ra Asha"), ["asha", "ra"]);
        assert_eq!(wanted(" -- \0 "), [""; 0]);
        assert_eq!(wanted("a bb ccc dddd eeeee").len(), WORDS);
    }

    #[test]
    fn words_of_indian_scripts_stay_whole() {
        assert_eq!(words("आशा कुलकर्णी").collect::<Vec<_>>(), ["आशा", "कुलकर्णी"]);
    }

    #[test]
    fn names_and_phones_are_compared_regardless_of_writing() {
        assert_eq!(name_key("Rao, Asha"), name_key("asha  RAO"));
        assert_eq!(phone_key("+91 98450 12345"), phone_key("098450-12345"));
        assert_eq!(phone_key(" - "), None);
    }

    #[test]
    fn one_person_shares_two_of_three() {
        let likeness = |a: (&str, &str, &str), b: (&str, &str, &str)| {
            let of = |(name, phone, born): (&str, &str, &str)| Likeness::new(name, Some(phone), born.parse().ok());
            of(a).compared_with(&of(b))
        };
        let asha = ("Asha Rao", "9845012345", "1990-03-02");
        assert_eq!(likeness(asha, asha), Some(5));
        assert_eq!(likeness(asha, ("Rao Asha", "", "1990-03-02")), Some(4));
        assert_eq!(likeness(asha, ("Asha Kulkarni", "9845012345", "1990-03-02")), Some(3), "married");
        assert_eq!(likeness(asha, ("Ravi Rao", "9845012345", "1985-01-01")), None, "her husband");
        assert_eq!(likeness(asha, ("Asha Rao", "9000000000", "1985-01-01")), None, "a namesake");
        assert_eq!(likeness(asha, ("Ravi Shah", "9000000000", "1990-03-02")), None, "a birthday");
        assert_eq!(likeness(asha, ("Asha Rao", "9845012345", "1990-01-01")), Some(5), "by her age");
        assert_eq!(likeness(asha, ("Asha Rao", "9000000000", "1989-01-01")), Some(4), "before her birthday");
        assert_eq!(likeness(asha, ("Asha Rao", "9000000000", "1988-01-01")), None, "an older namesake");
        assert_eq!(likeness(asha, ("Asha Rao", "9000000000", "1990-03-03")), None, "both dates are known");
        assert_eq!(likeness(("Asha Rao", "", ""), ("Asha Rao", "", "")), Some(2));
        assert_eq!(likeness(("", "", ""), ("", "", "")), None);
    }
}
