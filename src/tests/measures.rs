//! Stories of what is measured of visits: the rows that follow equal the log, by hand and by recomputation.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::json;
use sojourn::analytics::waits::Question;
use sojourn::analytics::{Filter, Kept, Period};
use sojourn::db::{Db, new_id};
use sojourn::demo::live_through;
use sojourn::hospital::demo::furnish;
use sojourn::hospital::measure_targets::Targets;
use sojourn::hospital::passphrase::Hasher;
use sojourn::hospital::tenants::Tenant;
use sojourn::journey::course::{Measure, letters, path};
use sojourn::journey::events::Event;
use sojourn::journey::events::EventType::{self, *};
use sojourn::journey::ids::{Id, VisitId};
use sojourn::journey::measures::{Part, measures};
use sojourn::journey::words::{Priority, Role, Station, Verdict, VisitType, Word};
use sojourn::log;
use sojourn::on;
use sojourn::projections::measures::{self as rows, MeasuresRow, StayRow};
use sojourn::record::rebuild::{ReadModel, Rebuilt, rebuild};
use sojourn::record::{VISIT, steps};

use crate::projections::wander;
use crate::support::flow::standard;
use crate::support::hospital::dawn;
use crate::support::house::House;
use crate::support::stories;

stories! {
    a_small_log_is_measured_as_by_hand,
    rows_equal_a_recomputation_from_the_log,
    what_is_kept_of_rows_that_were_made_anew_is_read_anew,
    hundreds_of_visits_in_one_page_have_a_row_each,
    the_parts_of_every_visit_of_the_demo_day_sum_to_the_whole,
    the_three_questions_have_their_answers,
    the_documented_mean_is_the_one_on_the_screen,
}

/// Makes the rows from the log, beside the live ones.
async fn rebuilt(db: &Db, tenant: &Tenant) -> Rebuilt {
    let model = ReadModel::named("visit_measures").expect("the measures");
    rebuild(db, tenant, model, Utc::now(), |_| {}).await.expect("they are rebuilt")
}

async fn all(db: &Db, tenant: &Tenant) -> Vec<MeasuresRow> {
    rows::since(db, &tenant.id, 0).await.expect("the rows")
}

/// Holds a visit's rows against its log.
async fn check(db: &Db, tenant: &Tenant, row: &MeasuresRow) {
    let stored = log::stream(db, &tenant.id, VISIT, row.visit_id.as_str()).await.expect("the stream");
    let steps = steps(&stored).expect("steps");
    // An open visit is measured until the patient last came somewhere.
    let measured = measures(&steps, DateTime::UNIX_EPOCH);
    assert_eq!(
        [row.waiting, row.served, row.away, row.other],
        [measured.waiting, measured.served, measured.away, measured.other]
    );
    assert_eq!((row.door_to_doctor, row.whole_visit), (measured.door_to_doctor, measured.whole_visit));
    assert_eq!(row.position, stored.last().expect("an event").position);
    let stays = rows::stays(db, &tenant.id, &row.visit_id).await.expect("the stays");
    assert_eq!(stays.len(), measured.stays.len());
    for (index, (stay, other)) in stays.iter().zip(&measured.stays).enumerate() {
        assert_eq!((stay.part, stay.station, stay.began_at), (other.part, other.station, other.from));
        let is_over = row.outcome.is_some() || index + 1 < stays.len();
        assert_eq!(stay.ended_at, is_over.then_some(other.to));
        assert_eq!(stay.seconds, is_over.then_some(other.seconds));
    }
    if let Some(whole) = row.whole_visit {
        assert_eq!(row.waiting + row.served + row.away + row.other, whole, "the parts sum to the whole");
        assert_eq!(stays.iter().filter_map(|stay| stay.seconds).sum::<i64>(), whole);
    }
    let mut happened: Vec<_> = steps.iter().collect();
    happened.sort_by_key(|step| step.at);
    let happened: Vec<EventType> = happened.into_iter().map(|step| step.event.event_type()).collect();
    assert_eq!(path(&row.path), happened);
    assert_eq!(row.path, letters(&happened));
    let sent_back = |event: &Event| matches!(event, Event::TestReviewed(of) if of.verdict == Some(Verdict::Repeat));
    assert_eq!(row.repeats, steps.iter().filter(|step| sent_back(&step.event)).count() as i32);
    let of = |measure| {
        let spans = row.spans.iter().filter(move |span| span.measure == measure);
        spans.filter_map(|span| span.seconds).collect::<Vec<_>>()
    };
    for station in Station::ALL {
        let waits = measured.waits.iter().filter(|wait| wait.station == *station);
        assert_eq!(of(Measure::wait_at(*station)), waits.map(|wait| wait.seconds).collect::<Vec<_>>());
    }
    assert_eq!(of(Measure::Consultation), measured.consultations);
    assert_eq!(of(Measure::OrderToReport).iter().sum::<i64>(), measured.order_to_report.values().sum::<i64>());
    assert_eq!(of(Measure::BillToSettlement).iter().sum::<i64>(), measured.bill_to_settlement.values().sum::<i64>());
}

