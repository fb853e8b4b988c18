//! How long things should take at most, and who is told each day.

use std::sync::Arc;

use leptos::prelude::*;
use tr::tr;

use super::asked::{Asked, Names};
use super::waits::measures;
use super::{Tab, head};
use crate::hospital::digests::DigestReader;
use crate::hospital::measure_targets::{MeasureTarget, Targets};
use crate::journey::course::Measure;
use crate::journey::ids::DepartmentId;
use crate::journey::words::Word;
use crate::language::say;
use crate::screens::attempt::Attempt;
use crate::screens::entry::Entry;
use crate::screens::icon::{Icon, icon};

/// What the page shows.
pub struct TargetsPage {
    /// What the address asks for.
    pub asked: Asked,
    /// What things are called.
    pub names: Names,
    /// The targets that were set.
    pub set: Vec<MeasureTarget>,
    /// Where whoever looks at it is sent the digest.
    pub reader: Option<DigestReader>,
    /// Whether the server can send mail.
    pub mails: bool,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// The name of a target's field.
pub fn field(department: &DepartmentId, measure: Measure) -> String {
    format!("{department}.{}", measure.word())
}

/// Shows the targets.
pub fn targets(page: TargetsPage) -> impl IntoView {
    let TargetsPage { asked, names, set, reader, mails, attempt } = page;
    let [setting, asking] = ["targets", "digest"].map(|name| Entry::new(name, "", attempt.as_ref()));
    let own = Targets::new(&names.departments, &[]);
    let columns = measures().map(|measure| view! { <th scope="col" class="number">{say(measure.label())}</th> });
    let rows = names.departments.iter().filter(|department| department.is_open()).map(|department| {
        let cells = measures().map(|measure| {
            let name = field(&department.id, measure);
            let minutes = set.iter().find(|one| one.department_id == department.id && one.measure == measure);
            let value = setting.value(&name, &minutes.map(|target| target.minutes.to_string()).unwrap_or_default());
            let (id, message) = (setting.id(&name), setting.message_id(&name));
            let measure_name = say(measure.label());
            let label = tr!("{department}, {measure}, minutes", department = department.name, measure = measure_name);
            let otherwise = own.minutes(Some(&department.id), measure).map(|minutes| minutes.to_string());
            view! {
                <td>
                    {setting.message(&name)}
                    <input type="number" class="number" min="1" max="10080" id=id name=name value=value
                        placeholder=otherwise aria-label=label aria-invalid=message.is_some().then_some("true")
                        aria-describedby=message/>
                </td>
            }
            .into_any()
        });
        view! { <tr><th scope="row">{department.name.clone()}</th>{cells.collect_view()}</tr> }.into_any()
    });
    let rows = rows.collect_view();
    let mail = reader.as_ref().map(|reader| reader.mail.as_str().to_owned());
    let asks = mail.is_some();
    let (id, message) = (asking.id("mail"), asking.message_id("mail"));
    let typed = asking.value("mail", mail.as_deref().unwrap_or_default());
    let state = match (&mail, mails) {
        (Some(mail), true) => tr!("It is sent to {mail} each morning.", mail),
        (Some(mail), false) => tr!("It will be sent to {mail} once this server can send mail.", mail),
        (None, _) => tr!("It is not sent to you."),
    };
    let stop = asks.then(|| {
        view! {
            <form method="post">
                <button class="button" name="act" value="stop">{tr!("Stop sending it")}</button>
            </form>
        }
        .into_any()
    });
    let table = view! {
            <section class="card card-flush" aria-labelledby="targets">
                <div class="card-head">
                    <h2 id="targets">{tr!("How long it should take at most")}</h2>
                    <p class="secondary">{tr!("In minutes. What stands in grey is the department’s own target for a wait.")}</p>
                </div>
                <form method="post">
                    {setting.hidden()}
                    <div class="table-wrap" role="group" aria-labelledby="targets" tabindex="0">
                        <table class="table table-small table-targets">
                            <caption class="visually-hidden">{tr!("How long it should take at most")}</caption>
                            <thead><tr><th scope="col">{tr!("Department")}</th>{columns.collect_view()}</tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                    <div class="card-foot">
                        <button class="button button-primary" name="act" value="targets">{icon(Icon::Check)} {tr!("Set targets")}</button>
                    </div>
                </form>
            </section>
    }
    .into_any();
    let digest = view! {
            <section class="card stack" aria-labelledby="digest">
                <div>
                    <h2 id="digest">{tr!("Daily digest by mail")}</h2>
                    <p class="secondary">
                        {tr!(
                            "Yesterday’s waits against the day before, each morning after six. It names nobody, and groups under five are masked."
                        )}
                        " " {state}
                    </p>
                </div>
                <div class="row">
                    <form method="post" class="row">
                        {asking.hidden()}
                        <label class="visually-hidden" for=id.clone()>{tr!("Mail address")}</label>
                        {asking.message("mail")}
                        <input type="email" class="input-medium" id=id name="mail" value=typed
                            placeholder="you@hospital.example" autocomplete="email" required
                            aria-invalid=message.is_some().then_some("true") aria-describedby=message/>
                        <button class="button" name="act" value="digest">{icon(Icon::Send)} {tr!("Send it to me")}</button>
                    </form>
                    {stop}
                </div>
            </section>
    }
    .into_any();
    view! {
        <main class="page stack analytics" id="main">{head(tr!("Targets"), Tab::Targets, &asked, &names)} {table} {digest}</main>
    }
}
