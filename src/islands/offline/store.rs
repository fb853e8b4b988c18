//! What the browser keeps, in an IndexedDB of its own: texts by their names, and the steps that are not sent, in their order.

use js_sys::{Array, Promise};
use leptos::prelude::window;
use serde_json::Value;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Event, IdbDatabase, IdbObjectStore, IdbObjectStoreParameters, IdbOpenDbRequest, IdbRequest, IdbTransactionMode,
};

use super::super::json;
use super::kept::Unsent;
use crate::journey::ids::{Id, TestId};

const DATABASE: &str = "laboratory";
/// The worklist and the drafts.
const TEXTS: &str = "texts";
/// The steps that are not sent, numbered as they were done.
const UNSENT: &str = "unsent";
const WORKLIST: &str = "worklist";
/// What the names of drafts begin with.
const DRAFT: &str = "draft ";

/// A step with its number.
pub type Numbered = (u32, Unsent);

/// The browser keeps nothing, or not what was asked for.
#[derive(Debug)]
pub struct NotKept;

impl From<JsValue> for NotKept {
    fn from(_: JsValue) -> Self {
        Self
    }
}

type Result<T> = std::result::Result<T, NotKept>;

/// The worklist as it was written, if one was kept.
pub async fn worklist() -> Option<String> {
    written(WORKLIST).await
}

/// Keeps the worklist in the place of the one before.
pub async fn keep_worklist(worklist: &str) -> Result<()> {
    put_text(WORKLIST, worklist).await
}

/// What was typed of a test's results.
pub async fn draft(test: &TestId) -> Option<Vec<(String, String)>> {
    let lines: Value = json::read(&written(&draft_name(test)).await?)?;
    let pair = |line: &Value| Some((line[0].as_str()?.to_owned(), line[1].as_str()?.to_owned()));
    lines.as_array()?.iter().map(pair).collect()
}

/// Keeps what was typed of a test's results.
pub async fn keep_draft(test: &TestId, typed: &[(String, String)]) -> Result<()> {
    let lines: Vec<Value> = typed.iter().map(|(name, text)| Value::from(vec![name.as_str(), text.as_str()])).collect();
    put_text(&draft_name(test), &json::written(&Value::from(lines))).await
}

/// The tests of which something typed is kept.
pub async fn drafts() -> Vec<TestId> {
    let Ok(names) = change(TEXTS, IdbObjectStore::get_all_keys).await else { return Vec::new() };
    let test = |name: JsValue| TestId::parse(name.as_string()?.strip_prefix(DRAFT)?).ok();
    Array::from(&names).iter().filter_map(test).collect()
}

/// Forgets what was typed of a test's results.
pub async fn forget_draft(test: &TestId) -> Result<()> {
    let name = JsValue::from_str(&draft_name(test));
    change(TEXTS, |store| store.delete(&name)).await.map(drop)
}

/// The steps that are not sent, in the order in which they were done.
pub async fn unsent() -> Result<Vec<Numbered>> {
    let database = open().await?;
    let transaction = database.transaction_with_str(UNSENT)?;
    let store = transaction.object_store(UNSENT)?;
    // Both are asked for before either is waited for: a transaction ends when nothing more is asked.
    let (numbers, steps) = (store.get_all_keys()?, store.get_all()?);
    let steps = done(&steps).await?;
    let numbers = numbers.result()?;
    database.close();
    let (numbers, steps) = (Array::from(&numbers), Array::from(&steps));
    let read = |(number, step): (JsValue, JsValue)| {
        let step = json::read(&step.as_string()?)?;
        Some((number.as_f64()? as u32, Unsent::from_json(&step)?))
    };
    Ok(numbers.iter().zip(steps.iter()).filter_map(read).collect())
}

/// Keeps a step until it is sent.
pub async fn add(unsent: &Unsent) -> Result<()> {
    let text = JsValue::from_str(&json::written(&unsent.to_json()));
    change(UNSENT, |store| store.add(&text)).await.map(drop)
}

/// Keeps a step that was kept before as it is now.
pub async fn keep((number, unsent): &Numbered) -> Result<()> {
    let text = JsValue::from_str(&json::written(&unsent.to_json()));
    change(UNSENT, |store| store.put_with_key(&text, &JsValue::from(*number))).await.map(drop)
}

/// Forgets a step: it is logged, or given up.
pub async fn forget(number: u32) -> Result<()> {
    change(UNSENT, |store| store.delete(&JsValue::from(number))).await.map(drop)
}

/// Forgets the worklist and the drafts; the steps that are not sent stay.
pub async fn forget_texts() -> Result<()> {
    change(TEXTS, IdbObjectStore::clear).await.map(drop)
}

/// Forgets everything.
pub async fn purge() -> Result<()> {
    let factory = window().indexed_db()?.ok_or(NotKept)?;
    let request = factory.delete_database(DATABASE)?;
    done(&request).await.map(drop)
}

fn draft_name(test: &TestId) -> String {
    format!("{DRAFT}{test}")
}

async fn written(name: &str) -> Option<String> {
    let name = JsValue::from_str(name);
    change(TEXTS, |store| store.get(&name)).await.ok()?.as_string()
}

async fn put_text(name: &str, text: &str) -> Result<()> {
    let (name, text) = (JsValue::from_str(name), JsValue::from_str(text));
    change(TEXTS, |store| store.put_with_key(&text, &name)).await.map(drop)
}

/// Asks one thing of one store, in a transaction and on a connection of its own: nothing stays open in the way of a purge.
async fn change(
    store: &str,
    ask: impl FnOnce(&IdbObjectStore) -> std::result::Result<IdbRequest, JsValue>,
) -> Result<JsValue> {
    let database = open().await?;
    let transaction = database.transaction_with_str_and_mode(store, IdbTransactionMode::Readwrite)?;
    let answer = done(&ask(&transaction.object_store(store)?)?).await;
    database.close();
    answer
}

async fn open() -> Result<IdbDatabase> {
    let factory = window().indexed_db()?.ok_or(NotKept)?;
    let request = factory.open_with_u32(DATABASE, 1)?;
    let make = {
        let request = request.clone();
        Closure::once_into_js(move |_: Event| make(&request).unwrap_or_default())
    };
    request.set_onupgradeneeded(Some(make.unchecked_ref()));
    Ok(done(&request).await?.unchecked_into())
}

/// Makes the stores of a new database.
fn make(request: &IdbOpenDbRequest) -> Option<()> {
    let database: IdbDatabase = request.result().ok()?.unchecked_into();
    database.create_object_store(TEXTS).ok()?;
    let numbered = IdbObjectStoreParameters::new();
    numbered.set_auto_increment(true);
    database.create_object_store_with_optional_parameters(UNSENT, &numbered).ok().map(drop)
}

/// Waits for what was asked.
async fn done(request: &IdbRequest) -> Result<JsValue> {
    let answered = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    js_sys::futures::JsFuture::from(answered).await?;
    Ok(request.result()?)
}