async fn flow(house: &House) -> VisitId {
    let visit = house.register().await;
    for (role, event, metadata) in standard(&house.who(Role::Doctor).id, &house.room) {
        house.log(role, &visit, event, metadata).await;
    }
    visit
}

/// Each step comes a minute after the one before.
async fn a_small_log_is_measured_as_by_hand(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let seen = flow(&house).await;
    let left = house.register().await;
    house.log(Role::Receptionist, &left, QueueJoined, json!({})).await;
    house.clock.advance(TimeDelta::minutes(39));
    house.log(Role::Receptionist, &left, VisitCancelled, json!({ "reason": "Went home" })).await;
    let hurried: VisitId = new_id();
    let mut registration = house.registration(Some(&hurried));
    registration.metadata["visitType"] = json!("EMERGENCY");
    house.record(Role::Receptionist, vec![registration]).await.expect("a registration");
    house.clock.advance(TimeDelta::minutes(29));
    let doctor = house.who(Role::Doctor).id.clone();
    house.log(Role::Receptionist, &hurried, QueueJoined, json!({ "doctorId": doctor })).await;
    rebuilt(&db, &house.tenant).await;

    let row = rows::of_visit(&db, &house.tenant.id, &seen).await.expect("a read").expect("the visit");
    let minutes = |count: i64| Some(count * 60);
    // Joined in minute 1, called in 4, in the room in 5, out in 6; completed in 18.
    assert_eq!((row.door_to_doctor, row.whole_visit), (minutes(5), minutes(18)));
    assert_eq!([row.waiting, row.served, row.away, row.other], [3, 1, 0, 14].map(|count| count * 60));
    assert_eq!((row.taken.0, row.refunded.0, row.due.0), (80_000, 0, 0));
    let spans: Vec<_> = row.spans.iter().map(|span| (span.measure, span.seconds)).collect();
    assert_eq!(
        spans,
        [
            (Measure::DoorToDoctor, minutes(5)),
            (Measure::ConsultationWait, minutes(3)),
            (Measure::Consultation, minutes(1)),
            // Ordered in minute 8, reported in 16.
            (Measure::OrderToReport, minutes(8)),
            (Measure::BillToSettlement, minutes(1)),
            (Measure::BillToSettlement, minutes(1)),
            (Measure::WholeVisit, minutes(18)),
        ]
    );
    assert!(row.spans.iter().all(|span| span.doctor.as_ref() == Some(&doctor)));
    // Dawn, in Delhi, is half past seven on a Sunday.
    let day = NaiveDate::from_ymd_opt(2026, 3, 1).expect("a day");
    assert_eq!((row.day, row.hour, row.weekday), (day, 7, 7));

    let row = rows::of_visit(&db, &house.tenant.id, &left).await.expect("a read").expect("the visit");
    assert_eq!((row.door_to_doctor, row.whole_visit, row.waiting), (None, minutes(41), 40 * 60));
    assert_eq!(row.reason.as_deref(), Some("Went home"));
    let missing: Vec<_> = row.spans.iter().filter(|span| span.seconds.is_none()).map(|span| span.measure).collect();
    assert_eq!(missing, [Measure::DoorToDoctor, Measure::ConsultationWait]);
    let stays = rows::stays(&db, &house.tenant.id, &left).await.expect("the stays");
    let told: Vec<_> = stays.iter().map(|stay| (stay.part, stay.station, stay.seconds)).collect();
    assert_eq!(told, [(Part::Other, None, minutes(1)), (Part::Waiting, Some(Station::Consultation), minutes(40))]);

    // Registered at half past eight, in the queue since nine, and still there.
    let stays = rows::stays(&db, &house.tenant.id, &hurried).await.expect("the stays");
    let in_the_queue = StayRow {
        visit_id: hurried,
        number: 2,
        part: Part::Waiting,
        station: Some(Station::Consultation),
        doctor_id: Some(doctor),
        department_id: Some(house.department.clone()),
        branch_id: Some(house.branch.clone()),
        visit_type: VisitType::Emergency,
        priority: Priority::Emergency,
        day,
        hour: 9,
        weekday: 7,
        began_at: dawn() + TimeDelta::minutes(90),
        ended_at: None,
        seconds: None,
    };
    assert_eq!(stays.last(), Some(&in_the_queue));
}

