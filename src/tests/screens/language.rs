//! Stories of a hospital that is spoken to in Hindi.

use axum::body::Body;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use sojourn::db::Db;
use sojourn::journey::events::EventType;
use sojourn::journey::words::Role;
use tower::ServiceExt;

use super::{Answer, Browser};
use crate::support::house::House;
use crate::support::stories;

stories!(
    every_screen_speaks_hindi_to_who_chose_it,
    without_a_choice_the_browser_decides,
    the_language_is_chosen_in_the_menu,
    a_refusal_is_told_in_hindi,
    paper_and_programs_stay_english,
);

/// The screens, each with a word of its title in both languages.
const SCREENS: &[(&[Role], &str, &str, &str)] = &[
    (&[Role::Receptionist], "/reception", "Reception", "रिसेप्शन"),
    (&[Role::Receptionist], "/reception?register=new", "Register a visit", "विज़िट रजिस्टर करें"),
    (&[Role::Receptionist], "/reception/calls", "Call list", "कॉल लिस्ट"),
    (&[Role::Receptionist], "/reception/closing", "Patients not seen", "जिन्हें देखा नहीं गया"),
    (&[Role::Receptionist], "/bookings", "Bookings", "अपॉइंटमेंट"),
    (&[Role::Receptionist], "/patients", "Patients", "मरीज़"),
    (&[Role::Nurse], "/queue/consultation", "Consultation queue", "परामर्श की कतार"),
    (&[Role::Nurse], "/queue/lab", "Lab queue", "लैब की कतार"),
    (&[Role::Doctor], "/doctor", "Doctor", "डॉक्टर"),
    (&[Role::LabTechnician], "/lab", "Laboratory", "लैब"),
    (&[Role::LabTechnician], "/lab/offline", "Laboratory", "लैब"),
    (&[Role::BillingClerk], "/billing", "Billing", "बिलिंग"),
    (&[Role::BillingClerk], "/billing/cash-up", "Cash-up", "कैश मिलान"),
    (&[Role::Manager], "/analytics", "Waits", "इंतज़ार"),
    (&[Role::Manager], "/analytics/targets", "Targets", "तय समय"),
    (&[Role::Admin], "/admin", "People", "स्टाफ़"),
    (&[Role::Admin], "/admin/house", "Branches and rooms", "शाखाएँ और कमरे"),
    (&[Role::Admin], "/admin/tariff", "Tariff", "रेट लिस्ट"),
    (&[Role::Admin], "/admin/rules", "Rules", "नियम"),
    (&[Role::Admin], "/admin/tokens", "Tokens for programs", "प्रोग्रामों के टोकन"),
    (&[Role::Admin], "/admin/projections", "Read models", "रीड मॉडल"),
    (&[Role::Admin], "/api/docs", "REST API", "प्रोग्रामों के लिए API"),
    (&[Role::Auditor], "/audit", "Audit", "ऑडिट"),
    (&[Role::Auditor], "/audit/events", "Log", "लॉग"),
];

impl Browser {
    /// The same browser after Hindi was chosen in it.
    fn in_hindi(self) -> Self {
        Self { cookie: format!("{}; language=hi", self.cookie), ..self }
    }
}

fn heading(answer: &Answer) -> &str {
    let begins = answer.text.find("<h1").unwrap_or(answer.text.len());
    let rest = &answer.text[begins..];
    &rest[..rest.find("</h1>").unwrap_or(rest.len())]
}

fn is_hindi(text: &str) -> bool {
    text.chars().any(|c| ('\u{900}'..='\u{97f}').contains(&c))
}

