//! Stories of signing in: by people with passphrases, by programs with tokens.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRef, Path, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderName, Request, Response, StatusCode};
use axum::routing::{get, post};
use axum::{Extension, Router};
use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use sojourn::clock::Clock;
use sojourn::db::{Db, commit};
use sojourn::hospital::passphrase::{Hasher, Passphrase};
use sojourn::hospital::people::{self, NewPerson, Person};
use sojourn::hospital::tenants::Tenant;
use sojourn::hospital::{sessions, tokens};
use sojourn::http::sign_in::{Doorkeeper, Onlooker, Program, SignedIn, session_layer};
use sojourn::journey::words::Role;
use sojourn::on;
use tower::ServiceExt;
use tower_sessions::Session;

use crate::support::hospital::{PASSPHRASE, StillClock, dawn, hospital, person};
use crate::support::stories;

stories!(
    a_person_signs_in_and_out,
    nobody_is_sent_to_the_sign_in_page_and_back,
    wrong_unknown_and_disabled_look_the_same,
    signing_in_renews_the_session,
    a_session_ends_when_nobody_is_active,
    a_session_ends_after_twelve_hours,
    the_database_does_not_hold_session_ids,
    the_database_does_not_hold_tokens,
    who_is_shut_out_is_out_at_once,
    changed_roles_count_at_once,
    a_new_passphrase_ends_all_sessions,
    a_program_calls_with_a_token,
    a_token_ends,
    behind_tls_the_cookie_says_so,
);

#[derive(Clone, FromRef)]
struct House {
    db: Db,
    clock: Clock,
    doorkeeper: Doorkeeper,
}

/// A server with nothing but the door.
struct Door {
    db: Db,
    clock: StillClock,
    router: Router,
    tenant: Tenant,
    asha: Person,
}

impl Door {
    async fn open(db: Db) -> Self {
        let tenant = hospital(&db, "City Hospital").await;
        let asha = person(&db, &tenant, "asha", &[Role::Nurse]).await;
        let clock = StillClock::at_dawn();
        let router = Self::router(&db, &clock, false);
        Self { db, clock, router, tenant, asha }
    }

    fn router(db: &Db, clock: &StillClock, behind_tls: bool) -> Router {
        let (db, clock) = (db.clone(), clock.clock());
        let doorkeeper = Doorkeeper::new(db.clone(), clock.clone(), Hasher::default());
        Router::new()
            .route("/in/{name}/{passphrase}", post(sign_in))
            .route("/out", post(sign_out))
            .route("/me", get(async |me: SignedIn| format!("{} {:?}", me.person.name, &me.person.roles[..])))
            .route("/look", get(async |Onlooker(me): Onlooker| me.person.name))
            .route("/api", get(async |program: Program| program.person.name))
            .layer(session_layer(db.clone(), clock.clone(), behind_tls))
            .with_state(House { db, clock, doorkeeper })
    }

    async fn send(&self, method: &str, path: &str, headers: &[(HeaderName, &str)]) -> Response<Body> {
        let request = headers
            .iter()
            .fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(name, *value))
            .body(Body::empty())
            .expect("a request");
        self.router.clone().oneshot(request).await.expect("an answer")
    }

    async fn get(&self, path: &str, cookie: &str) -> (StatusCode, String) {
        let response = self.send("GET", path, &[(COOKIE, cookie)]).await;
        let status = response.status();
        let body = to_bytes(response.into_body(), 10_000).await.expect("a body");
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    /// Signs Asha in, and answers with her cookie.
    async fn sign_in(&self) -> String {
        let path = format!("/in/asha/{}", PASSPHRASE.replace(' ', "%20"));
        let response = self.send("POST", &path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK);
        cookie(&response)
    }

    async fn is_signed_in(&self, cookie: &str) -> bool {
        match self.get("/me", cookie).await.0 {
            StatusCode::OK => true,
            StatusCode::SEE_OTHER => false,
            other => panic!("{other}"),
        }
    }
}