async fn rows_equal_a_recomputation_from_the_log(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    flow(&House::open(&db, "Lake Hospital").await).await;
    flow(&house).await;
    for seed in 0..8 {
        wander(&house, seed).await;
    }
    let model = rows::VisitMeasures;
    // Taken in by small pages, as when one follows closely; visits go on over their ends.
    follow_by(&house, &model, 7).await;
    let followed = all(&db, &house.tenant).await;
    assert_eq!(followed.len(), 9);
    for row in &followed {
        check(&db, &house.tenant, row).await;
    }
    // Made anew in one page, the same comes out.
    let events = house.verified().await;
    assert_eq!(rebuilt(&db, &house.tenant).await, Rebuilt { events, differed: 0 });
    const LOSE: &str = "DELETE FROM stays WHERE tenant_id = $1 AND number > 1";
    let lost = on!(&db.write, pool => sqlx::query(LOSE).bind(&house.tenant.id).execute(pool).await.map(|done| done.rows_affected()))
        .expect("rows are lost");
    assert_eq!(rebuilt(&db, &house.tenant).await.differed, lost);
    assert_eq!(all(&db, &house.tenant).await, followed);
}

async fn what_is_kept_of_rows_that_were_made_anew_is_read_anew(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    flow(&house).await;
    rebuilt(&db, &house.tenant).await;
    const SPOIL: &str = "UPDATE visit_measures SET waiting = 7 WHERE tenant_id = $1";
    on!(&db.write, pool => sqlx::query(SPOIL).bind(&house.tenant.id).execute(pool).await.map(drop))
        .expect("a row is spoilt");
    let kept = Kept::default();
    let week = [Period::ending(house.tenant.local_day(house.now()), 7)];
    let waiting = async || {
        let days = kept.days(&db, &house.tenant, &week).await.expect("the days");
        days.iter().flat_map(|day| day.iter()).map(|facts| facts.waited).collect::<Vec<_>>()
    };
    assert_eq!(waiting().await, [7]);
    // By whoever it was: nobody tells the days.
    assert_eq!(rebuilt(&db, &house.tenant).await.differed, 1);
    assert_eq!(waiting().await, [3 * 60]);
    flow(&house).await;
    house.followed().await;
    assert_eq!(waiting().await, [3 * 60, 3 * 60]);
}

