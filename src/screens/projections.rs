//! The read models: how far each has got, what holds it up, and what can be done about it.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use super::admin::tabs;
use super::icon::{Icon, icon};
use super::parts::Column::{Number, Unseen, Words};
use super::parts::{day_and_time, table};
use crate::hospital::tenants::Tenant;
use crate::language::{number, say};
use crate::projections::checkpoint::Condition;
use crate::projections::following::State;

/// What the screen shows.
pub struct ReadModels {
    /// The hospital.
    pub tenant: Tenant,
    /// The last event in the log.
    pub head: i64,
    /// The read models that follow.
    pub states: Vec<State>,
    /// What became of a rebuild.
    pub news: Option<News>,
}

/// What became of a rebuild.
pub enum News {
    /// It is done: of which read model, and how many rows differed.
    Rebuilt(String, u64),
    /// It goes on.
    Rebuilding(String),
    /// It was given up; the live rows are as they were.
    Failed(String),
}

/// A row of the table.
struct Row {
    name: &'static str,
    version: String,
    position: i64,
    lag: i64,
    condition: Option<Condition>,
    error: Option<String>,
    since: Option<DateTime<Utc>>,
}

/// Shows the read models.
pub fn read_models(screen: ReadModels) -> impl IntoView {
    let ReadModels { tenant, head, states, news } = screen;
    let lead = tr!("The log holds {count} events", count = number(head));
    let journey = Row {
        name: "journey",
        version: "–".to_owned(),
        position: head,
        lag: 0,
        condition: None,
        error: None,
        since: None,
    };
    let following = states.into_iter().map(|state| Row {
        name: state.name,
        version: state.version.to_string(),
        position: state.position,
        lag: state.lag,
        condition: Some(state.state),
        error: state.error,
        since: state.since,
    });
    let rows = std::iter::once(journey).chain(following).map(|model| row(&tenant, head, model)).collect_view();
    let table = table(
        "models",
        [
            Words(tr!("Name")),
            Number(tr!("Version")),
            Number(tr!("Position")),
            Number(tr!("Head")),
            Number(tr!("Lag")),
            Words(tr!("State")),
            Words(tr!("Since")),
            Words(tr!("Last error")),
            Unseen(tr!("Actions")),
        ],
        rows,
    );
    view! {
        <main class="page stack" id="main">
            {tabs("/admin/projections")}
            <div class="page-head">
                <div>
                    <h1>{tr!("Read models")}</h1>
                    <p class="page-lead">{lead}</p>
                </div>
            </div>
            {news.map(notice)}
            <section class="card card-flush" aria-labelledby="models">
                <div class="card-head"><h2 id="models">{tr!("How far each has got")}</h2></div>
                {table}
            </section>
        </main>
    }
}

fn row(tenant: &Tenant, head: i64, row: Row) -> AnyView {
    let name = row.name;
    let (class, image, state) = match row.condition {
        None => ("tag tag-success", Icon::CircleCheck, tr!("With each event")),
        Some(Condition::Running) => ("tag tag-success", Icon::CircleCheck, tr!("read model" => "Running")),
        Some(Condition::Paused) => ("tag", Icon::CircleOff, say(Condition::Paused.label())),
        Some(Condition::Failing) => ("tag tag-urgent", Icon::TriangleAlert, say(Condition::Failing.label())),
    };
    let act = move |what: &'static str, label: String| {
        view! {
            <form method="post">
                <input type="hidden" name="projection" value=name/>
                <button class="button button-compact" name="act" value=what aria-label=format!("{label} {name}")>
                    {label.clone()}
                </button>
            </form>
        }
    };
    let turn = row.condition.map(|condition| match condition {
        Condition::Running => act("pause", tr!("Pause")).into_any(),
        Condition::Paused => act("resume", tr!("Resume")).into_any(),
        Condition::Failing => view! { {act("resume", tr!("Resume"))} {act("pause", tr!("Pause"))} }.into_any(),
    });
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class="number">{row.version}</td>
            <td class="number">{number(row.position)}</td>
            <td class="number">{number(head)}</td>
            <td class="number">{number(row.lag)}</td>
            <td><span class=class>{icon(image)} {state}</span></td>
            <td>{row.since.map(|since| day_and_time(tenant, since))}</td>
            <td>{row.error}</td>
            <td><div class="row">{turn} {act("rebuild", tr!("Rebuild"))}</div></td>
        </tr>
    }
    .into_any()
}

fn notice(news: News) -> AnyView {
    let (class, image, words) = match news {
        News::Rebuilt(name, 0) => {
            ("notice notice-success notice-line", Icon::CircleCheck, tr!("{name} was rebuilt. No row differed.", name))
        }
        News::Rebuilt(name, rows) => (
            "notice notice-success notice-line",
            Icon::CircleCheck,
            tr!("{name} was rebuilt. {rows} rows differed and were put right.", name, rows),
        ),
        News::Rebuilding(name) => (
            "notice notice-line",
            Icon::Hourglass,
            tr!("{name} is being rebuilt beside the live rows. They are switched when it is done.", name),
        ),
        News::Failed(name) => (
            "notice notice-line",
            Icon::TriangleAlert,
            tr!("{name} was not rebuilt; its rows are as they were. The server's log says why.", name),
        ),
    };
    view! { <div class=class role="status">{icon(image)} <p>{words}</p></div> }.into_any()
}
