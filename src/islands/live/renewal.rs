//! The new page put in the place of the old one, but for what somebody is using.
//!
//! Elements stay the same elements: those of one key (an id, `data-row`, what a form is for) in one place are one, and only what
//! differs of them is changed. So the focus, open menus and the scroll stay. A form in which something was typed or chosen, or that
//! is being typed in, or was just sent, stays as it is, wherever it now would be; what it rests on is checked when it is sent.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{
    Document, Element, FocusOptions, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlOptionElement,
    HtmlSelectElement, HtmlTextAreaElement, Node, NodeList,
};

/// Whether something on the page was typed and not sent.
pub fn is_typed_in() -> bool {
    document().body().is_some_and(|body| is_in_use(&body))
}

/// Renews the page's main part and its title.
pub fn renew(new: &Document) {
    let old = document();
    let main = |page: &Document| page.get_element_by_id("main");
    let (Some(old_main), Some(new_main)) = (main(&old), main(new)) else { return };
    let focused = old.active_element();
    renew_element(&old_main, &new_main);
    old.set_title(&new.title());
    // An element that was moved has lost the focus.
    if let Some(focused) =
        focused.filter(|focused| focused.is_connected() && old.active_element().as_ref() != Some(focused))
        && let Some(focused) = focused.dyn_ref::<HtmlElement>()
    {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = focused.focus_with_options(&options);
    }
}

fn renew_element(old: &Element, new: &Element) {
    if old.is_equal_node(Some(new)) || old.has_attribute("data-still") {
        return;
    }
    if old.local_name() == "form" && is_in_use(old) {
        return;
    }
    for name in new.get_attribute_names().iter().filter_map(|name| name.as_string()) {
        let value = new.get_attribute(&name).unwrap_or_default();
        if name != "open" && old.get_attribute(&name).as_ref() != Some(&value) {
            let _ = old.set_attribute(&name, &value);
        }
    }
    for name in old.get_attribute_names().iter().filter_map(|name| name.as_string()) {
        // What is folded open was opened by somebody.
        if name != "open" && !new.has_attribute(&name) {
            let _ = old.remove_attribute(&name);
        }
    }
    renew_children(old, new);
}

/// Brings children into the order of the new ones: those that are still there, changed; those that are new; and none else.
fn renew_children(old: &Element, new: &Element) {
    let mut there: Vec<Option<(Kind, Node)>> =
        nodes(&old.child_nodes()).map(|node| Some((Kind::of(&node), node))).collect();
    let wanted: Vec<(Option<Node>, Node)> = nodes(&new.child_nodes())
        .map(|node| {
            let kind = Kind::of(&node);
            let found = there.iter_mut().find(|place| place.as_ref().is_some_and(|(other, _)| *other == kind));
            (found.and_then(Option::take).map(|(_, node)| node), node)
        })
        .collect();
    let mut kept = Vec::new();
    for (_, node) in there.into_iter().flatten() {
        if node.dyn_ref::<Element>().is_some_and(is_in_use) {
            kept.push(node);
        } else {
            let _ = old.remove_child(&node);
        }
    }
    let mut place = old.first_child();
    for (found, node) in wanted {
        while let Some(kept) = place.as_ref().filter(|place| kept.contains(place)) {
            place = kept.next_sibling();
        }
        let Some(found) = found else {
            if let Ok(copy) = document().import_node_with_deep(&node, true) {
                let _ = old.insert_before(&copy, place.as_ref());
            }
            continue;
        };
        if place.as_ref() == Some(&found) {
            place = found.next_sibling();
        } else {
            let _ = old.insert_before(&found, place.as_ref());
        }
        match (found.dyn_ref::<Element>(), node.dyn_ref::<Element>()) {
            (Some(found), Some(node)) => renew_element(found, node),
            _ if found.node_value() != node.node_value() => found.set_node_value(node.node_value().as_deref()),
            _ => {}
        }
    }
}

/// What tells a node from those beside it.
#[derive(PartialEq)]
enum Kind {
    /// An element that has a name of its own.
    Named(String),
    /// An element that is known by its tag and the first word of its class.
    Element(String, String),
    /// A text, or a mark.
    Other(u16),
}

impl Kind {
    fn of(node: &Node) -> Self {
        let Some(element) = node.dyn_ref::<Element>() else { return Self::Other(node.node_type()) };
        let tag = element.local_name();
        let name = ["data-row", "id"].iter().find_map(|name| element.get_attribute(name));
        if let Some(name) = name {
            return Self::Named(format!("{tag} {name}"));
        }
        let purpose = |name: &str| {
            let field = element.query_selector(&format!("input[name={name}]")).ok()??;
            field.get_attribute("value")
        };
        if tag == "form"
            && let Some(event) = purpose("_event")
        {
            return Self::Named(format!("form {event} {}", purpose("_visit").unwrap_or_default()));
        }
        let class = element.get_attribute("class").unwrap_or_default();
        Self::Element(tag, class.split_whitespace().next().unwrap_or_default().to_owned())
    }
}

fn nodes(list: &NodeList) -> impl Iterator<Item = Node> {
    (0..list.length()).filter_map(|index| list.get(index)).collect::<Vec<_>>().into_iter()
}

/// Whether somebody is using an element: something in it was typed or chosen, is being typed in, or was just sent.
fn is_in_use(element: &Element) -> bool {
    let all = |selector| {
        element.query_selector_all(selector).map(|found| nodes(&found).collect::<Vec<_>>()).unwrap_or_default()
    };
    let is_sent = |form: &Node| form.dyn_ref::<HtmlFormElement>().is_some_and(|form| form.has_attribute("data-sent"));
    if is_sent(element) || all("form[data-sent]").iter().any(is_sent) {
        return true;
    }
    let focused = document().active_element();
    let is_used = |field: &Node| {
        let is_focused = focused.as_ref().is_some_and(|focused| field.is_same_node(Some(focused)));
        is_focused || is_changed(field)
    };
    all("input:not([type=hidden]), textarea, select").iter().any(is_used)
}

/// Whether a field holds something else than the server put in it.
fn is_changed(field: &Node) -> bool {
    if let Some(input) = field.dyn_ref::<HtmlInputElement>() {
        return match input.type_().as_str() {
            "checkbox" | "radio" => input.checked() != input.default_checked(),
            _ => input.value() != input.default_value(),
        };
    }
    if let Some(text) = field.dyn_ref::<HtmlTextAreaElement>() {
        return text.default_value().is_ok_and(|given| text.value() != given);
    }
    let Some(select) = field.dyn_ref::<HtmlSelectElement>() else { return false };
    let options = select.options();
    let mut options =
        (0..options.length()).filter_map(|index| options.item(index)?.dyn_into::<HtmlOptionElement>().ok());
    // Without a choice of the server's the first one stands.
    let first = options.position(|option| option.default_selected()).unwrap_or(0);
    select.selected_index() != first as i32
}