async fn hundreds_of_visits_in_one_page_have_a_row_each(db: Db) {
    // More than are written together, twice over.
    const VISITS: usize = 520;
    let house = House::open(&db, "City Hospital").await;
    for _ in 0..VISITS {
        house.register().await;
    }
    assert_eq!(rebuilt(&db, &house.tenant).await.differed, 2 * VISITS as u64, "a row and a stay of each");
    let all = all(&db, &house.tenant).await;
    assert_eq!(all.len(), VISITS);
    let positions: Vec<_> = all.iter().map(|row| row.position).collect();
    assert!(positions.is_sorted_by(|one, other| one < other), "each of its own");
    assert_eq!(rebuilt(&db, &house.tenant).await.differed, 0);
    // Another process begins with nothing in memory, and reads ahead.
    let kept = Kept::default();
    kept.warm(&db, house.now()).await.expect("the days are read");
    let today = Period::ending(house.tenant.local_day(house.now()), 1);
    assert_eq!(kept.days(&db, &house.tenant, &[today]).await.expect("today")[0].len(), VISITS);
}

/// Takes the log in by pages of a size.
async fn follow_by(house: &House, model: &rows::VisitMeasures, size: i64) {
    use sojourn::db::commit;
    use sojourn::projections::checkpoint;
    use sojourn::projections::following::Projection;
    let (tenant, now) = (&house.tenant, house.now());
    let end = house.verified().await;
    let mut tx = house.db.begin().await.expect("a transaction");
    checkpoint::lock(&mut tx, &tenant.id, model.name(), model.version(), now).await.expect("a checkpoint");
    checkpoint::restart(&mut tx, &tenant.id, model.name(), model.version(), end, now).await.expect("it is set");
    commit(tx).await.expect("it is written");
    for first in (1..=end).step_by(size as usize) {
        let page = log::happened(&house.db, &tenant.id, first, first + size - 1).await.expect("a page");
        let mut tx = house.db.begin().await.expect("a transaction");
        model.apply(&mut tx, tenant, page).await.expect("it is taken in");
        commit(tx).await.expect("it is written");
    }
}

async fn demo_day(db: &Db) -> Tenant {
    let now = "2026-03-02T08:40:00Z".parse().expect("a time");
    let furnished = furnish(db, &Hasher::default(), now).await.expect("the hospital is furnished");
    live_through(db, &furnished.tenant, now).await.expect("the day is lived");
    rebuilt(db, &furnished.tenant).await;
    furnished.tenant
}

async fn the_parts_of_every_visit_of_the_demo_day_sum_to_the_whole(db: Db) {
    let tenant = demo_day(&db).await;
    let all = all(&db, &tenant).await;
    assert!(all.len() > 75);
    assert!(all.iter().filter(|row| row.outcome.is_some()).count() > 20);
    // Day by day they are read in another way.
    let (mut by_day, first, last) = (Vec::new(), NaiveDate::default(), Utc::now().date_naive());
    for day in rows::days(&db, &tenant.id, first, last).await.expect("the days") {
        by_day.extend(rows::of_day(&db, &tenant.id, day).await.expect("its rows"));
    }
    by_day.sort_by_key(|row| row.position);
    assert_eq!(by_day, all);
    for row in &all {
        check(&db, &tenant, row).await;
    }
}

/// The answers to a question of the documentation, as text.
pub async fn ask(db: &Db, tenant: &Tenant, question: &str, period: (NaiveDate, NaiveDate)) -> Vec<(String, i64)> {
    const DOCUMENT: &str = include_str!("../analytics/analytics.md");
    let (_, rest) = DOCUMENT.split_once(question).expect("the question is in the documentation");
    let sql = rest.split("```sql").nth(1).and_then(|rest| rest.split("```").next()).expect("its SQL");
    on!(&db.read, pool => sqlx::query_as(sqlx::AssertSqlSafe(sql.trim().trim_end_matches(';').to_owned()))
        .bind(&tenant.id)
        .bind(period.0)
        .bind(period.1)
        .fetch_all(pool)
        .await)
    .expect("an answer")
}

