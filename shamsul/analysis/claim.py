"""The items of CLAIM, of 2020 and of 2024, and what decides what a report says to each.

Titles are this project's words; numbers, order and headings are the papers' [1]_ [2]_. What both
editions ask stands here once.

References
----------
.. [1] Mongan, Moy, Kahn 2020, Checklist for Artificial Intelligence in Medical Imaging (CLAIM): a
   guide for authors and reviewers, doi 10.1148/ryai.2020200029 (PMC8017414)
.. [2] Tejani, Klontzas, Gatti, Mongan, Moy, Park, Kahn 2024, Checklist for Artificial Intelligence
   in Medical Imaging (CLAIM): 2024 update, doi 10.1148/ryai.240300 (PMC11304031)
"""

from typing import Final

from shamsul.analysis.checklist import (
    Edition,
    author,
    not_applicable,
    reported,
    synthetic_or,
    untrained,
)
from shamsul.analysis.page import LIMITS, METHODS, SOFTWARE

_READ_ON = (("Dates", "Opened"), ("Dates", "First answer"), ("Dates", "Closed"))
_STANDARD = ("Cases", "Reference standard")
_EXPERIENCE = ("Readers", "Experience and specialty")
_TRAINED_ON = ("Model", "Trained on")

_TITLE = (
    "Title or abstract say that AI is studied, and of which kind",
    author("title and abstract of the manuscript", ("Model", "Architecture")),
)
_ABSTRACT = (
    "An abstract tells design, methods, results and conclusions",
    author("the abstract"),
)
_BACKGROUND = (
    "Background in science and practice; what the AI is meant for",
    author("the background", ("From the author", "Intended use")),
)
_AIMS = (
    "Aims and hypotheses",
    reported(("Question", "Question"), ("From the author", "Hypothesis and primary outcome")),
)
_TIMING = (
    "Whether data were collected for the study or were there before",
    synthetic_or(
        reported(*_READ_ON),
        author("whether the radiographs were there before the study was planned", *_READ_ON),
    ),
)
_GOAL = ("What kind of study it is", reported(("Design", "Kind of study")))
_SOURCE = ("Where the data come from", reported(("Cases", "Source")))
_ELIGIBILITY = (
    "Who could be included: by what, where and when",
    synthetic_or(
        not_applicable("phantoms, no patient was chosen"),
        reported(("From the author", "Eligibility of patients")),
    ),
)
_PREPROCESSING = (
    "What was done to the images beforehand",
    reported(
        ("Preprocessing", "Grid"), ("Preprocessing", "Shape"), ("Preprocessing", "Brightness")
    ),
)
_SUBSETS = (
    "Which part of the data was taken, and how",
    reported(("Cases", "How chosen"), ("Cases", "Findings read")),
)
_VARIABLES = ("What each variable means", reported(("Questionnaire", "On each map")))
_IDENTITIES = (
    "How what identifies patients was removed",
    synthetic_or(
        not_applicable("phantoms, nobody can be identified"),
        reported(("Cases", "De-identification")),
    ),
)
_MISSING = ("What was done about missing data", reported(METHODS, "rows"))
_ACQUISITION = (
    "How the images were taken",
    synthetic_or(
        not_applicable("phantoms, computed and not taken"),
        author("devices and settings with which the radiographs were taken"),
    ),
)
_REFERENCE = ("What counts as the truth, so that others can find it too", reported(_STANDARD))
_WHY_REFERENCE = (
    "Why this counts as the truth",
    synthetic_or(reported(_STANDARD), author("why this reference standard was chosen", _STANDARD)),
)
_ANNOTATORS = (
    "Whose judgement it is: those who annotated or read, their qualifications, their preparation",
    synthetic_or(
        reported(_STANDARD, _EXPERIENCE),
        author("who annotated, with what qualifications and preparation", _EXPERIENCE),
    ),
)
_TOOLS = (
    "What the annotations were made with",
    synthetic_or(
        not_applicable("phantoms, nobody annotated them"),
        author("how and with what the annotations were made"),
    ),
)
_VARIABILITY = (
    "How far raters agree with each other and with themselves",
    reported("agreement", "repeats"),
)
_SIZE = (
    "How many were wanted, and why so many",
    reported(("From the author", "Sample size"), ("Cases", "Number"), ("Readers", "Number")),
)
_PARTITIONS = (
    "How data were divided for training and testing",
    not_applicable("the study did not train a model: all cases are for testing"),
)
_DISJOINT = (
    "That what the model was trained on and what it was tested on share no patient",
    author("that no patient is in the cases and in what the model was trained on", _TRAINED_ON),
)
_MODEL = (
    "The model in detail, from input to output",
    reported(
        ("Model", "Architecture"),
        ("Model", "Outputs"),
        ("Model", "Weights (SHA-256)"),
        ("Preprocessing", "Grid"),
    ),
)
_SOFTWARE = ("Software with its versions", reported(SOFTWARE))
_START = ("What the model's parameters were before training", untrained)
_TRAINING = ("How the model was trained, with all settings", untrained)
_SELECTION = ("How the final model was chosen", untrained)
_ENSEMBLE = ("How several models were combined", not_applicable("one model was used"))
_MEASURES = ("What is measured of the performance", reported(METHODS))
_UNCERTAINTY = ("Uncertainty and tests of significance", reported(METHODS, "means"))
_ROBUSTNESS = ("Whether results hold under other conditions", reported("control_effects"))
_EXPLAINED = (
    "How outputs were explained, and how that was validated",
    reported(("Explanations", "Methods"), ("Explanations", "Settings"), "means"),
)
_INTERNAL = ("Tests on data of the kind that the model was trained on", untrained)
_EXTERNAL = (
    "Tests on data from elsewhere",
    author("whether the cases come from elsewhere than the training data", _TRAINED_ON),
)
_REGISTRATION = (
    "Registry and number of the study",
    reported(("From the author", "Registration")),
)
_FLOW = (
    "How many were included and left out, as a diagram",
    reported("flow", ("Dates", "Closed"), ("Cases", "Left out when taken in")),
)
_PATIENTS = (
    "What patients and findings were like",
    synthetic_or(
        not_applicable("phantoms, no patients; how often each finding is there stands under Cases"),
        author("age, sex and illness of the patients", ("Cases", "With annotation")),
    ),
)
_PERFORMANCE = (
    "The performance of the final model, and what it is compared with",
    author("the model's own performance on the cases"),
)
_ACCURACY = (
    "Estimates of diagnostic accuracy, with their intervals",
    author("the accuracy of model or readers, with intervals", "means"),
)
_FAILURES = (
    "Which cases the model gets wrong",
    author("which radiographs the model gets wrong, and in what way", "hits"),
)
_LIMITS = ("What limits the study", reported(LIMITS))
_PRACTICE = (
    "What it means for practice, and what the AI is meant for there",
    author("what the results mean for practice", ("From the author", "Intended use")),
)
_PROTOCOL = ("Where the full protocol is", reported(("From the author", "Protocol")))
_ACCESS = (
    "Who can have program, model and data",
    reported(("From the author", "Data access"), SOFTWARE),
)
_FUNDING = ("Who paid, and what part they had", reported(("From the author", "Funding")))

