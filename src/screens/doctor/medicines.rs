//! Medicines that are often prescribed, to be picked rather than typed; the doctor still decides on every line.

use super::Line;

/// A medicine with a dose that is usual for adults.
#[derive(Clone, Copy, Debug)]
pub struct Medicine {
    /// What it is called.
    pub drug: &'static str,
    dose: &'static str,
    frequency: &'static str,
    days: u16,
}

const fn medicine(drug: &'static str, dose: &'static str, frequency: &'static str, days: u16) -> Medicine {
    Medicine { drug, dose, frequency, days }
}

/// How often a medicine is taken.
pub const FREQUENCIES: &[&str] = &[
    "Once a day",
    "Twice a day",
    "Three times a day",
    "Four times a day",
    "At night",
    "Every 6 hours",
    "Every 8 hours",
    "When needed",
    "After each loose stool",
    "Once a week",
];

/// The first of [`MEDICINES`], which have a button each.
pub const QUICK: usize = 5;

/// The medicines.
pub const MEDICINES: &[Medicine] = &[
    medicine("Paracetamol", "500 mg", "Three times a day", 3),
    medicine("Cetirizine", "10 mg", "At night", 5),
    medicine("Pantoprazole", "40 mg", "Once a day", 7),
    medicine("ORS", "1 sachet", "After each loose stool", 2),
    medicine("Ibuprofen", "400 mg", "Three times a day", 3),
    medicine("Amlodipine", "5 mg", "Once a day", 30),
    medicine("Amoxicillin", "500 mg", "Three times a day", 5),
    medicine("Aspirin", "75 mg", "Once a day", 30),
    medicine("Atorvastatin", "10 mg", "At night", 30),
    medicine("Azithromycin", "500 mg", "Once a day", 3),
    medicine("Diclofenac gel", "Thin layer", "Three times a day", 7),
    medicine("Domperidone", "10 mg", "Three times a day", 3),
    medicine("Doxycycline", "100 mg", "Twice a day", 7),
    medicine("Ferrous sulphate", "200 mg", "Once a day", 30),
    medicine("Levothyroxine", "50 µg", "Once a day", 30),
    medicine("Losartan", "50 mg", "Once a day", 30),
    medicine("Metformin", "500 mg", "Twice a day", 30),
    medicine("Montelukast", "10 mg", "At night", 14),
    medicine("Ondansetron", "4 mg", "When needed", 3),
    medicine("Salbutamol inhaler", "2 puffs", "When needed", 30),
    medicine("Telmisartan", "40 mg", "Once a day", 30),
    medicine("Vitamin D3", "60,000 IU", "Once a week", 56),
];

impl Medicine {
    /// The medicine of a name.
    pub fn named(drug: &str) -> Option<&'static Self> {
        MEDICINES.iter().find(|medicine| medicine.drug == drug)
    }

    /// A line of a prescription; for a child only the medicine is filled in, its dose is another.
    pub fn line(&self, adult: bool) -> Line {
        let drug = self.drug.to_owned();
        if !adult {
            return Line { drug, ..Line::default() };
        }
        Line {
            drug,
            dose: self.dose.to_owned(),
            frequency: self.frequency.to_owned(),
            days: self.days.to_string(),
            instructions: String::new(),
        }
    }
}
