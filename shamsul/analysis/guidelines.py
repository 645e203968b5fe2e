"""Reporting guidelines for studies of AI: their items by number, under their headings.

References
----------
.. [1] Mongan, Moy, Kahn 2020, Checklist for Artificial Intelligence in Medical Imaging (CLAIM): a
   guide for authors and reviewers, doi 10.1148/ryai.2020200029 (PMC8017414)
.. [2] Tejani, Klontzas, Gatti, Mongan, Moy, Park, Kahn 2024, Checklist for Artificial Intelligence
   in Medical Imaging (CLAIM): 2024 update, doi 10.1148/ryai.240300 (PMC11304031)
.. [3] Sounderajah et al. 2025, The STARD-AI reporting guideline for diagnostic accuracy studies
   using artificial intelligence, doi 10.1038/s41591-025-03953-8
"""

from typing import Final

from shamsul.analysis import guideline_items as ask
from shamsul.analysis.checklist import Guideline

CLAIM_2020: Final = Guideline(
    "CLAIM 2020",
    "Mongan, Moy, Kahn 2020",
    "10.1148/ryai.2020200029",
    tuple(map(str, range(1, 43))),
    (
        ("Title and abstract", (ask.TITLE, ask.ABSTRACT)),
        ("Introduction", (ask.BACKGROUND, ask.AIMS)),
        ("Methods: study design", (ask.TIMING, ask.GOAL)),
        (
            "Methods: data",
            (
                ask.SOURCE,
                ask.ELIGIBILITY,
                ask.PREPROCESSING,
                ask.SUBSETS,
                ask.VARIABLES,
                ask.IDENTITIES,
                ask.MISSING,
            ),
        ),
        (
            "Methods: ground truth",
            (ask.REFERENCE, ask.WHY_REFERENCE, ask.ANNOTATORS, ask.TOOLS, ask.VARIABILITY),
        ),
        ("Methods: data partitions", (ask.SIZE, ask.PARTITIONS, ask.DISJOINT)),
        ("Methods: model", (ask.MODEL, ask.PROGRAMS, ask.INITIALISATION)),
        ("Methods: training", (ask.TRAINING, ask.SELECTION, ask.ENSEMBLE)),
        (
            "Methods: evaluation",
            (ask.MEASURES, ask.UNCERTAINTY, ask.ROBUSTNESS, ask.EXPLAINED, ask.EXTERNAL),
        ),
        ("Results: data", (ask.FLOW, ask.PATIENTS)),
        ("Results: model performance", (ask.PERFORMANCE, ask.ACCURACY, ask.FAILURES)),
        ("Discussion", (ask.LIMITATIONS, ask.PRACTICE)),
        ("Other information", (ask.REGISTRATION, ask.PROTOCOL, ask.FUNDING)),
    ),
)

CLAIM_2024: Final = Guideline(
    "CLAIM 2024",
    "Tejani et al. 2024",
    "10.1148/ryai.240300",
    tuple(map(str, range(1, 45))),
    (
        ("Title and abstract", (ask.TITLE, ask.ABSTRACT)),
        ("Introduction", (ask.BACKGROUND, ask.AIMS)),
        ("Methods: study design", (ask.TIMING, ask.GOAL)),
        (
            "Methods: data",
            (
                ask.SOURCE,
                ask.ELIGIBILITY,
                ask.PREPROCESSING,
                ask.SUBSETS,
                ask.IDENTITIES,
                ask.MISSING,
                ask.ACQUISITION,
            ),
        ),
        (
            "Methods: reference standard",
            (ask.REFERENCE, ask.WHY_REFERENCE, ask.ANNOTATORS, ask.TOOLS, ask.VARIABILITY),
        ),
        ("Methods: data partitions", (ask.PARTITIONS, ask.DISJOINT)),
        ("Methods: testing data", (ask.SIZE,)),
        ("Methods: model", (ask.MODEL, ask.PROGRAMS, ask.INITIALISATION)),
        ("Methods: training", (ask.TRAINING, ask.SELECTION, ask.ENSEMBLE)),
        (
            "Methods: evaluation",
            (
                ask.MEASURES,
                ask.UNCERTAINTY,
                ask.ROBUSTNESS,
                ask.EXPLAINED,
                ask.INTERNAL,
                ask.EXTERNAL,
                ask.REGISTRATION,
            ),
        ),
        ("Results: data", (ask.FLOW, ask.PATIENTS)),
        ("Results: model performance", (ask.PERFORMANCE, ask.ACCURACY, ask.FAILURES)),
        ("Discussion", (ask.LIMITATIONS, ask.PRACTICE)),
        ("Other information", (ask.PROTOCOL, ask.ACCESS, ask.FUNDING)),
    ),
)

STARD_AI: Final = Guideline(
    "STARD-AI",
    "Sounderajah et al. 2025",
    "10.1038/s41591-025-03953-8",
    (
        *map(str, range(1, 15)),
        *("15a", "15b", "15c", "15d", "16a", "16b", "16c", "17a", "17b"),
        *map(str, range(18, 26)),
        *("26a", "26b"),
        *map(str, range(27, 40)),
        *("40a", "40b"),
    ),
    (
        ("Title and abstract", (ask.ACCURACY_TITLE, ask.ABSTRACT)),
        ("Introduction", (ask.BACKGROUND, ask.AIMS)),
        ("Methods: study design", (ask.TIMING,)),
        ("Methods: ethics", (ask.ETHICS,)),
        ("Methods: participants", (ask.ELIGIBILITY, ask.FOUND_BY, ask.FOUND_AT, ask.SERIES)),
        (
            "Methods: dataset",
            (ask.SOURCE, ask.ANNOTATORS, ask.DEVICES, ask.TAKEN_AND_PREPARED),
        ),
        (
            "Methods: test methods",
            (
                ask.TEST,
                ask.TRAINING,
                ask.CUT_OFFS,
                ask.USERS,
                ask.REFERENCE,
                ask.WHY_REFERENCE,
                ask.REFERENCE_CUT_OFFS,
                ask.BLIND_READERS,
                ask.BLIND_REFERENCE,
            ),
        ),
        (
            "Methods: analysis",
            (
                ask.ESTIMATION,
                ask.UNDECIDED,
                ask.MISSING,
                ask.VARIATION,
                ask.SIZE,
                ask.FAIRNESS,
            ),
        ),
        (
            "Results: participants and dataset",
            (
                ask.FLOW,
                ask.PATIENTS,
                ask.SEVERITY,
                ask.ALTERNATIVES,
                ask.INTERVAL,
                ask.REPRESENTATIVE,
                ask.ELSEWHERE,
            ),
        ),
        ("Results: test results", (ask.CROSS_TABLE, ask.ACCURACY, ask.HARM)),
        ("Discussion", (ask.LIMITATIONS, ask.PRACTICE, ask.ETHICAL_USE)),
        (
            "Other information",
            (
                ask.REGISTRATION,
                ask.PROTOCOL,
                ask.FUNDING,
                ask.INTERESTS,
                ask.ACCESS,
                ask.AUDIT,
            ),
        ),
    ),
)

#: In the order of the checklist's page.
GUIDELINES: Final = (CLAIM_2020, CLAIM_2024, STARD_AI)
