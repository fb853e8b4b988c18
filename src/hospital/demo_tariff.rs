//! What the demo hospital offers. Reference ranges are usual ones for adults; prices are in rupees.

use super::tariff::{Analyte, NewTariffEntry, TariffKind};
use crate::journey::money::Money;

/// A consultation: its code, its name, its price, and the department whose token prefix this is.
pub(super) struct Consultation(pub(super) &'static str, pub(super) &'static str, i64, pub(super) Option<&'static str>);

/// A test: its code, its name, its price, its specimen and what it measures.
struct Test(&'static str, &'static str, i64, &'static str, &'static [Measured]);

/// What a test measures: the analyte, its unit, and its range, either end of which may be open.
enum Measured {
    /// A number between two.
    Within(&'static str, &'static str, f64, f64),
    /// A number that is at most this in the healthy.
    AtMost(&'static str, &'static str, f64),
    /// A number that is at least this in the healthy.
    AtLeast(&'static str, &'static str, f64),
    /// Words.
    Words(&'static str),
}
use Measured::{AtLeast, AtMost, Within, Words};

const BLOOD: &str = "EDTA blood";
const SERUM: &str = "Serum";
const FLUORIDE: &str = "Fluoride plasma";
const CITRATE: &str = "Citrate plasma";
const URINE: &str = "Urine";

/// The consultations.
pub(super) const CONSULTATIONS: &[Consultation] = &[
    Consultation("CON-GEN", "General medicine consultation", 500, Some("C")),
    Consultation("CON-PAED", "Paediatric consultation", 600, Some("P")),
    Consultation("CON-ORTHO", "Orthopaedic consultation", 800, Some("O")),
    Consultation("CON-CARD", "Cardiology consultation", 1_000, Some("K")),
    Consultation("CON-FAM", "Family medicine consultation", 400, Some("F")),
    Consultation("CON-FU", "Follow-up within seven days", 200, None),
    Consultation("CON-EMG", "Emergency consultation", 1_200, None),
];

const TESTS: &[Test] = &[
    Test(
        "CBC",
        "Complete blood count",
        350,
        BLOOD,
        &[
            Within("Haemoglobin", "g/dL", 12.0, 17.0),
            Within("Red cell count", "10⁶/µL", 3.8, 5.5),
            Within("Haematocrit", "%", 36.0, 50.0),
            Within("MCV", "fL", 83.0, 101.0),
            Within("MCH", "pg", 27.0, 32.0),
            Within("MCHC", "g/dL", 31.5, 34.5),
            Within("White cell count", "10³/µL", 4.0, 10.0),
            Within("Neutrophils", "%", 40.0, 80.0),
            Within("Lymphocytes", "%", 20.0, 40.0),
            Within("Monocytes", "%", 2.0, 10.0),
            Within("Eosinophils", "%", 1.0, 6.0),
            Within("Basophils", "%", 0.0, 2.0),
            Within("Platelets", "10³/µL", 150.0, 410.0),
        ],
    ),
    Test("ESR", "Erythrocyte sedimentation rate", 120, BLOOD, &[AtMost("ESR", "mm/h", 20.0)]),
    Test(
        "SMEAR",
        "Peripheral blood smear",
        250,
        BLOOD,
        &[Words("Red cells"), Words("White cells"), Words("Platelets"), Words("Parasites")],
    ),
    Test("ABORH", "Blood group and Rh type", 150, BLOOD, &[Words("ABO group"), Words("Rh (D) type")]),
    Test("FBS", "Glucose, fasting", 80, FLUORIDE, &[Within("Glucose, fasting", "mg/dL", 70.0, 99.0)]),
    Test(
        "PPBS",
        "Glucose, two hours after a meal",
        80,
        FLUORIDE,
        &[Within("Glucose, post-prandial", "mg/dL", 70.0, 139.0)],
    ),
    Test("RBS", "Glucose, random", 80, FLUORIDE, &[Within("Glucose, random", "mg/dL", 70.0, 139.0)]),
    Test(
        "HBA1C",
        "Glycated haemoglobin (HbA1c)",
        450,
        BLOOD,
        &[Within("HbA1c", "%", 4.0, 5.6), Within("Estimated average glucose", "mg/dL", 68.0, 114.0)],
    ),
    Test(
        "LIPID",
        "Lipid profile",
        600,
        SERUM,
        &[
            AtMost("Total cholesterol", "mg/dL", 200.0),
            AtMost("Triglycerides", "mg/dL", 150.0),
            AtLeast("HDL cholesterol", "mg/dL", 40.0),
            AtMost("LDL cholesterol", "mg/dL", 100.0),
            Within("VLDL cholesterol", "mg/dL", 5.0, 30.0),
            AtMost("Total to HDL ratio", "", 5.0),
        ],
    ),
    Test(
        "LFT",
        "Liver function tests",
        700,
        SERUM,
        &[
            Within("Bilirubin, total", "mg/dL", 0.3, 1.2),
            AtMost("Bilirubin, direct", "mg/dL", 0.3),
            AtMost("AST (SGOT)", "U/L", 40.0),
            AtMost("ALT (SGPT)", "U/L", 41.0),
            Within("Alkaline phosphatase", "U/L", 40.0, 129.0),
            Within("GGT", "U/L", 8.0, 61.0),
            Within("Total protein", "g/dL", 6.4, 8.3),
            Within("Albumin", "g/dL", 3.5, 5.2),
            Within("Globulin", "g/dL", 2.0, 3.5),
        ],
    ),
    Test(
        "KFT",
        "Kidney function tests",
        650,
        SERUM,
        &[
            Within("Urea", "mg/dL", 17.0, 43.0),
            Within("Creatinine", "mg/dL", 0.6, 1.3),
            Within("Uric acid", "mg/dL", 2.6, 7.2),
            Within("Sodium", "mmol/L", 136.0, 145.0),
            Within("Potassium", "mmol/L", 3.5, 5.1),
            Within("Chloride", "mmol/L", 98.0, 107.0),
            Within("Calcium", "mg/dL", 8.6, 10.2),
        ],
    ),
    Test(
        "TFT",
        "Thyroid profile (T3, T4, TSH)",
        550,
        SERUM,
        &[
            Within("T3, total", "ng/dL", 80.0, 200.0),
            Within("T4, total", "µg/dL", 5.1, 14.1),
            Within("TSH", "µIU/mL", 0.27, 4.2),
        ],
    ),
    Test("TSH", "Thyroid-stimulating hormone (TSH)", 300, SERUM, &[Within("TSH", "µIU/mL", 0.27, 4.2)]),
    Test("VITD", "Vitamin D, 25-hydroxy", 1_200, SERUM, &[Within("25-hydroxy vitamin D", "ng/mL", 30.0, 100.0)]),
    Test("VITB12", "Vitamin B12", 900, SERUM, &[Within("Vitamin B12", "pg/mL", 197.0, 771.0)]),
    Test(
        "IRON",
        "Iron studies",
        950,
        SERUM,
        &[
            Within("Iron", "µg/dL", 60.0, 170.0),
            Within("Total iron-binding capacity", "µg/dL", 250.0, 450.0),
            Within("Transferrin saturation", "%", 20.0, 50.0),
            Within("Ferritin", "ng/mL", 15.0, 300.0),
        ],
    ),
    Test("CRP", "C-reactive protein", 400, SERUM, &[AtMost("CRP", "mg/L", 5.0)]),
    Test(
        "DENGUE",
        "Dengue NS1 antigen with IgM and IgG",
        1_100,
        SERUM,
        &[Words("NS1 antigen"), Words("IgM antibody"), Words("IgG antibody")],
    ),
    Test("MALARIA", "Malaria antigen", 400, BLOOD, &[Words("P. falciparum"), Words("P. vivax")]),
    Test(
        "WIDAL",
        "Widal test",
        200,
        SERUM,
        &[Words("S. typhi O"), Words("S. typhi H"), Words("S. paratyphi AH"), Words("S. paratyphi BH")],
    ),
    Test("TROPI", "Troponin I, high sensitivity", 1_500, SERUM, &[AtMost("Troponin I", "ng/L", 26.0)]),
    Test(
        "PTINR",
        "Prothrombin time and INR",
        350,
        CITRATE,
        &[Within("Prothrombin time", "s", 11.0, 13.5), Within("INR", "", 0.8, 1.2)],
    ),
    Test("DDIMER", "D-dimer", 1_300, CITRATE, &[AtMost("D-dimer", "µg/mL FEU", 0.5)]),
    Test(
        "URINE",
        "Urine routine and microscopy",
        150,
        URINE,
        &[
            Words("Colour"),
            Words("Appearance"),
            Within("pH", "", 4.6, 8.0),
            Within("Specific gravity", "", 1.003, 1.03),
            Words("Protein"),
            Words("Glucose"),
            Words("Ketones"),
            AtMost("Pus cells", "/HPF", 5.0),
            AtMost("Red cells", "/HPF", 2.0),
        ],
    ),
    Test(
        "URINEC",
        "Urine culture",
        800,
        URINE,
        &[Words("Growth"), Words("Organism"), Words("Colony count"), Words("Sensitivity")],
    ),
    Test(
        "UACR",
        "Urine albumin to creatinine ratio",
        550,
        URINE,
        &[AtMost("Albumin to creatinine ratio", "mg/g", 30.0)],
    ),
    Test(
        "STOOL",
        "Stool routine and microscopy",
        150,
        "Stool",
        &[Words("Consistency"), Words("Occult blood"), Words("Ova and cysts"), AtMost("Pus cells", "/HPF", 5.0)],
    ),
    Test("HBSAG", "Hepatitis B surface antigen", 350, SERUM, &[Words("HBsAg")]),
    Test("HCV", "Hepatitis C antibody", 600, SERUM, &[Words("Anti-HCV")]),
    Test("PSA", "Prostate-specific antigen, total", 750, SERUM, &[AtMost("PSA, total", "ng/mL", 4.0)]),
];

/// The panels: what each is called, and the codes of its tests.
const PANELS: &[(&str, &[&str])] = &[
    ("Fever", &["CBC", "CRP", "MALARIA", "DENGUE", "WIDAL", "URINE"]),
    ("Diabetes", &["FBS", "PPBS", "HBA1C", "KFT", "UACR"]),
    ("Before surgery", &["CBC", "ABORH", "RBS", "KFT", "PTINR", "HBSAG", "HCV"]),
];

/// The panels of a test.
fn panels(code: &str) -> Vec<String> {
    PANELS.iter().filter(|(_, codes)| codes.contains(&code)).map(|(name, _)| (*name).to_owned()).collect()
}

fn rupees(amount: i64) -> Money {
    Money(amount * 100)
}

impl Measured {
    fn analyte(&self) -> Analyte {
        let (analyte, unit, low, high) = match *self {
            Within(analyte, unit, low, high) => (analyte, unit, Some(low), Some(high)),
            AtMost(analyte, unit, high) => (analyte, unit, None, Some(high)),
            AtLeast(analyte, unit, low) => (analyte, unit, Some(low), None),
            Words(analyte) => (analyte, "", None, None),
        };
        Analyte { analyte: analyte.to_owned(), unit: (!unit.is_empty()).then(|| unit.to_owned()), low, high }
    }
}

impl Consultation {
    /// The consultation as an entry of the tariff, of no department yet.
    pub(super) fn entry(&self) -> NewTariffEntry {
        NewTariffEntry {
            code: self.0.to_owned(),
            name: self.1.to_owned(),
            kind: TariffKind::Consultation,
            price: rupees(self.2),
            department_id: None,
            specimen: None,
            analytes: Vec::new(),
            panels: Vec::new(),
        }
    }
}

/// The tests as entries of the tariff.
pub(super) fn tests() -> impl Iterator<Item = NewTariffEntry> {
    TESTS.iter().map(|Test(code, name, price, specimen, measured)| NewTariffEntry {
        code: (*code).to_owned(),
        name: (*name).to_owned(),
        kind: TariffKind::Test,
        price: rupees(*price),
        department_id: None,
        specimen: Some((*specimen).to_owned()),
        analytes: measured.iter().map(Measured::analyte).collect(),
        panels: panels(code),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_tests_each_measure_something_within_a_range_that_can_be() {
        let tests: Vec<NewTariffEntry> = super::tests().collect();
        assert_eq!(tests.len(), 30);
        for test in tests {
            assert!(!test.analytes.is_empty() && test.price > Money::ZERO, "{}", test.code);
            for Analyte { analyte, low, high, .. } in test.analytes {
                assert!(low.is_none_or(|low| high.is_none_or(|high| low < high)), "{}: {analyte}", test.code);
            }
        }
    }
    #[test]
    fn every_panel_is_of_tests_that_are_offered() {
        for (name, codes) in PANELS {
            let offered = codes.iter().filter(|code| TESTS.iter().any(|test| test.0 == **code));
            assert_eq!(offered.count(), codes.len(), "{name}");
        }
        assert_eq!(panels("CBC"), ["Fever", "Before surgery"]);
    }
}
