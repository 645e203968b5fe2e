"""What guidelines ask of a report, and what decides what a report says to it.

Titles are this project's words; the wording that counts is in the papers of
:mod:`shamsul.analysis.guidelines`, which has the items' numbers, order and headings. What several
guidelines ask stands here once.
"""

from shamsul.analysis.checklist import (
    author,
    not_applicable,
    reported,
    synthetic_or,
    untrained,
)
from shamsul.analysis.page import LIMITS, METHODS, SOFTWARE

_READ_ON = (("Dates", "Opened"), ("Dates", "First answer"), ("Dates", "Closed"))
_PREPARED = (("Preprocessing", "Grid"), ("Preprocessing", "Shape"), ("Preprocessing", "Brightness"))
_STANDARD = ("Cases", "Reference standard")
_EXPERIENCE = ("Readers", "Experience and specialty")
_TRAINED_ON = ("Model", "Trained on")

TITLE = (
    "Title or abstract say that AI is studied, and of which kind",
    author("title and abstract of the manuscript", ("Model", "Architecture")),
)
ABSTRACT = (
    "An abstract tells design, methods, results and conclusions",
    author("the abstract"),
)
BACKGROUND = (
    "Background in science and practice; what the AI is meant for",
    author("the background", ("From the author", "Intended use")),
)
AIMS = (
    "Aims and hypotheses",
    reported(("Question", "Question"), ("From the author", "Hypothesis and primary outcome")),
)
TIMING = (
    "Whether data were collected for the study or were there before",
    synthetic_or(
        reported(*_READ_ON),
        author("whether the radiographs were there before the study was planned", *_READ_ON),
    ),
)
GOAL = ("What kind of study it is", reported(("Design", "Kind of study")))
SOURCE = ("Where the data come from", reported(("Cases", "Source")))
ELIGIBILITY = (
    "Who could be included: by what, where and when",
    synthetic_or(
        not_applicable("phantoms, no patient was chosen"),
        reported(("From the author", "Eligibility of patients")),
    ),
)
PREPROCESSING = ("What was done to the images beforehand", reported(*_PREPARED))
SUBSETS = (
    "Which part of the data was taken, and how",
    reported(("Cases", "How chosen"), ("Cases", "Findings read")),
)
VARIABLES = ("What each variable means", reported(("Questionnaire", "On each map")))
IDENTITIES = (
    "How what identifies patients was removed",
    synthetic_or(
        not_applicable("phantoms, nobody can be identified"),
        reported(("Cases", "De-identification")),
    ),
)
MISSING = ("What was done about missing data", reported(METHODS, "rows"))
ACQUISITION = (
    "How the images were taken",
    synthetic_or(
        not_applicable("phantoms, computed and not taken"),
        author("devices and settings with which the radiographs were taken"),
    ),
)
REFERENCE = ("What counts as the truth, so that others can find it too", reported(_STANDARD))
WHY_REFERENCE = (
    "Why this counts as the truth",
    synthetic_or(reported(_STANDARD), author("why this reference standard was chosen", _STANDARD)),
)
ANNOTATORS = (
    "Whose judgement it is: those who annotated or read, their qualifications, their preparation",
    synthetic_or(
        reported(_STANDARD, _EXPERIENCE),
        author("who annotated, with what qualifications and preparation", _EXPERIENCE),
    ),
)
TOOLS = (
    "What the annotations were made with",
    synthetic_or(
        not_applicable("phantoms, nobody annotated them"),
        author("how and with what the annotations were made"),
    ),
)
VARIABILITY = (
    "How far raters agree with each other and with themselves",
    reported("agreement", "repeats"),
)
SIZE = (
    "How many were wanted, and why so many",
    reported(("From the author", "Sample size"), ("Cases", "Number"), ("Readers", "Number")),
)
PARTITIONS = (
    "How data were divided for training and testing",
    not_applicable("the study did not train a model: all cases are for testing"),
)
DISJOINT = (
    "That what the model was trained on and what it was tested on share no patient",
    author("that no patient is in the cases and in what the model was trained on", _TRAINED_ON),
)
MODEL = (
    "The model in detail, from input to output",
    reported(
        ("Model", "Architecture"),
        ("Model", "Outputs"),
        ("Model", "Weights (SHA-256)"),
        ("Preprocessing", "Grid"),
    ),
)
PROGRAMS = ("Software with its versions", reported(SOFTWARE))
INITIALISATION = ("What the model's parameters were before training", untrained)
TRAINING = ("How the model was trained, with all settings", untrained)
SELECTION = ("How the final model was chosen", untrained)
ENSEMBLE = ("How several models were combined", not_applicable("one model was used"))
MEASURES = ("What is measured of the performance", reported(METHODS))
UNCERTAINTY = ("Uncertainty and tests of significance", reported(METHODS, "means"))
ROBUSTNESS = ("Whether results hold under other conditions", reported("control_effects"))
EXPLAINED = (
    "How outputs were explained, and how that was validated",
    reported(("Explanations", "Methods"), ("Explanations", "Settings"), "means"),
)
INTERNAL = ("Tests on data of the kind that the model was trained on", untrained)
EXTERNAL = (
    "Tests on data from elsewhere",
    author("whether the cases come from elsewhere than the training data", _TRAINED_ON),
)
REGISTRATION = (
    "Registry and number of the study",
    reported(("From the author", "Registration")),
)
FLOW = (
    "How many were included and left out, as a diagram",
    reported("flow", ("Dates", "Closed"), ("Cases", "Left out when taken in")),
)
PATIENTS = (
    "What patients and findings were like",
    synthetic_or(
        not_applicable("phantoms, no patients; how often each finding is there stands under Cases"),
        author("age, sex and illness of the patients", ("Cases", "With annotation")),
    ),
)
PERFORMANCE = (
    "The performance of the final model, and what it is compared with",
    author("the model's own performance on the cases"),
)
ACCURACY = (
    "Estimates of diagnostic accuracy, with their intervals",
    author("the accuracy of the model, with intervals", "helped_means"),
)
FAILURES = (
    "Which cases the model gets wrong",
    author("which radiographs the model gets wrong, and in what way", "hits"),
)
LIMITATIONS = ("What limits the study", reported(LIMITS))
PRACTICE = (
    "What it means for practice, and what the AI is meant for there",
    author("what the results mean for practice", ("From the author", "Intended use")),
)
PROTOCOL = ("Where the full protocol is", reported(("From the author", "Protocol")))
ACCESS = (
    "Who can have program, model and data",
    reported(("From the author", "Data access"), SOFTWARE),
)
FUNDING = ("Who paid, and what part they had", reported(("From the author", "Funding")))