async fn every_screen_speaks_hindi_to_who_chose_it(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    for (number, (roles, path, english, hindi)) in SCREENS.iter().enumerate() {
        let browser = Browser::sign_in(&house, &format!("person{number}"), roles).await;
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        assert!(page.text.contains(r#"<html lang="en""#) && !page.text.contains("data-units="), "{path}");
        assert!(page.text.contains(&format!("<title>{english} · Sojourn</title>")), "{path}: {}", page.text);
        assert!(!is_hindi(heading(&page)), "{path}: {}", heading(&page));
        let page = browser.in_hindi().get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.text.contains(r#"<html lang="hi""#), "{path}");
        assert!(page.text.contains(&format!("<title>{hindi} · Sojourn</title>")), "{path}: {}", page.text);
        assert!(is_hindi(heading(&page)), "{path}: {}", heading(&page));
    }
}

async fn without_a_choice_the_browser_decides(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let browser = Browser::sign_in(&house, "desk", &[Role::Receptionist]).await;
    let page = async |cookie: &str, language: &str| {
        let request = Request::get("/reception").header(COOKIE, cookie).header(ACCEPT_LANGUAGE, language);
        browser.send(request.body(Body::empty()).expect("a request")).await.text
    };
    assert!(page(&browser.cookie, "hi-IN,hi;q=0.9,en;q=0.8").await.contains(r#"<html lang="hi""#));
    assert!(page(&browser.cookie, "fr,en;q=0.8,hi;q=0.7").await.contains(r#"<html lang="en""#));
    let chosen = format!("{}; language=en", browser.cookie);
    assert!(page(&chosen, "hi-IN,hi;q=0.9").await.contains(r#"<html lang="en""#), "what was chosen goes first");
}

async fn the_language_is_chosen_in_the_menu(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let browser = Browser::sign_in(&house, "desk", &[Role::Receptionist]).await;
    let page = browser.get("/reception").await.text;
    assert!(page.contains(r#"action="/language""#) && page.contains("हिन्दी"), "{page}");
    for (language, next, place) in [("hi", "/patients", "/patients"), ("xx", "//evil.example", "/")] {
        let request = browser.form("/language", &[("language", language), ("next", next)]);
        let response = browser.router.clone().oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()["location"], place);
        let cookie = response.headers()[SET_COOKIE].to_str().expect("a cookie");
        let chosen = if language == "hi" { "language=hi;" } else { "language=en;" };
        assert!(cookie.starts_with(chosen) && cookie.contains("SameSite=Strict; HttpOnly"), "{cookie}");
    }
    let page = browser.in_hindi().get("/login").await.text;
    assert!(page.contains("<h1>साइन इन करें</h1>") && page.contains(">English<"), "{page}");
}

async fn a_refusal_is_told_in_hindi(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let browser = Browser::sign_in(&house, "desk", &[Role::Receptionist]).await.in_hindi();
    let visit = house.register().await;
    let refused = browser.post("/reception", EventType::QueueCalled, &visit, &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("मरीज़ किसी कतार में नहीं हैं, इसलिए बुलाए नहीं जा सकते।"), "{}", refused.text);
    let mistyped =
        browser.send(browser.form("/reception?register=new", &[("_event", "VISIT_REGISTERED"), ("age", "200")])).await;
    assert!(mistyped.text.contains("उम्र: 0 से 130 तक पूरे साल लिखें"), "{}", mistyped.text);
    let forbidden = browser.get("/audit").await;
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
}

async fn paper_and_programs_stay_english(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let browser = Browser::sign_in(&house, "desk", &[Role::Receptionist]).await.in_hindi();
    let visit = house.register().await;
    let slip = browser.get(&format!("/visits/{visit}/slip")).await;
    assert!(slip.text.contains("<h1>टोकन पर्ची</h1>"), "{}", slip.text);
    assert!(slip.text.contains("Watch the display; you are called by this token."), "{}", slip.text);
    let request = Request::get("/api/v1/visits/01J00000000000000000000000")
        .header(ACCEPT_LANGUAGE, "hi")
        .header(COOKIE, "language=hi");
    let refused = browser.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(!is_hindi(&refused.text), "{}", refused.text);
}
