//! The icons: chosen files of Lucide (`icons/`, ISC and MIT, see its LICENSE), written into the page.

use leptos::prelude::*;

use crate::journey::events::EventType;

macro_rules! icons {
    ($($name:ident $file:literal,)*) => {
        /// An icon, by its name in Lucide.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Icon {
            $(#[doc = concat!("`", $file, "`")] $name,)*
        }

        impl Icon {
            /// Every icon there is.
            pub const ALL: &[Icon] = &[$(Icon::$name),*];

            /// Its name in Lucide.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Icon::$name => $file,)*
                }
            }

            /// The icon's file.
            const fn svg(self) -> &'static str {
                match self {
                    $(Icon::$name => include_str!(concat!("icons/", $file, ".svg")),)*
                }
            }
        }
    };
}

icons! {
    Activity "activity",
    Ambulance "ambulance",
    ArrowLeft "arrow-left",
    ArrowRight "arrow-right",
    ArrowRightLeft "arrow-right-left",
    BadgeCheck "badge-check",
    Ban "ban",
    Banknote "banknote",
    Barcode "barcode",
    Bed "bed",
    Bell "bell",
    BellRing "bell-ring",
    Building "building",
    CalendarClock "calendar-clock",
    CalendarPlus "calendar-plus",
    CalendarX "calendar-x",
    ChartColumn "chart-column",
    Check "check",
    ChevronDown "chevron-down",
    ChevronRight "chevron-right",
    CircleCheck "circle-check",
    CircleOff "circle-off",
    CircleX "circle-x",
    ClipboardCheck "clipboard-check",
    ClipboardList "clipboard-list",
    ClipboardPlus "clipboard-plus",
    Clock "clock",
    ClockAlert "clock-alert",
    Coins "coins",
    CreditCard "credit-card",
    DoorClosed "door-closed",
    DoorOpen "door-open",
    Download "download",
    Ellipsis "ellipsis",
    EllipsisVertical "ellipsis-vertical",
    Eye "eye",
    FilePlus "file-plus",
    FileText "file-text",
    Flag "flag",
    FlaskConical "flask-conical",
    HeartPulse "heart-pulse",
    History "history",
    Hospital "hospital",
    Hourglass "hourglass",
    House "house",
    IdCard "id-card",
    IndianRupee "indian-rupee",
    Info "info",
    KeyRound "key-round",
    Keyboard "keyboard",
    Languages "languages",
    Lock "lock",
    LogIn "log-in",
    LogOut "log-out",
    Megaphone "megaphone",
    Microscope "microscope",
    Minus "minus",
    Monitor "monitor",
    Moon "moon",
    NotebookPen "notebook-pen",
    Pencil "pencil",
    Phone "phone",
    Pill "pill",
    Play "play",
    Plus "plus",
    Printer "printer",
    Radio "radio",
    ReceiptIndianRupee "receipt-indian-rupee",
    RotateCcw "rotate-ccw",
    Route "route",
    Search "search",
    Send "send",
    Settings "settings",
    Share "share",
    Share2 "share-2",
    ShieldAlert "shield-alert",
    ShieldCheck "shield-check",
    SkipForward "skip-forward",
    Stethoscope "stethoscope",
    Sun "sun",
    Syringe "syringe",
    Tag "tag",
    TestTubes "test-tubes",
    Ticket "ticket",
    Timer "timer",
    Trash2 "trash-2",
    TriangleAlert "triangle-alert",
    Undo2 "undo-2",
    Upload "upload",
    User "user",
    UserCheck "user-check",
    UserPlus "user-plus",
    UserX "user-x",
    Users "users",
    Wallet "wallet",
    WifiOff "wifi-off",
    X "x",
}

impl Icon {
    /// The icon of an event, as the table of events names it.
    pub fn of(event: EventType) -> Self {
        Self::by_name(event.row().icon)
    }

    /// The icon by its name in Lucide; a dot for one that is not among ours.
    pub fn by_name(name: &str) -> Self {
        Self::ALL.iter().copied().find(|icon| icon.name() == name).unwrap_or(Self::Ellipsis)
    }

    /// What is drawn: the file without its outer element, whose size and stroke are the style sheet's.
    pub fn drawing(self) -> &'static str {
        let svg = self.svg();
        let inner = svg.split_once("\n>").map_or(svg, |(_, inner)| inner);
        inner.split_once("</svg>").map_or(inner, |(inner, _)| inner).trim()
    }
}

/// Draws an icon beside a word; it says nothing itself.
pub fn icon(name: Icon) -> AnyView {
    view! { <svg class="icon" aria-hidden="true" viewBox="0 0 24 24" inner_html=name.drawing()></svg> }.into_any()
}

/// Draws an icon within a drawing.
pub fn icon_at(name: Icon, x: u32, y: u32, size: u32) -> AnyView {
    view! {
        <svg class="icon" x=x.to_string() y=y.to_string() width=size.to_string() height=size.to_string() viewBox="0 0 24 24"
            inner_html=name.drawing()></svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_its_icon() {
        for row in crate::journey::events::TABLE {
            assert_eq!(Icon::of(row.event).name(), row.icon);
        }
    }

    #[test]
    fn what_warns_is_drawn_the_same_without_network() {
        assert!(crate::islands::offline::html::WARNING.contains(Icon::TriangleAlert.drawing()));
    }

    #[test]
    fn every_icon_is_a_drawing_without_its_outer_element() {
        for icon in Icon::ALL {
            let drawing = icon.drawing();
            assert!(drawing.starts_with('<') && drawing.ends_with("/>"), "{icon:?}: {drawing}");
            assert!(!drawing.contains("svg"), "{icon:?}: {drawing}");
        }
    }
}