async fn sign_in(
    State(house): State<House>,
    Extension(session): Extension<Session>,
    Path((name, passphrase)): Path<(String, String)>,
) -> (StatusCode, String) {
    match house.doorkeeper.sign_in(&session, &name, &passphrase, [192, 0, 2, 1].into()).await {
        Ok(person) => (StatusCode::OK, person.name),
        Err(error) => (error.status(), error.to_string()),
    }
}

async fn sign_out(State(house): State<House>, Extension(session): Extension<Session>) -> StatusCode {
    house.doorkeeper.sign_out(&session).await.map_or_else(|error| error.status(), |()| StatusCode::NO_CONTENT)
}

fn set_cookie(response: &Response<Body>) -> &str {
    response.headers().get(SET_COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn cookie(response: &Response<Body>) -> String {
    set_cookie(response).split(';').next().unwrap_or_default().to_owned()
}

async fn a_person_signs_in_and_out(db: Db) {
    let door = Door::open(db).await;
    let response = door.send("POST", "/in/ASHA/violet%20ladder%20seven", &[]).await;
    let attributes = set_cookie(&response).split("; ").skip(1).collect::<Vec<_>>();
    assert_eq!(attributes, ["HttpOnly", "SameSite=Strict", "Path=/"]);
    let cookie = cookie(&response);
    assert!(cookie.starts_with("sojourn="), "{cookie}");
    assert_eq!(door.get("/me", &cookie).await, (StatusCode::OK, "asha [Nurse]".to_owned()));
    let out = door.send("POST", "/out", &[(COOKIE, &cookie)]).await;
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    assert!(set_cookie(&out).contains("Max-Age=0"), "{}", set_cookie(&out));
    assert!(!door.is_signed_in(&cookie).await, "the old cookie is worth nothing");
}

async fn nobody_is_sent_to_the_sign_in_page_and_back(db: Db) {
    let door = Door::open(db).await;
    let response = door.send("GET", "/me?tab=1", &[]).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[LOCATION], "/login?next=/me%3Ftab%3D1");
    let response = door.send("GET", "/me", &[(ACCEPT, "application/json")]).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    for forged in ["sojourn=", "sojourn=AAAAAAAAAAAAAAAAAAAAAA", "sojourn=%00", "sojourn=x; sojourn=y"] {
        assert!(!door.is_signed_in(forged).await, "{forged}");
    }
}

async fn wrong_unknown_and_disabled_look_the_same(db: Db) {
    let door = Door::open(db).await;
    let gone = person(&door.db, &door.tenant, "gone", &[Role::Nurse]).await;
    let mut tx = door.db.begin().await.expect("a transaction");
    people::set_active(&mut tx, &door.tenant.id, &gone.id, false).await.expect("she leaves");
    let robot = NewPerson { sign_in_name: "robot".parse().ok(), ..NewPerson::named("Robot", [Role::Nurse]) };
    people::add(&mut tx, &door.tenant.id, robot).await.expect("a program");
    commit(tx).await.expect("it is written");
    let mut answers = Vec::new();
    for path in [
        "/in/asha/violet%20ladder%20eight",
        "/in/nobody/violet%20ladder%20seven",
        "/in/gone/violet%20ladder%20seven",
        "/in/robot/violet%20ladder%20seven",
        "/in/a%20%00/violet%20ladder%20seven",
    ] {
        let response = door.send("POST", path, &[]).await;
        assert_eq!(set_cookie(&response), "");
        let status = response.status();
        answers.push((status, to_bytes(response.into_body(), 1000).await.expect("a body")));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0].0, StatusCode::UNPROCESSABLE_ENTITY);
    // The failure did not shut her out.
    assert!(door.is_signed_in(&door.sign_in().await).await);
}

