//! What islands say, in the language of their page: English stands in the source, everything else comes from the server's catalogue.

#[cfg(feature = "hydrate")]
pub use browser::{learn, say, say_of};

#[cfg(not(feature = "hydrate"))]
pub use crate::journey::wording::in_english as say;

/// Says an English text as it is said in a context.
#[cfg(not(feature = "hydrate"))]
pub fn say_of(_context: &str, text: &str) -> String {
    say(text)
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use leptos::prelude::document;

    use super::super::{json, offline::network};
    use crate::journey::wording::CONTEXT;

    thread_local! {
        static CATALOGUE: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
    }

    /// Fetches the catalogue that `<html data-catalogue>` names; a page in English names none.
    pub async fn learn() {
        let html = document().document_element();
        let Some(address) = html.and_then(|html| html.get_attribute("data-catalogue")) else { return };
        let read = network::text(&address).await.and_then(|text| json::read(&text));
        if let Some(texts) = read.as_ref().and_then(|read| read.as_object()) {
            let said = texts.iter().filter_map(|(text, said)| Some((text.clone(), said.as_str()?.to_owned())));
            CATALOGUE.set(said.collect());
        }
    }

    /// Says an English text in the language of the page.
    pub fn say(text: &str) -> String {
        known(text).unwrap_or_else(|| text.to_owned())
    }

    /// Says an English text as it is said in a context.
    pub fn say_of(context: &str, text: &str) -> String {
        known(&[context, CONTEXT, text].concat()).unwrap_or_else(|| text.to_owned())
    }

    fn known(text: &str) -> Option<String> {
        CATALOGUE.with_borrow(|catalogue| catalogue.get(text).cloned())
    }
}
