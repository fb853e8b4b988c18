//! Stories of the hospital: what is kept, what is refused, and the walls between tenants.

use chrono::NaiveDate;
use sojourn::db::{Db, Tx, commit, new_id};
use sojourn::hospital::departments::{self, NewDepartment};
use sojourn::hospital::passphrase::Hasher;
use sojourn::hospital::patients::{self, NewPatient, Patient};
use sojourn::hospital::people::{self, NewPerson};
use sojourn::hospital::rooms::{self, NewRoom, RoomKind};
use sojourn::hospital::sign_in_names::SignInName;
use sojourn::hospital::tariff::{self, Analyte, NewTariffEntry, TariffKind};
use sojourn::hospital::tenants::{self, Tenant};
use sojourn::hospital::{WriteError, branches, demo, patient_search};
use sojourn::journey::ids::{BranchId, DepartmentId};
use sojourn::journey::money::Money;
use sojourn::journey::words::{ActorType, Role, Sex};

use crate::support::hospital::{dawn, hospital};
use crate::support::stories;

stories!(
    a_founded_hospital_has_a_branch_and_the_system,
    what_is_added_is_read_back,
    nothing_is_seen_through_a_tenants_wall,
    what_is_taken_is_said_in_the_domains_words,
    what_cannot_be_is_refused_alike_on_both_engines,
    medical_record_numbers_have_no_gaps,
    patients_are_found_by_name_number_and_phone,
    who_may_be_the_same_patient_is_named,
    roles_change_and_people_leave,
    the_demo_is_furnished_once,
    the_demo_leaves_real_data_alone,
);

async fn begin(db: &Db) -> Tx {
    db.begin().await.expect("a transaction")
}

async fn register(db: &Db, tenant: &Tenant, name: &str, phone: &str, born: &str) -> Patient {
    let new = NewPatient {
        name: name.to_owned(),
        phone: Some(phone.to_owned()),
        birth_date: born.parse().ok(),
        ..NewPatient::default()
    };
    patients::register(db, tenant, new, dawn()).await.expect("the patient is registered")
}

fn room_in(branch_id: BranchId, department_id: Option<DepartmentId>, name: &str) -> NewRoom {
    NewRoom { branch_id, department_id, name: name.to_owned(), kind: RoomKind::Consultation }
}

fn department_in(branch_id: BranchId, name: &str) -> NewDepartment {
    NewDepartment { branch_id, name: name.to_owned(), token_prefix: "C".to_owned(), target_minutes: 30 }
}

fn entry(code: &str) -> NewTariffEntry {
    NewTariffEntry {
        code: code.to_owned(),
        name: "Haemoglobin".to_owned(),
        kind: TariffKind::Test,
        price: Money(15_000),
        department_id: None,
        specimen: Some("EDTA blood".to_owned()),
        analytes: vec![Analyte {
            analyte: "Haemoglobin".to_owned(),
            unit: Some("g/dL".to_owned()),
            low: Some(12.1),
            high: Some(16.9),
        }],
        panels: vec!["Fever".to_owned(), "Before surgery".to_owned()],
    }
}

async fn a_founded_hospital_has_a_branch_and_the_system(db: Db) {
    let tenant = hospital(&db, "City Hospital").await;
    assert_eq!(tenants::by_id(&db, &tenant.id).await.expect("tenants"), Some(tenant.clone()));
    assert_eq!(branches::list(&db, &tenant.id).await.expect("branches").len(), 1);
    let system = people::system(&db, &tenant.id).await.expect("people").expect("the system");
    assert_eq!(
        (system.actor_type, &system.roles[..], system.sign_in_name),
        (ActorType::System, &[Role::System][..], None)
    );
}

