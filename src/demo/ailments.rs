//! What the patients of the demo come with, and what is done about it.

/// A line of a prescription: drug, dose, how often, for how many days, and how to take it.
pub struct Line(pub &'static str, pub &'static str, pub &'static str, pub i64, pub &'static str);

/// What vital signs show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signs {
    /// Nothing out of the ordinary.
    Usual,
    /// Fever, with a quick pulse.
    Fever,
    /// High blood pressure.
    HighPressure,
    /// Too little oxygen, with quick breathing.
    ShortOfBreath,
    /// Pain.
    Pain,
}

/// Why a patient comes, and what is done about it.
pub struct Ailment {
    /// The token prefix of the department it belongs to.
    pub department: &'static str,
    /// The ages it is given to.
    pub ages: std::ops::RangeInclusive<u32>,
    /// In the patient's words.
    pub reason: &'static str,
    /// In the doctor's words.
    pub diagnosis: &'static str,
    /// What the nurse finds.
    pub signs: Signs,
    /// What is prescribed.
    pub prescription: &'static [Line],
    /// The codes of the tests that are ordered, the most needed first.
    pub tests: &'static [&'static str],
    /// What of the results is out of the ordinary: the analyte and its value.
    pub findings: &'static [(&'static str, &'static str)],
}

/// The ages of adults.
const ADULT: std::ops::RangeInclusive<u32> = 17..=120;
/// The ages of children.
const CHILD: std::ops::RangeInclusive<u32> = 0..=16;

const PARACETAMOL: Line =
    Line("Paracetamol 650 mg tablet", "1 tablet", "Three times a day", 3, "After food, for fever");
const PANTOPRAZOLE: Line = Line("Pantoprazole 40 mg tablet", "1 tablet", "Once a day", 7, "Before breakfast");
const SALTS: Line = Line("Oral rehydration salts", "1 sachet in 1 L water", "As needed", 3, "Sip through the day");
const SYRUP: Line = Line("Paracetamol 250 mg/5 mL syrup", "5 mL", "Every six hours", 3, "Only while feverish");