async fn signing_in_renews_the_session(db: Db) {
    let door = Door::open(db).await;
    let planted = "sojourn=AAAAAAAAAAAAAAAAAAAAAA";
    let path = "/in/asha/violet%20ladder%20seven";
    let first = cookie(&door.send("POST", path, &[(COOKIE, planted)]).await);
    assert_ne!(first, planted);
    let second = cookie(&door.send("POST", path, &[(COOKIE, &first)]).await);
    assert_ne!(second, first);
    assert!(!door.is_signed_in(planted).await && !door.is_signed_in(&first).await);
    assert!(door.is_signed_in(&second).await);
}

async fn a_session_ends_when_nobody_is_active(db: Db) {
    let door = Door::open(db).await;
    let cookie = door.sign_in().await;
    for _ in 0..3 {
        door.clock.advance(TimeDelta::minutes(14));
        assert!(door.is_signed_in(&cookie).await, "being active keeps it alive");
    }
    for _ in 0..2 {
        door.clock.advance(TimeDelta::minutes(7));
        assert_eq!(door.get("/look", &cookie).await, (StatusCode::OK, "asha".to_owned()));
    }
    door.clock.advance(TimeDelta::minutes(1));
    assert_eq!(door.get("/look", &cookie).await.0, StatusCode::SEE_OTHER, "looking on does not");
    assert!(!door.is_signed_in(&cookie).await);
    assert_eq!(sessions::sweep(&door.db, door.clock.clock().now()).await.expect("a sweep"), 1);
    assert_eq!(sessions::sweep(&door.db, door.clock.clock().now()).await.expect("a sweep"), 0);
}

async fn a_session_ends_after_twelve_hours(db: Db) {
    let door = Door::open(db).await;
    let cookie = door.sign_in().await;
    for _ in 0..71 {
        door.clock.advance(TimeDelta::minutes(10));
        assert!(door.is_signed_in(&cookie).await);
    }
    door.clock.advance(TimeDelta::minutes(10));
    assert!(!door.is_signed_in(&cookie).await);
}

async fn the_database_does_not_hold_session_ids(db: Db) {
    let door = Door::open(db).await;
    let cookie = door.sign_in().await;
    let id: tower_sessions::session::Id = cookie.trim_start_matches("sojourn=").parse().expect("an id");
    let id = id.0.to_le_bytes();
    const SQL: &str = "SELECT id_digest FROM sessions";
    let kept: Vec<Vec<u8>> =
        on!(&door.db.read, pool => sqlx::query_scalar(SQL).fetch_all(pool).await).expect("sessions");
    assert_eq!(kept, [Sha256::digest(id).to_vec()]);
}

async fn the_database_does_not_hold_tokens(db: Db) {
    let door = Door::open(db).await;
    let mut tx = door.db.begin().await.expect("a transaction");
    let (secret, _) =
        tokens::create(&mut tx, &door.tenant.id, &door.asha.id, "lab link", dawn(), None).await.expect("a token");
    commit(tx).await.expect("it is written");
    const SQL: &str = "SELECT token_digest FROM api_tokens";
    let kept: Vec<Vec<u8>> = on!(&door.db.read, pool => sqlx::query_scalar(SQL).fetch_all(pool).await).expect("tokens");
    assert_eq!(kept, [Sha256::digest(secret.reveal()).to_vec()]);
}

async fn who_is_shut_out_is_out_at_once(db: Db) {
    let door = Door::open(db).await;
    let cookie = door.sign_in().await;
    for active in [false, true] {
        let mut tx = door.db.begin().await.expect("a transaction");
        people::set_active(&mut tx, &door.tenant.id, &door.asha.id, active).await.expect("it is set");
        commit(tx).await.expect("it is written");
        assert!(!door.is_signed_in(&cookie).await, "and stays out until signing in again");
    }
    assert!(door.is_signed_in(&door.sign_in().await).await);
}

async fn changed_roles_count_at_once(db: Db) {
    let door = Door::open(db).await;
    let cookie = door.sign_in().await;
    let mut tx = door.db.begin().await.expect("a transaction");
    let roles = [Role::Doctor, Role::Manager].into_iter().collect();
    people::set_roles(&mut tx, &door.tenant.id, &door.asha.id, &roles).await.expect("new roles");
    commit(tx).await.expect("they are written");
    assert_eq!(door.get("/me", &cookie).await.1, "asha [Doctor, Manager]");
}

