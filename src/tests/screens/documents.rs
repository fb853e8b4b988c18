//! Stories of documents: where they are kept, and how they are lent.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use sojourn::db::{Db, new_id};
use sojourn::hospital::document_shares;
use sojourn::hospital::documents::{self, Content};
use sojourn::journey::ids::{Id as _, RequestKey, VisitId};
use sojourn::journey::words::Role;
use sojourn::log::access;

use super::{Answer, Browser};
use crate::support::house::House;
use crate::support::stories;

stories!(
    a_document_is_kept_by_what_is_in_it,
    a_document_comes_from_the_patients_page_too,
    a_link_opens_a_document_until_it_runs_out,
    a_form_sent_twice_makes_one_link,
);

pub(super) const PDF: &[u8] = b"%PDF-1.7\nA letter";

pub(super) async fn upload(browser: &Browser, path: &str, visit: &VisitId, content: &[u8]) -> Answer {
    let part = |name: &str, more: &str, value: &[u8]| {
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n");
        [head.as_bytes(), value, b"\r\n"].concat()
    };
    let body = [
        part("_event", "", b"DOCUMENT_UPLOADED"),
        part("_visit", "", visit.as_str().as_bytes()),
        part("file", "; filename=\"letter.pdf\"", content),
        b"--edge--\r\n".to_vec(),
    ]
    .concat();
    let request = Request::post(path)
        .header(COOKIE, &browser.cookie)
        .header("Sec-Fetch-Site", "same-origin")
        .header(CONTENT_TYPE, "multipart/form-data; boundary=edge");
    browser.send(request.body(Body::from(body)).expect("a request")).await
}

async fn a_document_is_kept_by_what_is_in_it(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let tenant = &house.tenant.id;
    let content = Content::read(PDF.to_vec()).expect("a PDF");
    for _ in 0..2 {
        documents::keep(&db, tenant, &content, house.now()).await.expect("it is kept");
    }
    assert_eq!(documents::by_digest(&db, tenant, &content.sha256).await.expect("a read"), Some(content.clone()));
    let elsewhere = House::open(&db, "Lake Hospital").await.tenant.id;
    assert!(!documents::exists(&db, &elsewhere, &content.sha256).await.expect("a read"), "each hospital has its own");
    assert_eq!(documents::by_digest(&db, tenant, "../../../etc/passwd").await.expect("a read"), None);
    if let Some(folder) = db.folder() {
        let file = folder.join(tenant.as_str()).join(&content.sha256[..2]).join(&content.sha256);
        assert_eq!(std::fs::read(&file).expect("a file"), PDF);
        std::fs::write(&file, b"%PDF-1.7\nAnother letter").expect("it is changed");
        assert!(
            documents::by_digest(&db, tenant, &content.sha256).await.is_err(),
            "what was changed is not handed out"
        );
    }
}