/// All of them.
pub const AILMENTS: &[Ailment] = &[
    Ailment {
        department: "C",
        ages: ADULT,
        reason: "Fever and body ache for three days",
        diagnosis: "Dengue fever without warning signs",
        signs: Signs::Fever,
        prescription: &[PARACETAMOL, SALTS],
        tests: &["CBC", "DENGUE", "MALARIA"],
        findings: &[
            ("Platelets", "96"),
            ("White cell count", "3.1"),
            ("NS1 antigen", "Positive"),
            ("IgM antibody", "Positive"),
        ],
    },
    Ailment {
        department: "C",
        ages: 35..=120,
        reason: "Diabetes review",
        diagnosis: "Type 2 diabetes mellitus, not at target",
        signs: Signs::Usual,
        prescription: &[
            Line("Metformin 500 mg tablet", "1 tablet", "Twice a day", 90, "With food"),
            Line("Glimepiride 1 mg tablet", "1 tablet", "Once a day", 90, "Before breakfast"),
        ],
        tests: &["HBA1C", "FBS", "LIPID"],
        findings: &[
            ("HbA1c", "8.4"),
            ("Estimated average glucose", "194"),
            ("Glucose, fasting", "162"),
            ("LDL cholesterol", "134"),
            ("Total cholesterol", "228"),
        ],
    },
    Ailment {
        department: "C",
        ages: 30..=120,
        reason: "Headache, blood pressure check",
        diagnosis: "Essential hypertension",
        signs: Signs::HighPressure,
        prescription: &[Line("Amlodipine 5 mg tablet", "1 tablet", "Once a day", 30, "In the morning")],
        tests: &["KFT", "LIPID"],
        findings: &[("LDL cholesterol", "141"), ("Total cholesterol", "236"), ("Triglycerides", "182")],
    },
    Ailment {
        department: "C",
        ages: ADULT,
        reason: "Burning urination since yesterday",
        diagnosis: "Uncomplicated lower urinary tract infection",
        signs: Signs::Usual,
        prescription: &[
            Line("Nitrofurantoin 100 mg capsule", "1 capsule", "Twice a day", 5, "With food"),
            Line("Potassium citrate syrup", "10 mL in water", "Three times a day", 5, "After food"),
        ],
        tests: &["URINE", "URINEC"],
        findings: &[
            ("Pus cells", "24"),
            ("Appearance", "Turbid"),
            ("Growth", "Significant growth"),
            ("Organism", "Escherichia coli"),
            ("Colony count", "More than 100,000 CFU/mL"),
            ("Sensitivity", "Nitrofurantoin, fosfomycin, amikacin"),
        ],
    },
    Ailment {
        department: "C",
        ages: ADULT,
        reason: "Loose stools and vomiting",
        diagnosis: "Acute gastroenteritis, no dehydration",
        signs: Signs::Usual,
        prescription: &[
            SALTS,
            Line("Ondansetron 4 mg tablet", "1 tablet", "Twice a day", 2, "Half an hour before food"),
        ],
        tests: &[],
        findings: &[],
    },
    Ailment {
        department: "C",
        ages: ADULT,
        reason: "Tired and breathless on stairs",
        diagnosis: "Iron deficiency anaemia",
        signs: Signs::Usual,
        prescription: &[Line("Ferrous ascorbate 100 mg tablet", "1 tablet", "Once a day", 90, "On an empty stomach")],
        tests: &["CBC", "IRON", "VITB12"],
        findings: &[
            ("Haemoglobin", "8.6"),
            ("Haematocrit", "28"),
            ("MCV", "71"),
            ("MCH", "22.4"),
            ("Ferritin", "6"),
            ("Iron", "28"),
            ("Transferrin saturation", "7"),
        ],
    },
    Ailment {
        department: "C",
        ages: ADULT,
        reason: "Cough and cold for five days",
        diagnosis: "Acute viral upper respiratory infection",
        signs: Signs::Usual,
        prescription: &[
            Line("Cetirizine 10 mg tablet", "1 tablet", "At night", 5, "May cause drowsiness"),
            PARACETAMOL,
        ],
        tests: &[],
        findings: &[],
    },
    Ailment {
        department: "P",
        ages: CHILD,
        reason: "Fever and sore throat",
        diagnosis: "Acute tonsillitis",
        signs: Signs::Fever,
        prescription: &[
            SYRUP,
            Line("Amoxicillin 250 mg/5 mL suspension", "5 mL", "Three times a day", 7, "Finish the course"),
        ],
        tests: &[],
        findings: &[],
    },
    Ailment {
        department: "P",
        ages: CHILD,
        reason: "Fever for four days, not eating",
        diagnosis: "Fever under investigation",
        signs: Signs::Fever,
        prescription: &[SYRUP, SALTS],
        tests: &["CBC", "CRP", "URINE"],
        findings: &[("White cell count", "14.2"), ("CRP", "38")],
    },
    Ailment {
        department: "P",
        ages: CHILD,
        reason: "Wheeze and cough at night",
        diagnosis: "Mild intermittent asthma",
        signs: Signs::ShortOfBreath,
        prescription: &[Line("Salbutamol 100 µg inhaler", "2 puffs", "As needed", 30, "With a spacer and mask")],
        tests: &[],
        findings: &[],
    },
    Ailment {
        department: "P",
        ages: CHILD,
        reason: "Pale, picky with food",
        diagnosis: "Nutritional anaemia",
        signs: Signs::Usual,
        prescription: &[Line("Iron and folic acid drops", "1 mL", "Once a day", 60, "Between meals")],
        tests: &["CBC", "IRON"],
        findings: &[("Haemoglobin", "9.4"), ("MCV", "74"), ("Ferritin", "8")],
    },
    Ailment {
        department: "O",
        ages: 45..=120,
        reason: "Knee pain on climbing stairs",
        diagnosis: "Osteoarthritis of the knee",
        signs: Signs::Pain,
        prescription: &[Line("Aceclofenac 100 mg tablet", "1 tablet", "Twice a day", 5, "After food"), PANTOPRAZOLE],
        tests: &["VITD", "KFT"],
        findings: &[("25-hydroxy vitamin D", "13")],
    },
    Ailment {
        department: "O",
        ages: ADULT,
        reason: "Low back pain after lifting",
        diagnosis: "Mechanical low back pain",
        signs: Signs::Pain,
        prescription: &[
            Line("Paracetamol 1 g tablet", "1 tablet", "Three times a day", 5, "After food"),
            Line("Thiocolchicoside 4 mg capsule", "1 capsule", "Twice a day", 5, "May cause drowsiness"),
        ],
        tests: &[],
        findings: &[],
    },
    Ailment {
        department: "O",
        ages: ADULT,
        reason: "Swollen, painful big toe",
        diagnosis: "Acute gout",
        signs: Signs::Pain,
        prescription: &[Line("Colchicine 0.5 mg tablet", "1 tablet", "Twice a day", 5, "Stop if stools turn loose")],
        tests: &["KFT", "CRP"],
        findings: &[("Uric acid", "9.1"), ("CRP", "22")],
    },
    Ailment {
        department: "K",
        ages: 40..=120,
        reason: "Chest tightness on walking",
        diagnosis: "Stable angina, under evaluation",
        signs: Signs::HighPressure,
        prescription: &[
            Line("Aspirin 75 mg tablet", "1 tablet", "Once a day", 30, "After lunch"),
            Line("Atorvastatin 40 mg tablet", "1 tablet", "At night", 30, ""),
        ],
        tests: &["TROPI", "LIPID", "KFT"],
        findings: &[("LDL cholesterol", "158"), ("HDL cholesterol", "34"), ("Total cholesterol", "246")],
    },
    Ailment {
        department: "K",
        ages: 30..=120,
        reason: "Palpitations since last week",
        diagnosis: "Palpitations, thyroid cause to be excluded",
        signs: Signs::Usual,
        prescription: &[Line("Propranolol 20 mg tablet", "1 tablet", "Twice a day", 14, "Do not stop suddenly")],
        tests: &["TFT", "KFT"],
        findings: &[("TSH", "0.04"), ("T3, total", "262"), ("T4, total", "17.8")],
    },
    Ailment {
        department: "K",
        ages: 40..=120,
        reason: "Review after heart failure admission",
        diagnosis: "Chronic heart failure, compensated",
        signs: Signs::ShortOfBreath,
        prescription: &[
            Line("Furosemide 40 mg tablet", "1 tablet", "Once a day", 30, "In the morning"),
            Line("Ramipril 2.5 mg tablet", "1 tablet", "Once a day", 30, ""),
        ],
        tests: &[],
        findings: &[],
    },
    Ailment {
        department: "F",
        ages: ADULT,
        reason: "Acidity and upper abdominal pain",
        diagnosis: "Functional dyspepsia",
        signs: Signs::Usual,
        prescription: &[PANTOPRAZOLE],
        tests: &[],
        findings: &[],
    },
    Ailment {
        department: "F",
        ages: ADULT,
        reason: "Weight gain and tiredness",
        diagnosis: "Primary hypothyroidism",
        signs: Signs::Usual,
        prescription: &[Line("Levothyroxine 50 µg tablet", "1 tablet", "Once a day", 60, "On an empty stomach")],
        tests: &["TSH", "CBC", "LIPID"],
        findings: &[("TSH", "18.6"), ("Total cholesterol", "232")],
    },
    Ailment {
        department: "F",
        ages: ADULT,
        reason: "Itchy rash on the arms",
        diagnosis: "Contact dermatitis",
        signs: Signs::Usual,
        prescription: &[
            Line("Mometasone 0.1% cream", "Thin layer", "Once a day", 7, "On the rash only"),
            Line("Levocetirizine 5 mg tablet", "1 tablet", "At night", 7, ""),
        ],
        tests: &[],
        findings: &[],
    },
    Ailment {
        department: "F",
        ages: ADULT,
        reason: "Yellow eyes and poor appetite",
        diagnosis: "Acute hepatitis, cause to be found",
        signs: Signs::Usual,
        prescription: &[Line("Vitamin B complex tablet", "1 tablet", "Once a day", 15, "After food")],
        tests: &["LFT", "HBSAG", "HCV"],
        findings: &[
            ("Bilirubin, total", "4.8"),
            ("Bilirubin, direct", "3.1"),
            ("AST (SGOT)", "612"),
            ("ALT (SGPT)", "884"),
        ],
    },
    Ailment {
        department: "L",
        ages: ADULT,
        reason: "Health check, tests only",
        diagnosis: "",
        signs: Signs::Usual,
        prescription: &[],
        tests: &["CBC", "LIPID", "TSH"],
        findings: &[("Total cholesterol", "214"), ("LDL cholesterol", "128")],
    },
];
