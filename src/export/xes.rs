//! XES, the event log of IEEE 1849: a trace for each visit.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};

use super::ExportError;
use super::plain::{Plain, values};
use super::timestamp;
use super::traces::Trace;
use crate::journey::words::Word as _;

/// The extensions whose keys are used: name, prefix, address.
const EXTENSIONS: [(&str, &str, &str); 4] = [
    ("Concept", "concept", "http://www.xes-standard.org/concept.xesext"),
    ("Time", "time", "http://www.xes-standard.org/time.xesext"),
    ("Organizational", "org", "http://www.xes-standard.org/org.xesext"),
    ("Lifecycle", "lifecycle", "http://www.xes-standard.org/lifecycle.xesext"),
];

/// A log as it is written.
pub struct Log<W: Write> {
    xml: Writer<W>,
}

impl<W: Write> Log<W> {
    /// Begins a log.
    pub fn begin(file: W, hospital: &str) -> Result<Self, ExportError> {
        let mut xml = Writer::new_with_indent(file, b' ', 1);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let mut log = BytesStart::new("log");
        log.push_attribute(("xes.version", "1849.2016"));
        log.push_attribute(("xes.features", ""));
        log.push_attribute(("xmlns", "http://www.xes-standard.org/"));
        xml.write_event(Event::Start(log))?;
        for (name, prefix, uri) in EXTENSIONS {
            let extension = xml.create_element("extension");
            extension.with_attributes([("name", name), ("prefix", prefix), ("uri", uri)]).write_empty()?;
        }
        let classifier = xml.create_element("classifier");
        classifier.with_attributes([("name", "Event"), ("keys", "concept:name")]).write_empty()?;
        let mut log = Self { xml };
        log.attribute("string", "concept:name", hospital)?;
        Ok(log)
    }

    /// Writes a visit.
    pub fn add(&mut self, trace: &Trace) -> Result<(), ExportError> {
        self.xml.write_event(Event::Start(BytesStart::new("trace")))?;
        self.attribute("string", "concept:name", &trace.visit)?;
        for event in &trace.events {
            let stored = &event.stored.event;
            self.xml.write_event(Event::Start(BytesStart::new("event")))?;
            self.attribute("string", "concept:name", event.event_type.word())?;
            self.attribute("date", "time:timestamp", &timestamp(stored.performed_at))?;
            self.attribute("string", "org:resource", stored.performed_by.to_string().as_str())?;
            self.attribute("string", "lifecycle:transition", "complete")?;
            self.attribute("string", "eventId", stored.id.to_string().as_str())?;
            if let Some(branch) = &stored.branch_id {
                self.attribute("string", "branchId", branch.to_string().as_str())?;
            }
            let (metadata, mut seen) = (stored.today(), Vec::new());
            for (field, value) in values(event.event_type, &metadata) {
                // A key stands once in an event: of a list the first.
                if seen.contains(&field) {
                    continue;
                }
                seen.push(field);
                match value {
                    Plain::Id(_, text) | Plain::Word(text) | Plain::Day(text) => {
                        self.attribute("string", field, text)?
                    }
                    Plain::Amount(amount) => self.attribute("int", field, amount.to_string().as_str())?,
                    Plain::Moment(moment) => self.attribute("date", field, moment)?,
                }
            }
            self.xml.write_event(Event::End(BytesEnd::new("event")))?;
        }
        Ok(self.xml.write_event(Event::End(BytesEnd::new("trace")))?)
    }

    /// Ends the log, and gives back what it was written to.
    pub fn end(mut self) -> Result<W, ExportError> {
        self.xml.write_event(Event::End(BytesEnd::new("log")))?;
        let mut file = self.xml.into_inner();
        file.flush()?;
        Ok(file)
    }

    fn attribute(&mut self, kind: &str, key: &str, value: &str) -> io::Result<()> {
        self.xml.create_element(kind).with_attributes([("key", key), ("value", value)]).write_empty().map(drop)
    }
}