async fn a_document_comes_from_the_patients_page_too(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let desk = Browser::sign_in(&house, "desk", &[Role::Receptionist]).await;
    let visit = house.register().await;
    let path = format!("/patients/{}", house.patient);
    let large = [b"%PDF-".to_vec(), vec![b' '; 5_000_000]].concat();
    assert_eq!(upload(&desk, &path, &visit, &large).await.status, StatusCode::SEE_OTHER);
    let unfit = upload(&desk, &path, &visit, b"<script>alert(1)</script> %PDF-").await;
    assert_eq!(unfit.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unfit.text.contains("is not a PDF, JPEG or PNG file"), "{}", unfit.text);
    let beyond = vec![b' '; 11_000_000];
    assert_eq!(upload(&desk, &path, &visit, &beyond).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(house.stream(&visit).await.len(), 2);
    let nobodys = format!("/patients/{}", new_id::<sojourn::journey::ids::PatientId>());
    assert_eq!(upload(&desk, &nobodys, &visit, PDF).await.status, StatusCode::NOT_FOUND);
}

async fn a_link_opens_a_document_until_it_runs_out(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let desk = Browser::sign_in(&house, "desk", &[Role::Receptionist]).await;
    let visit = house.register().await;
    let path = format!("/visits/{visit}");
    assert_eq!(upload(&desk, &path, &visit, PDF).await.status, StatusCode::SEE_OTHER);
    let document = house.stream(&visit).await[1].event.metadata["documentId"].as_str().expect("an id").to_owned();
    let blank = desk.send(desk.form(&path, &[("_form", "share"), ("_about", &document), ("days", "7")])).await;
    assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("_form", "share"), ("_about", document.as_str()), ("sharedWith", "Dr Menon"), ("days", "7")];
    let shared = desk.send(desk.form(&path, &fields)).await;
    assert_eq!(shared.status, StatusCode::OK, "{}", shared.text);
    let secret = shared.text.split("/shared/").nth(1).and_then(|rest| rest.get(..64)).expect("a link").to_owned();
    assert_eq!(house.stream(&visit).await[2].event.event_type, "DOCUMENT_SHARED");
    assert!(!desk.get(&path).await.text.contains("/shared/"), "it is told once");

    let open = |method: &str| {
        let request = Request::builder().method(method).uri(format!("/shared/{secret}"));
        let request = request.header("Sec-Fetch-Site", "same-origin").header("Accept", "text/html");
        desk.send(request.body(Body::empty()).expect("a request"))
    };
    let page = open("GET").await;
    assert!(page.text.contains("shares a document with you") && page.text.contains("Dr Menon"));
    let openings = async || document_shares::of_visit(&db, &house.tenant.id, &visit).await.expect("a read")[0].openings;
    assert_eq!(openings().await, 0, "looking is not opening");
    let opened = open("POST").await;
    assert_eq!((opened.status, opened.text.as_bytes()), (StatusCode::OK, PDF));
    assert_eq!(openings().await, 1);
    assert!(desk.get(&path).await.text.contains("opened once"));
    house.accesses.flush().await;
    let filter = access::Filter { patient: Some(house.patient.clone()), ..access::Filter::default() };
    let seen = access::list(&db, &house.tenant.id, &filter, None, 100).await.expect("a read");
    assert!(seen.iter().any(|access| access.purpose.as_deref() == Some("opened by a link for Dr Menon")), "{seen:?}");

    let share = document_shares::of_visit(&db, &house.tenant.id, &visit).await.expect("a read").remove(0);
    let withdrawn = desk.send(desk.form(&path, &[("_form", "withdraw"), ("_about", share.id.as_str())])).await;
    assert_eq!(withdrawn.status, StatusCode::SEE_OTHER);
    assert_eq!(open("POST").await.status, StatusCode::NOT_FOUND);
    let again = desk.send(desk.form(&path, &fields)).await;
    let secret = again.text.split("/shared/").nth(1).and_then(|rest| rest.get(..64)).expect("a link").to_owned();
    let live = async || document_shares::live(&db, &secret, house.now()).await.expect("a read").is_some();
    assert!(live().await);
    house.clock.advance(TimeDelta::days(7));
    assert!(!live().await, "it ran out");
}

async fn a_form_sent_twice_makes_one_link(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let desk = Browser::sign_in(&house, "desk", &[Role::Receptionist]).await;
    let visit = house.register().await;
    let path = format!("/visits/{visit}");
    upload(&desk, &path, &visit, PDF).await;
    let document = house.stream(&visit).await[1].event.metadata["documentId"].as_str().expect("an id").to_owned();
    let send = async |key: &RequestKey| {
        let about = [("_form", "share"), ("_about", document.as_str()), ("_key", key.as_str())];
        let typed = [("sharedWith", "Dr Menon"), ("days", "7")];
        desk.send(desk.form(&path, &[&about[..], &typed[..]].concat())).await
    };
    let key = new_id();
    assert!(send(&key).await.text.contains("/shared/"));
    let again = send(&key).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text.contains("The link was made already") && !again.text.contains("/shared/"), "{}", again.text);
    let links = async || document_shares::of_visit(&db, &house.tenant.id, &visit).await.expect("a read").len();
    assert_eq!(links().await, 1);
    assert!(send(&new_id()).await.text.contains("/shared/"), "another form makes another");
    assert_eq!(links().await, 2);
}