async fn what_is_added_is_read_back(db: Db) {
    let tenant = hospital(&db, "City Hospital").await.id;
    let mut tx = begin(&db).await;
    let branch = branches::add(&mut tx, &tenant, " North ", "N").await.expect("a branch");
    let department =
        departments::add(&mut tx, &tenant, department_in(branch.id.clone(), "Medicine")).await.expect("one");
    let room = room_in(branch.id.clone(), Some(department.id.clone()), "Room 1");
    let room = rooms::add(&mut tx, &tenant, room).await.expect("a room");
    let test = tariff::add(&mut tx, &tenant, entry("HB")).await.expect("a test");
    let doctor = NewPerson {
        sign_in_name: SignInName::parse("asha"),
        branch_id: Some(branch.id.clone()),
        department_id: Some(department.id.clone()),
        room_id: Some(room.id.clone()),
        ..NewPerson::named("Dr Asha Rao", [Role::Doctor, Role::Manager])
    };
    let doctor = people::add(&mut tx, &tenant, doctor).await.expect("a doctor");
    commit(tx).await.expect("all is written");

    assert_eq!(branch.name, "North");
    assert_eq!(branches::by_id(&db, &tenant, &branch.id).await.expect("branches"), Some(branch));
    assert_eq!(departments::list(&db, &tenant).await.expect("departments"), std::slice::from_ref(&department));
    assert_eq!(departments::by_id(&db, &tenant, &department.id).await.expect("departments"), Some(department));
    assert_eq!(rooms::list(&db, &tenant).await.expect("rooms"), std::slice::from_ref(&room));
    assert_eq!(rooms::by_id(&db, &tenant, &room.id).await.expect("rooms"), Some(room));
    assert_eq!(tariff::list(&db, &tenant).await.expect("the tariff"), std::slice::from_ref(&test));
    assert_eq!(tariff::of_kind(&db, &tenant, TariffKind::Consultation).await.expect("the tariff"), []);
    assert_eq!(tariff::by_id(&db, &tenant, &test.id).await.expect("the tariff"), Some(test.clone()));
    assert_eq!(tariff::by_code(&db, &tenant, "HB").await.expect("the tariff"), Some(test));
    assert_eq!(people::by_id(&db, &tenant, &doctor.id).await.expect("people"), Some(doctor.clone()));
    assert_eq!(people::names(&db, &tenant).await.expect("people").get(&doctor.id), Some(&doctor.name));

    let new = NewPatient {
        mrn: Some("A-1".to_owned()),
        name: "Ravi Kumar".to_owned(),
        sex: Some(Sex::Male),
        birth_date: NaiveDate::from_ymd_opt(1990, 3, 2),
        birth_date_estimated: false,
        phone: Some("+91 98450 12345".to_owned()),
        email: Some("ravi@home.example".to_owned()),
    };
    let hospital = tenants::by_id(&db, &tenant).await.expect("tenants").expect("ours");
    let patient = patients::register(&db, &hospital, new, dawn()).await.expect("a patient");
    assert_eq!(patients::by_id(&db, &tenant, &patient.id).await.expect("patients"), Some(patient.clone()));
    assert_eq!(patients::by_mrn(&db, &tenant, "A-1").await.expect("patients"), Some(patient));
}

async fn nothing_is_seen_through_a_tenants_wall(db: Db) {
    let (ours, theirs) = (hospital(&db, "Ours").await, hospital(&db, "Theirs").await);
    let branch = branches::list(&db, &theirs.id).await.expect("branches").remove(0);
    let mut tx = begin(&db).await;
    let department =
        departments::add(&mut tx, &theirs.id, department_in(branch.id.clone(), "Medicine")).await.expect("one");
    let room = rooms::add(&mut tx, &theirs.id, room_in(branch.id.clone(), None, "Room 1")).await.expect("a room");
    let test = tariff::add(&mut tx, &theirs.id, entry("HB")).await.expect("a test");
    let person = people::add(&mut tx, &theirs.id, NewPerson::named("Asha", [Role::Nurse])).await.expect("a person");
    commit(tx).await.expect("all is written");
    let patient = register(&db, &theirs, "Ravi Kumar", "9845012345", "1990-03-02").await;

    assert_eq!(branches::by_id(&db, &ours.id, &branch.id).await.expect("branches"), None);
    assert_eq!(departments::list(&db, &ours.id).await.expect("departments"), []);
    assert_eq!(rooms::list(&db, &ours.id).await.expect("rooms"), []);
    assert_eq!(tariff::list(&db, &ours.id).await.expect("the tariff"), []);
    assert_eq!(people::by_id(&db, &ours.id, &person.id).await.expect("people"), None);
    assert_eq!(people::list(&db, &ours.id).await.expect("people").len(), 1, "the system alone");
    assert_eq!(patients::by_id(&db, &ours.id, &patient.id).await.expect("patients"), None);
    assert_eq!(patient_search::search(&db, &ours.id, "ravi").await.expect("patients"), []);
    let alike = patient_search::likely_duplicates(&db, &ours.id, "Ravi Kumar", Some("9845012345"), patient.birth_date);
    assert_eq!(alike.await.expect("patients"), []);

    let mut tx = begin(&db).await;
    for (tenant, there) in [(&ours.id, false), (&theirs.id, true)] {
        assert_eq!(branches::exists(&mut tx, tenant, &branch.id).await.expect("branches"), there);
        assert_eq!(departments::exists(&mut tx, tenant, &department.id).await.expect("departments"), there);
        assert_eq!(rooms::exists(&mut tx, tenant, &room.id).await.expect("rooms"), there);
        assert_eq!(tariff::exists(&mut tx, tenant, &test.id).await.expect("the tariff"), there);
        assert_eq!(people::exists(&mut tx, tenant, &person.id).await.expect("people"), there);
        assert_eq!(patients::exists(&mut tx, tenant, &patient.id).await.expect("patients"), there);
    }
    let foreign = departments::add(&mut tx, &ours.id, department_in(branch.id.clone(), "Medicine")).await;
    assert!(matches!(foreign, Err(WriteError::UnknownReference("branchId"))), "{foreign:?}");
    let foreign = NewPerson { room_id: Some(room.id), ..NewPerson::named("Ravi", [Role::Nurse]) };
    let foreign = people::add(&mut tx, &ours.id, foreign).await;
    assert!(matches!(foreign, Err(WriteError::UnknownReference("roomId"))), "{foreign:?}");
    let foreign = people::set_active(&mut tx, &ours.id, &person.id, false).await;
    assert!(matches!(foreign, Err(WriteError::UnknownReference("personId"))), "{foreign:?}");
}