async fn a_new_passphrase_ends_all_sessions(db: Db) {
    let door = Door::open(db).await;
    let (desk, ward) = (door.sign_in().await, door.sign_in().await);
    let passphrase = Passphrase::parse("orange bicycle nine", "asha").expect("a good passphrase");
    let hash = Hasher::default().hash(passphrase).await.expect("a hash");
    let mut tx = door.db.begin().await.expect("a transaction");
    people::set_passphrase(&mut tx, &door.tenant.id, &door.asha.id, &hash).await.expect("it is set");
    commit(tx).await.expect("it is written");
    assert!(!door.is_signed_in(&desk).await && !door.is_signed_in(&ward).await);
    let new = cookie(&door.send("POST", "/in/asha/orange%20bicycle%20nine", &[]).await);
    assert!(door.is_signed_in(&new).await);
}

async fn a_program_calls_with_a_token(db: Db) {
    let door = Door::open(db).await;
    let mut tx = door.db.begin().await.expect("a transaction");
    let (secret, token) =
        tokens::create(&mut tx, &door.tenant.id, &door.asha.id, "lab link", dawn(), None).await.expect("a token");
    commit(tx).await.expect("it is written");
    let call = async |authorization: &str, cookie: &str| {
        door.send("GET", "/api", &[(AUTHORIZATION, authorization), (COOKIE, cookie)]).await
    };
    let bearer = format!("Bearer {}", secret.reveal());
    assert_eq!(call(&bearer, "").await.status(), StatusCode::OK);
    assert_eq!(tokens::list(&door.db, &door.tenant.id).await.expect("tokens"), [token]);

    let session = door.sign_in().await;
    let other = format!("Bearer sjn_{}", "0".repeat(64));
    for wrong in ["", "Bearer", "Bearer ", "Basic YTpi", secret.reveal(), &other, &bearer[..bearer.len() - 1]] {
        let refused = call(wrong, &session).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{wrong:?}");
        assert_eq!(refused.headers()["www-authenticate"], "Bearer");
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
    }
    assert!(door.get("/me", "").await.0 == StatusCode::SEE_OTHER, "a token opens no page");
}

async fn a_token_ends(db: Db) {
    let door = Door::open(db).await;
    let mut tx = door.db.begin().await.expect("a transaction");
    let create = async |tx: &mut _, ends| {
        tokens::create(tx, &door.tenant.id, &door.asha.id, "lab link", dawn(), ends).await.expect("a token")
    };
    let (expiring, _) = create(&mut tx, Some(dawn() + TimeDelta::days(1))).await;
    let (withdrawn, token) = create(&mut tx, None).await;
    commit(tx).await.expect("both are written");
    let works = async |secret: &tokens::Secret| {
        let bearer = format!("Bearer {}", secret.reveal());
        door.send("GET", "/api", &[(AUTHORIZATION, &bearer)]).await.status() == StatusCode::OK
    };
    assert!(works(&expiring).await && works(&withdrawn).await);
    door.clock.advance(TimeDelta::days(1));
    assert!(!works(&expiring).await && works(&withdrawn).await);
    let mut tx = door.db.begin().await.expect("a transaction");
    tokens::revoke(&mut tx, &door.tenant.id, &token.id, door.clock.clock().now()).await.expect("it is withdrawn");
    commit(tx).await.expect("it is written");
    assert!(!works(&withdrawn).await);
}

async fn behind_tls_the_cookie_says_so(db: Db) {
    let mut door = Door::open(db).await;
    door.router = Door::router(&door.db, &door.clock, true);
    let response = door.send("POST", "/in/asha/violet%20ladder%20seven", &[]).await;
    let set = set_cookie(&response);
    assert!(set.starts_with("__Host-sojourn=") && set.contains("; Secure"), "{set}");
    assert!(door.is_signed_in(&cookie(&response)).await);
}