async fn the_documented_mean_is_the_one_on_the_screen(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    for late in [100, 900] {
        let visit = house.register().await;
        for (role, event, metadata) in standard(&house.who(Role::Doctor).id, &house.room) {
            // What begins late in a second and ends early in another has one more on the visit's clock.
            if matches!(event, EnteredRoom | ExitedRoom) {
                house.clock.advance(TimeDelta::milliseconds(if event == EnteredRoom { late } else { 1_100 - late }));
            }
            house.log(role, &visit, event, metadata).await;
        }
    }
    rebuilt(&db, &house.tenant).await;
    let day = house.tenant.local_day(house.now());
    let period = Period { from: day, to: day };
    let days = Kept::default().days(&db, &house.tenant, &[period]).await.expect("the days");
    let question = Question { days: &days, period, filter: &Filter::default(), targets: &Targets::default() };
    let [figure, _] = question.figures()[&Measure::Consultation];
    assert_eq!((figure.count, figure.median, figure.p90), (2, Some(61), Some(61)));
    let documented = ask(&db, &house.tenant, "average consultation time", (day, day)).await;
    assert_eq!(documented, [(figure.count.to_string(), figure.mean.expect("a mean"))]);
}

async fn the_three_questions_have_their_answers(db: Db) {
    let tenant = demo_day(&db).await;
    let model = ReadModel::named("event_statistics").expect("the figures");
    rebuild(&db, &tenant, model, Utc::now(), |_| {}).await.expect("they are rebuilt");
    let days =
        (NaiveDate::from_ymd_opt(2026, 3, 1).expect("a day"), NaiveDate::from_ymd_opt(2026, 3, 2).expect("a day"));
    let mut seconds = Vec::new();
    let (mut types, mut registrations) = (BTreeMap::new(), BTreeMap::new());
    for stored in log::page(&db, &tenant.id, &log::Filter::All, None, 10_000).await.expect("the log") {
        let day = tenant.local_day(stored.event.performed_at);
        if (days.0..=days.1).contains(&day) {
            *types.entry(stored.event.event_type.clone()).or_insert(0) += 1;
            if stored.event.event_type == VisitRegistered.word() {
                *registrations.entry(day.to_string()).or_insert(0) += 1;
            }
        }
    }
    for row in all(&db, &tenant).await.iter().filter(|row| row.day >= days.0) {
        let stream = log::stream(&db, &tenant.id, VISIT, row.visit_id.as_str()).await.expect("the stream");
        seconds.extend(measures(&steps(&stream).expect("steps"), DateTime::UNIX_EPOCH).consultations);
    }
    let mean = (seconds.iter().sum::<i64>() as f64 / seconds.len() as f64).round() as i64;
    assert!(seconds.len() > 10);
    let asked = ask(&db, &tenant, "average consultation time", days).await;
    assert_eq!(asked, [(seconds.len().to_string(), mean)]);
    let period = Period { from: days.0, to: days.1 };
    let kept = Kept::default().days(&db, &tenant, &[period]).await.expect("the days");
    let question = Question { days: &kept, period, filter: &Filter::default(), targets: &Targets::default() };
    let [figure, _] = question.figures()[&Measure::Consultation];
    assert_eq!((figure.count, figure.mean), (seconds.len(), Some(mean)), "the screen says the same");
    let mut commonest: Vec<_> = types.into_iter().collect();
    commonest.sort_by_key(|(name, count)| (-count, name.clone()));
    assert_eq!(ask(&db, &tenant, "commonest types of event", days).await, commonest);
    let daily: Vec<_> = registrations.into_iter().collect();
    assert_eq!(ask(&db, &tenant, "registrations each day", days).await, daily);
}
