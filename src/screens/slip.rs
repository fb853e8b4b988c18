//! The slip with a visit's token, for the patient to hold; printed 80 mm wide.

use leptos::prelude::*;
use tr::tr;

use super::parts::{day_and_time, print_button};
use super::qr::qr;
use crate::hospital::tenants::Tenant;
use crate::journey::ids::Id as _;
use crate::language::on_paper;
use crate::projections::visits::VisitCard;

/// What the slip says.
pub struct Slip {
    /// The hospital.
    pub tenant: Tenant,
    /// The branch's name.
    pub branch: Option<String>,
    /// The visit.
    pub card: VisitCard,
}

/// Shows the slip.
pub fn slip(slip: Slip) -> impl IntoView {
    let paper = on_paper(|| paper(slip));
    view! {
        <main class="page stack" id="main">
            <div class="page-head">
                <div>
                    <h1>{tr!("Token slip")}</h1>
                    <p class="page-lead">{tr!("80 mm wide")}</p>
                </div>
                <div class="actions">{print_button()} <a class="button" href="/reception">{tr!("Back to reception")}</a></div>
            </div>
            {paper}
        </main>
    }
}

fn paper(slip: Slip) -> AnyView {
    let Slip { tenant, branch, card } = slip;
    let place = [card.department_name.clone(), branch].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    view! {
        <article class="paper slip" aria-label="Token slip" lang="en">
            <p><b>{tenant.name.clone()}</b> <br/> <span class="small">{place}</span></p>
            <span class="token token-plain">{card.visit.token.clone()}</span>
            <p><b>{card.patient_name.clone()}</b> <br/> {card.doctor_name.clone()}</p>
            {qr(card.visit.visit_id.as_str(), "The visit, to be scanned")}
            <p class="small">
                {day_and_time(&tenant, card.visit.registered_at)} <br/> "Watch the display; you are called by this token."
            </p>
        </article>
    }
    .into_any()
}
