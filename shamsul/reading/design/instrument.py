"""The questions of a study that brings none of its own, with their sources."""

from shamsul.reading.design.questionnaire import Kind, Question, Questionnaire, Step

AGREEMENT = (
    "Strongly disagree",
    "Disagree",
    "Neither agree nor disagree",
    "Agree",
    "Strongly agree",
)

CONFIDENCE = (
    "Not at all confident",
    "Slightly confident",
    "Moderately confident",
    "Very confident",
    "Completely confident",
)

FAMILIARITY = (
    "Not at all familiar",
    "Slightly familiar",
    "Moderately familiar",
    "Very familiar",
    "Extremely familiar",
)

FAILURE_TAGS = ("device", "text marker", "border", "wrong side", "other anatomy")

_COLLAB_CXR = "Collab-CXR, Sci Data s41597-025-05054-0"


def _item(id: str, wording: str, construct: str, source: str) -> Question:
    return Question(
        id, wording, Kind.SCALE, Step.MAPS, construct, source, AGREEMENT, True, required=True
    )


#: Holzinger, Carrington, Müller 2020, doi 10.1007/s13218-020-00636-z, table 1. An instrument's
#: items keep their words.
_CAUSABILITY = (
    "I found that the data included all relevant known causal factors with sufficient precision "
    "and granularity.",
    "I understood the explanations within the context of my work.",
    "I could change the level of detail on demand.",
    "I did not need support to understand the explanations.",
    "I found the explanations helped me to understand causality.",
    "I was able to use the explanations with my knowledge base.",
    "I did not find inconsistencies between explanations.",
    "I think that most people would learn to understand the explanations very quickly.",
    "I did not need more references in the explanations: e.g., medical guidelines, regulations.",
    "I received the explanations in a timely and efficient manner.",
)


#: The questionnaire of a study that brings none of its own.
DEFAULT = Questionnaire(
    (
        Question(
            "specialty",
            "What is your specialty?",
            Kind.CHOICE,
            Step.START,
            "reader's background",
            options=("radiology", "other physician", "radiographer", "student", "other"),
            required=True,
        ),
        Question(
            "experience",
            "For how many years have you read chest radiographs?",
            Kind.NUMBER,
            Step.START,
            "reader's background",
            required=True,
            minimum=0,
            maximum=70,
        ),
        Question(
            "familiarity",
            "How familiar are you with explanations of AI, such as heatmaps?",
            Kind.SCALE,
            Step.START,
            "reader's background",
            options=FAMILIARITY,
            required=True,
        ),
        Question(
            "finding_present",
            "Is the finding present?",
            Kind.CHOICE,
            Step.IMAGE,
            "reader's own diagnosis",
            _COLLAB_CXR,
            ("yes", "no"),
            required=True,
        ),
        Question(
            "finding_probability",
            "How probable is the finding, from 0 to 100?",
            Kind.PERCENT,
            Step.IMAGE,
            "reader's own diagnosis",
            _COLLAB_CXR,
            required=True,
        ),
        Question(
            "confidence",
            "How confident are you?",
            Kind.SCALE,
            Step.IMAGE,
            "confidence in the own diagnosis",
            _COLLAB_CXR,
            CONFIDENCE,
            required=True,
        ),
        Question(
            "point",
            "If it is present: which point is most representative of the finding?",
            Kind.POINT,
            Step.IMAGE,
            "reader's own localisation",
            "CheXlocalize, Saporta 2022, doi 10.1038/s42256-022-00536-x",
            help="Click on the radiograph; a second click moves the point.",
        ),
        Question(
            "agreement",
            "Do you agree with the model?",
            Kind.CHOICE,
            Step.REVEAL,
            "agreement with the model",
            "Rainey 2024, pdig.0000560",
            ("agree", "disagree", "change my answer"),
            required=True,
        ),
        _item(
            "location",
            "The map highlights the correct location of the finding.",
            "spatially correct",
            "Hicks 2024, pone.0304069",
        ),
        _item(
            "coverage",
            "The map covers the whole finding.",
            "completeness",
            "10.3390/app14114654",
        ),
        _item(
            "specificity",
            "The map is free of major highlighted regions unrelated to the finding.",
            "noise robustness",
            "10.3390/app14114654",
        ),
        _item(
            "significance",
            "The highlighted region is medically significant for this label.",
            "clinical relevance",
            "SHAMSUL (10.5617/nmi.10471); Ihongbe 2024, pone.0308758",
        ),
        _item(
            "understanding",
            "From this map I understand why the model gave this output.",
            "understanding",
            "Hicks 2024, pone.0304069",
        ),
        _item(
            "trust",
            "This map increases my trust in this prediction.",
            "trust",
            "Hicks 2024, pone.0304069; Ihongbe 2024, pone.0308758",
        ),
        _item(
            "usefulness",
            "This map would help me in this reading.",
            "usefulness",
            "Wollek 2023, arXiv 2303.01871",
        ),
        Question(
            "failure_tags",
            "What does the map highlight wrongly?",
            Kind.TAGS,
            Step.MAPS,
            "kind of failure",
            options=FAILURE_TAGS,
        ),
        Question("comment", "Comment", Kind.TEXT, Step.MAPS),
        Question(
            "rank",
            "Rank of this map, 1 is best.",
            Kind.RANK,
            Step.MAPS,
            "preference",
            help="Maps may share a rank.",
            required=True,
        ),
        *(
            Question(
                f"scs_{number}",
                wording,
                Kind.SCALE,
                Step.END,
                "System Causability Scale",
                "Holzinger 2020, doi 10.1007/s13218-020-00636-z",
                AGREEMENT,
                required=True,
            )
            for number, wording in enumerate(_CAUSABILITY, start=1)
        ),
    )
)