ACCURACY_TITLE = (
    "Title or abstract say that the accuracy of an AI is studied, and give a measure of it",
    author("title and abstract of the manuscript"),
)
ETHICS = (
    "Approval by an ethics committee, or why there is none",
    reported(("From the author", "Ethics approval")),
)
FOUND_BY = (
    "By what patients were found",
    synthetic_or(
        not_applicable("phantoms, no patient was looked for"),
        author("symptoms, tests or registry by which patients were found"),
    ),
)
FOUND_AT = (
    "Where and when patients were found",
    synthetic_or(
        not_applicable("phantoms, no patient was looked for"),
        author("places and dates at which patients were found"),
    ),
)
SERIES = (
    "Whether patients came one after the other, by lot or as they were at hand",
    synthetic_or(
        not_applicable("phantoms, no patients"),
        author("what series of patients it was", ("Cases", "How chosen")),
    ),
)
DEVICES = (
    "Devices that took the images; software",
    synthetic_or(
        reported(("Cases", "Source"), SOFTWARE),
        author("devices with which the radiographs were taken", SOFTWARE),
    ),
)
TAKEN_AND_PREPARED = (
    "How the images were taken, and what was done to them beforehand",
    synthetic_or(
        PREPROCESSING[1],
        author("how the radiographs were taken", *_PREPARED),
    ),
)
TEST = (
    "The test that is studied, so that others can repeat it",
    reported(
        ("Model", "Architecture"),
        ("Model", "Weights (SHA-256)"),
        ("Explanations", "Methods"),
        ("Explanations", "Settings"),
        ("Questionnaire", "On each map"),
    ),
)
CUT_OFFS = (
    "From when on a result of the test is positive, and why",
    author("why these thresholds, and whether they were set beforehand", ("Model", "Outputs")),
)
USERS = (
    "Who the test is for, and how experienced they have to be",
    reported(("From the author", "Intended use"), _EXPERIENCE),
)
REFERENCE_CUT_OFFS = (
    "From when on a finding counts as present, and why",
    synthetic_or(reported(_STANDARD), author("from when on a finding counts as present")),
)
BLIND_READERS = (
    "What readers knew of the patient and of the truth",
    reported(("Design", "Blinding"), ("Design", "Reading")),
)
BLIND_REFERENCE = (
    "What those who set the truth knew of the patient and of the test",
    synthetic_or(
        not_applicable("phantoms, findings are known by construction"),
        author("what annotators knew of the patient and of the model"),
    ),
)
ESTIMATION = (
    "How accuracy is estimated and compared",
    author("how accuracy is estimated, as far as methods do not say", METHODS),
)
UNDECIDED = ("What was done about results that are neither", reported(METHODS, "rows"))
VARIATION = (
    "How accuracy varies, and what of that was planned",
    author("analyses of how accuracy varies, and which were planned", "agreement"),
)
FAIRNESS = (
    "Analyses of errors, of bias and of fairness",
    author("analyses of errors, of bias and of fairness, or that there were none"),
)
SEVERITY = (
    "How severe the illness was in those who had it",
    synthetic_or(
        not_applicable("phantoms, nobody is ill"),
        author("how severe the illness was"),
    ),
)
ALTERNATIVES = (
    "What those without the illness had instead",
    synthetic_or(
        not_applicable("phantoms, nobody is ill"),
        author("what else the patients had"),
    ),
)
INTERVAL = (
    "Time and treatment between test and truth",
    synthetic_or(
        not_applicable("phantoms, findings are known by construction"),
        author("time and treatment between the radiograph and the reference standard"),
    ),
)
REPRESENTATIVE = (
    "Whether the finding is as frequent as where the test is meant to be used",
    author("whether findings are as frequent there", ("Cases", "With annotation")),
)
ELSEWHERE = (
    "How data from elsewhere differ from those of training",
    author("how the cases differ from what the model was trained on", _TRAINED_ON),
)
CROSS_TABLE = (
    "The test's results against the truth, as a table",
    author("the model's or readers' results against the reference standard", _STANDARD),
)
HARM = (
    "Harm that came of the test or of finding the truth",
    synthetic_or(
        not_applicable("phantoms, nobody can be harmed"),
        author("harm, or that there could be none"),
    ),
)
ETHICAL_USE = (
    "What is to be considered of ethics and fairness in using the test",
    author("considerations of ethics and fairness"),
)
INTERESTS = (
    "Commercial interests",
    reported(("From the author", "Conflicts of interest")),
)
AUDIT = (
    "Whether results are kept so that they can be checked",
    author("who can check the stored answers and maps", SOFTWARE),
)