CLAIM_2020: Final = Edition(
    "CLAIM 2020",
    "Mongan, Moy, Kahn 2020",
    "10.1148/ryai.2020200029",
    (
        ("Title and abstract", (_TITLE, _ABSTRACT)),
        ("Introduction", (_BACKGROUND, _AIMS)),
        ("Methods: study design", (_TIMING, _GOAL)),
        (
            "Methods: data",
            (
                _SOURCE,
                _ELIGIBILITY,
                _PREPROCESSING,
                _SUBSETS,
                _VARIABLES,
                _IDENTITIES,
                _MISSING,
            ),
        ),
        (
            "Methods: ground truth",
            (_REFERENCE, _WHY_REFERENCE, _ANNOTATORS, _TOOLS, _VARIABILITY),
        ),
        ("Methods: data partitions", (_SIZE, _PARTITIONS, _DISJOINT)),
        ("Methods: model", (_MODEL, _SOFTWARE, _START)),
        ("Methods: training", (_TRAINING, _SELECTION, _ENSEMBLE)),
        (
            "Methods: evaluation",
            (_MEASURES, _UNCERTAINTY, _ROBUSTNESS, _EXPLAINED, _EXTERNAL),
        ),
        ("Results: data", (_FLOW, _PATIENTS)),
        ("Results: model performance", (_PERFORMANCE, _ACCURACY, _FAILURES)),
        ("Discussion", (_LIMITS, _PRACTICE)),
        ("Other information", (_REGISTRATION, _PROTOCOL, _FUNDING)),
    ),
)

CLAIM_2024: Final = Edition(
    "CLAIM 2024",
    "Tejani et al. 2024",
    "10.1148/ryai.240300",
    (
        ("Title and abstract", (_TITLE, _ABSTRACT)),
        ("Introduction", (_BACKGROUND, _AIMS)),
        ("Methods: study design", (_TIMING, _GOAL)),
        (
            "Methods: data",
            (
                _SOURCE,
                _ELIGIBILITY,
                _PREPROCESSING,
                _SUBSETS,
                _IDENTITIES,
                _MISSING,
                _ACQUISITION,
            ),
        ),
        (
            "Methods: reference standard",
            (_REFERENCE, _WHY_REFERENCE, _ANNOTATORS, _TOOLS, _VARIABILITY),
        ),
        ("Methods: data partitions", (_PARTITIONS, _DISJOINT)),
        ("Methods: testing data", (_SIZE,)),
        ("Methods: model", (_MODEL, _SOFTWARE, _START)),
        ("Methods: training", (_TRAINING, _SELECTION, _ENSEMBLE)),
        (
            "Methods: evaluation",
            (
                _MEASURES,
                _UNCERTAINTY,
                _ROBUSTNESS,
                _EXPLAINED,
                _INTERNAL,
                _EXTERNAL,
                _REGISTRATION,
            ),
        ),
        ("Results: data", (_FLOW, _PATIENTS)),
        ("Results: model performance", (_PERFORMANCE, _ACCURACY, _FAILURES)),
        ("Discussion", (_LIMITS, _PRACTICE)),
        ("Other information", (_PROTOCOL, _ACCESS, _FUNDING)),
    ),
)