fn taken<T: std::fmt::Debug>(written: Result<T, WriteError>) -> &'static str {
    match written {
        Err(WriteError::Taken { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

async fn what_is_taken_is_said_in_the_domains_words(db: Db) {
    let (tenant, other) = (hospital(&db, "Ours").await, hospital(&db, "Theirs").await);
    let branch = branches::list(&db, &tenant.id).await.expect("branches").remove(0);
    let asha = || NewPerson { sign_in_name: SignInName::parse("Asha"), ..NewPerson::named("Asha", [Role::Nurse]) };
    let mut tx = begin(&db).await;
    rooms::add(&mut tx, &tenant.id, room_in(branch.id.clone(), None, "Room 1")).await.expect("a room");
    departments::add(&mut tx, &tenant.id, department_in(branch.id.clone(), "Medicine")).await.expect("a department");
    tariff::add(&mut tx, &tenant.id, entry("HB")).await.expect("a test");
    people::add(&mut tx, &tenant.id, asha()).await.expect("a person");
    commit(tx).await.expect("all is written");
    let patient = register(&db, &tenant, "Ravi Kumar", "9845012345", "").await;

    // A transaction of its own for each: PostgreSQL goes no further in one that failed.
    assert_eq!(taken(branches::add(&mut begin(&db).await, &tenant.id, "Main", "MAIN").await), "code");
    assert_eq!(
        taken(rooms::add(&mut begin(&db).await, &tenant.id, room_in(branch.id.clone(), None, "Room 1")).await),
        "name"
    );
    let again = department_in(branch.id, "Medicine");
    assert_eq!(taken(departments::add(&mut begin(&db).await, &tenant.id, again).await), "name");
    assert_eq!(taken(tariff::add(&mut begin(&db).await, &tenant.id, entry("HB")).await), "code");
    assert_eq!(taken(people::add(&mut begin(&db).await, &other.id, asha()).await), "signInName", "of all hospitals");
    let again = NewPatient { mrn: Some(patient.mrn), name: "Asha".to_owned(), ..NewPatient::default() };
    assert_eq!(taken(patients::register(&db, &tenant, again.clone(), dawn()).await), "mrn");
    patients::register(&db, &other, again, dawn()).await.expect("another hospital counts for itself");
}

async fn what_cannot_be_is_refused_alike_on_both_engines(db: Db) {
    let tenant = hospital(&db, "City Hospital").await;
    for name in ["", "  ", "a\0b", "a\u{1b}[31m", "\u{202E}ihsA", &"x".repeat(201)] {
        let new = NewPatient { name: name.to_owned(), ..NewPatient::default() };
        let refused = patients::register(&db, &tenant, new, dawn()).await;
        assert!(matches!(&refused, Err(WriteError::Invalid(problems)) if problems[0].field == "name"), "{refused:?}");
        let refused = branches::add(&mut begin(&db).await, &tenant.id, name, "X").await;
        assert!(matches!(refused, Err(WriteError::Invalid(_))), "{refused:?}");
    }
    for strange in ["<script>alert(1)</script>", "'; DROP TABLE patients; --", "=1+1", "Zoë 王 आशा 🫀", "100%_"]
    {
        let patient = register(&db, &tenant, strange, "9845012345", "").await;
        let kept = patients::by_id(&db, &tenant.id, &patient.id).await.expect("patients").expect("the patient");
        assert_eq!(kept.name, strange, "kept as it was typed");
    }
    // In the hospital it is already the next day.
    let born =
        |day: &str| NewPatient { name: "Asha".to_owned(), birth_date: day.parse().ok(), ..NewPatient::default() };
    let evening = "2026-03-01T20:00:00Z".parse().expect("a time");
    assert!(patients::register(&db, &tenant, born("2026-03-02"), evening).await.is_ok());
    assert!(patients::register(&db, &tenant, born("2026-03-03"), evening).await.is_err());
}

async fn medical_record_numbers_have_no_gaps(db: Db) {
    let (tenant, other) = (hospital(&db, "Ours").await, hospital(&db, "Theirs").await);
    let given = NewPatient { mrn: Some("0000003".to_owned()), name: "Asha".to_owned(), ..NewPatient::default() };
    patients::register(&db, &tenant, given, dawn()).await.expect("a number given elsewhere");
    let refused = NewPatient { name: String::new(), ..NewPatient::default() };
    assert!(patients::register(&db, &tenant, refused, dawn()).await.is_err());

    let registering: Vec<_> = (0..20)
        .map(|count| {
            let (db, tenant) = (db.clone(), tenant.clone());
            tokio::spawn(async move { register(&db, &tenant, &format!("Patient {count}"), "", "").await.mrn })
        })
        .collect();
    let mut numbers = Vec::new();
    for registered in registering {
        numbers.push(registered.await.expect("a number"));
    }
    numbers.sort();
    let expected: Vec<String> = (1..=21).filter(|number| *number != 3).map(|number| format!("{number:07}")).collect();
    assert_eq!(numbers, expected);
    assert_eq!(register(&db, &other, "Ravi", "", "").await.mrn, "0000001");
}

async fn patients_are_found_by_name_number_and_phone(db: Db) {
    let tenant = hospital(&db, "City Hospital").await;
    for (name, phone) in [
        ("Asha Rao", "+91 98450 12345"),
        ("Ashwin Rao-Kulkarni", "080 2345 6789"),
        ("Ravi Ashok Kumar", ""),
        ("आशा कुलकर्णी", ""),
        ("Zoë O'Brien", "5550 100"),
    ] {
        register(&db, &tenant, name, phone, "").await;
    }
    let found = async |query: &str| -> Vec<String> {
        let found = patient_search::search(&db, &tenant.id, query).await.expect("a search");
        found.into_iter().map(|patient| patient.name).collect()
    };
    assert_eq!(found("ash").await, ["Asha Rao", "Ashwin Rao-Kulkarni", "Ravi Ashok Kumar"]);
    assert_eq!(found("RAO ash").await, ["Asha Rao", "Ashwin Rao-Kulkarni"]);
    assert_eq!(found("kul ash rao").await, ["Ashwin Rao-Kulkarni"]);
    assert_eq!(found("आशा").await, ["आशा कुलकर्णी"]);
    assert_eq!(found("ZOË").await, ["Zoë O'Brien"]);
    assert_eq!(found("o'b").await, ["Zoë O'Brien"]);
    assert_eq!(found("98450 123").await, ["Asha Rao"]);
    assert_eq!(found("+91 98450").await, ["Asha Rao"]);
    assert_eq!(found("2345").await, ["Asha Rao"], "the last four digits of one, and the middle of another");
    assert_eq!(found("0000002").await, ["Ashwin Rao-Kulkarni"]);
    assert_eq!(found("5").await, ["Zoë O'Brien"], "a number without its zeros, and the beginning of a phone");
    for nothing in ["", "  ", "%", "_", "sha", "\0", "' OR 1=1 --", "xyz"] {
        assert_eq!(found(nothing).await, [""; 0], "{nothing:?}");
    }
    for count in 0..25 {
        register(&db, &tenant, &format!("Common Name {count:02}"), "", "").await;
    }
    let common = found("common").await;
    assert_eq!((common.len(), common[0].as_str()), (20, "Common Name 00"));
}

async fn who_may_be_the_same_patient_is_named(db: Db) {
    let tenant = hospital(&db, "City Hospital").await;
    register(&db, &tenant, "Asha Rao", "9845012345", "1990-03-02").await;
    register(&db, &tenant, "Ravi Rao", "9845012345", "1985-07-01").await;
    register(&db, &tenant, "Rao Asha", "", "").await;
    register(&db, &tenant, "Asha Rao", "9000000000", "1970-01-01").await;
    let alike = async |name: &str, phone: Option<&str>, born: &str| -> Vec<String> {
        let alike = patient_search::likely_duplicates(&db, &tenant.id, name, phone, born.parse().ok()).await;
        alike.expect("a search").into_iter().map(|patient| patient.mrn).collect()
    };
    assert_eq!(alike("asha rao", Some("+91 98450 12345"), "1990-03-02").await, ["0000001", "0000003"]);
    assert_eq!(alike("Asha Kulkarni", Some("9845012345"), "1990-03-02").await, ["0000001"]);
    assert_eq!(alike("Asha Kulkarni", Some("9845012345"), "1991-01-01").await, ["0000001"], "of whom the age is told");
    assert_eq!(alike("Meena Rao", Some("9111111111"), "2001-01-01").await, [""; 0]);
    assert_eq!(alike("", None, "").await, [""; 0]);
}

async fn roles_change_and_people_leave(db: Db) {
    let tenant = hospital(&db, "City Hospital").await.id;
    let mut tx = begin(&db).await;
    let asha = people::add(&mut tx, &tenant, NewPerson::named("Asha", [Role::Nurse, Role::Doctor])).await.expect("one");
    let ravi = people::add(&mut tx, &tenant, NewPerson::named("Ravi", [Role::Doctor])).await.expect("another");
    commit(tx).await.expect("both are written");
    let doctors = async || -> Vec<String> {
        let doctors = people::of_role(&db, &tenant, Role::Doctor).await.expect("people");
        doctors.into_iter().map(|person| person.name).collect()
    };
    assert_eq!(doctors().await, ["Asha", "Ravi"]);

    let mut tx = begin(&db).await;
    let roles = [Role::Manager].into_iter().collect();
    people::set_roles(&mut tx, &tenant, &asha.id, &roles).await.expect("new roles");
    commit(tx).await.expect("they are written");
    assert_eq!(doctors().await, ["Ravi"]);
    let asha = people::by_id(&db, &tenant, &asha.id).await.expect("people").expect("Asha");
    assert!(asha.holds_any(&[Role::Manager]) && !asha.holds_any(&[Role::Nurse, Role::Doctor]));

    let mut tx = begin(&db).await;
    people::set_active(&mut tx, &tenant, &ravi.id, false).await.expect("he leaves");
    let nobody = people::set_roles(&mut tx, &tenant, &new_id(), &roles).await;
    assert!(matches!(nobody, Err(WriteError::UnknownReference("personId"))), "{nobody:?}");
    commit(tx).await.expect("it is written");
    assert_eq!(doctors().await, [""; 0]);
    assert_eq!(people::list(&db, &tenant).await.expect("people").len(), 3, "he stays known");
}

async fn the_demo_is_furnished_once(db: Db) {
    let hasher = Hasher::default();
    let furnished = demo::furnish(&db, &hasher, dawn()).await.expect("a demo");
    assert!(furnished.fresh);
    let tenant = &furnished.tenant.id;
    assert_eq!(branches::list(&db, tenant).await.expect("branches").len(), 2);
    assert_eq!(people::of_role(&db, tenant, Role::Doctor).await.expect("people").len(), 8);
    assert_eq!(tariff::of_kind(&db, tenant, TariffKind::Test).await.expect("the tariff").len(), 30);
    let consultations = tariff::of_kind(&db, tenant, TariffKind::Consultation).await.expect("the tariff");
    assert_eq!(consultations.iter().filter(|consultation| consultation.department_id.is_some()).count(), 5);
    for doctor in people::of_role(&db, tenant, Role::Doctor).await.expect("people") {
        assert!(doctor.room_id.is_some() && doctor.department_id.is_some(), "{}", doctor.name);
    }
    for person in demo::PEOPLE {
        let name = SignInName::parse(person.sign_in_name).expect("a name");
        let known = people::credentials(&db, &name).await.expect("people").expect("somebody");
        assert_eq!((&known.tenant_id, &known.person.roles[..]), (tenant, &[person.role][..]));
    }
    let reception = SignInName::parse("reception").expect("a name");
    let hash = people::credentials(&db, &reception).await.expect("people").and_then(|known| known.passphrase_hash);
    assert_eq!(hasher.verify(demo::PASSPHRASE.to_owned(), hash).await, Ok(true));
    assert!(!patient_search::search(&db, tenant, "asha").await.expect("patients").is_empty());

    let again = demo::furnish(&db, &hasher, dawn()).await.expect("the same demo");
    assert!(!again.fresh && again.tenant == furnished.tenant);
    assert_eq!(people::of_role(&db, tenant, Role::Doctor).await.expect("people").len(), 8);
}

async fn the_demo_leaves_real_data_alone(db: Db) {
    hospital(&db, "City Hospital").await;
    let refused = demo::furnish(&db, &Hasher::default(), dawn()).await.expect_err("no demo");
    assert!(refused.to_string().contains("City Hospital"), "{refused}");
    assert_eq!(tenants::list(&db).await.expect("tenants").len(), 1);
}
