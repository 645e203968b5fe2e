"""A study file is read whole, and every fault in it is named with its line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from shamsul.reading.design.design import Control, Design, Mode
from shamsul.reading.design.instrument import DEFAULT
from shamsul.reading.design.plan import Plan
from shamsul.reading.design.questionnaire import Kind, Questionnaire, Step
from shamsul.reading.design.study_file import Known, StudyFileError, read_study_file

KNOWN = Known(
    {"phantom": ("Edema", "Mass")}, ("lime", "lrp"), ("shamsul-2023",), {"phantom-demo": 8}
)

LEAST = """\
name = "pilot"
title = "Pilot"
model = "phantom"
methods = ["lime", "lrp"]

[cases]
study = "phantom-demo"
"""

WHOLE = """\
# A comment
name = "pilot-2"
title = "Which map shows it best?"
about = '''
name = "not this one"
'''
model = "phantom"
methods = ["lrp"]
preset = "shamsul-2023"
target = "probability"
readers = ["Ada", "Bo"]

[cases]
study = "phantom-demo"
only = ["phantom-0001", "phantom-0002", "phantom-0003", "phantom-0004"]

[labels]
from = "given"
given = ["Edema"]
most = 2

[design]
seed = 3
blinded = false
shuffled = false
counterbalanced = false
repeats = 2
warm_up = 1
controls = ["other_patient", "random_model"]
controlled = 0.25
controls_replace = false
mode = "crossover"
sessions = 2
washout_days = 28
cases_per_reader = 10
changes = true
back = false
debrief = false

[[question]]
id = "present"
wording = "Is it there?"
kind = "choice"
step = "image"
options = ["yes", "no"]
required = true
help = "Look closely."

[[question]]
id = "location"
wording = "Right place?"
kind = "scale"
step = "maps"
options = ["no", "partly", "yes"]
may_abstain = true
construct = "localisation"
source = "ours"

[[question]]
id = "years"
wording = "Years?"
kind = "number"
step = "start"
minimum = 0
maximum = 70.5
"""


def faults(text: str, folder: Path | None = None) -> list[str]:
    with pytest.raises(StudyFileError) as caught:
        read_study_file(text, KNOWN, folder=folder)
    return [str(fault) for fault in caught.value.faults]


def test_what_is_left_out_is_usual() -> None:
    file = read_study_file(LEAST, KNOWN)
    assert file.study.questionnaire == DEFAULT
    assert file.study.plan == Plan(("lime", "lrp"), source=LEAST)
    assert file.labels.source == "prediction"
    assert file.labels.most == 1


def test_controls_of_a_new_file_replace_unless_it_says_otherwise() -> None:
    for text, replaces in (
        ('controls = ["other_patient"]', True),
        ('controls = ["other_patient"]\ncontrols_replace = false', False),
        ("controls_replace = true", False),  # there are none
    ):
        plan = read_study_file(f"{LEAST}\n[design]\n{text}", KNOWN).study.plan
        assert plan is not None and plan.design.controls_replace is replaces
        assert Plan.from_json(plan.to_json()) == plan


def test_a_plan_of_before_there_was_a_choice_adds_its_controls() -> None:
    design = Design(controls=(Control.OTHER_PATIENT,))
    content = json.loads(Plan(("lime", "lrp"), design=design).to_json())
    del content["design"]["controls_replace"]
    assert not Plan.from_json(json.dumps(content)).design.controls_replace


def test_repeats_that_cannot_keep_their_distance_are_a_fault_with_its_line(tmp_path: Path) -> None:
    only = ", ".join(f'"case-{number}"' for number in range(8))
    text = LEAST.replace("[cases]", f"[cases]\nonly = [{only}]")
    assert text != LEAST
    design = "\n[design]\nwarm_up = 1\nrepeats = {}\n"
    assert read_study_file(text + design.format(4), KNOWN)
    (fault,) = faults(text + design.format(5))
    line = (text + design).splitlines().index("repeats = {}") + 1
    assert fault == (
        f"line {line}: design.repeats: of 7 cases besides practice at most 4 can come again with "
        "10 others, or half of a reader's cases, between"
    )


def test_every_setting_is_read() -> None:
    file = read_study_file(WHOLE, KNOWN)
    study, plan = file.study, file.study.plan
    assert (study.name, study.title, study.model) == (
        "pilot-2",
        "Which map shows it best?",
        "phantom",
    )
    assert plan is not None
    assert plan.design == Design(
        seed=3,
        blinded=False,
        shuffled=False,
        counterbalanced=False,
        repeats=2,
        warm_up=1,
        controls=(Control.OTHER_PATIENT, Control.RANDOM_MODEL),
        controlled=0.25,
        mode=Mode.CROSSOVER,
        sessions=2,
        washout_days=28,
        cases_per_reader=10,
        changes=True,
        back=False,
        debrief=False,
    )
    assert (plan.preset, plan.target, plan.readers) == (
        "shamsul-2023",
        "probability",
        ("Ada", "Bo"),
    )
    assert file.cases.only == ("phantom-0001", "phantom-0002", "phantom-0003", "phantom-0004")
    assert (file.labels.source, file.labels.given, file.labels.most) == ("given", ("Edema",), 2)
    present, location, years, again = study.questionnaire.questions
    assert (again.id, again.step) == (f"{present.id}_with_maps", Step.AGAIN)
    assert (present.kind, present.step, present.required) == (Kind.CHOICE, Step.IMAGE, True)
    assert present.help == "Look closely."
    assert (location.construct, location.source, location.may_abstain) == (
        "localisation",
        "ours",
        True,
    )
    assert (years.minimum, years.maximum) == (0, 70.5)
    assert Plan.from_json(plan.to_json()) == plan


def test_readers_draw_only_where_the_file_says_so() -> None:
    for text, drawing in ((LEAST, False), (f"{LEAST}[design]\ndrawing = true\n", True)):
        plan = read_study_file(text, KNOWN).study.plan
        assert plan is not None
        assert plan.design.drawing is drawing
        assert Plan.from_json(plan.to_json()) == plan


def test_plan_of_before_there_was_drawing_is_read_as_one_without_it() -> None:
    plan = read_study_file(LEAST, KNOWN).study.plan
    assert plan is not None
    content = json.loads(plan.to_json())
    del content["design"]["drawing"]
    assert Plan.from_json(json.dumps(content)) == plan


@pytest.mark.parametrize("mode", ["without_then_with", "crossover"])
def test_the_image_is_read_again_with_the_maps(mode: str) -> None:
    text = LEAST + f'[design]\nmode = "{mode}"\nsessions = 2\n'
    asked = read_study_file(text, KNOWN).study.questionnaire
    assert asked.at(Step.PROBABILITY) == ()
    assert [q.id for q in asked.at(Step.AGAIN)] == [
        "finding_present_with_maps",
        "finding_probability_with_maps",
        "confidence_with_maps",
        "point_with_maps",
    ]


def test_the_image_is_read_again_with_the_probability_and_with_the_maps() -> None:
    text = LEAST + '[design]\nmode = "image_probability_maps"\n'
    study = read_study_file(text, KNOWN).study
    asks, alone = study.questionnaire, DEFAULT.at(Step.IMAGE)
    assert asks.about_case(Step.IMAGE) == alone
    assert [q.id for q in asks.about_case(Step.PROBABILITY)] == [
        *(f"{q.id}_with_probability" for q in alone),
        "agreement",
    ]
    assert [q.id for q in asks.about_case(Step.MAPS)] == [f"{q.id}_with_maps" for q in alone]
    assert study.plan is not None
    assert Plan.from_json(study.plan.to_json()) == study.plan
    assert Questionnaire.from_json(asks.to_json()) == asks


@pytest.mark.parametrize(
    ("changed", "to", "says"),
    [
        ('title = "Pilot"\n', "", "line 1: title: is missing"),
        ('"pilot"', '"Pilot X"', "line 1: name: may hold small letters"),
        ('"Pilot"', "3", "line 2: title: must be of kind string"),
        ('model = "phantom"', 'model = "phantm"', "line 3: model: there is no model 'phantm'"),
        ('"lime", ', '"gradcam", ', "line 4: methods: there is no method 'gradcam'"),
        ('"lime", ', '"lrp", ', "line 4: methods: a method is named twice"),
        ('["lime", "lrp"]', "[]", "line 4: methods: is empty"),
        ("\n[cases]", 'readers = ["Ada", " Ada "]\n[cases]', "line 5: readers: a reader is named"),
        ("\n[cases]", 'readers = [" "]\n[cases]', "line 5: readers: the reader's name is empty"),
        ("\n[cases]", 'preset = "other"\n[cases]', "line 5: preset: there is no preset 'other'"),
        ("\n[cases]", 'colour = "red"\n[cases]', "line 5: colour: there is no such setting"),
        ("phantom-demo", "nowhere", "line 7: cases.study: there is no study 'nowhere'; there are"),
        ('study = "phantom-demo"', "", "line 6: cases: must name one of study, folder and list"),
        (
            'study = "phantom-demo"',
            'folder = "no"',
            "line 7: cases.folder: there is no folder",
        ),
        ('study = "phantom-demo"', 'list = "no"', "line 7: cases.list: there is no file 'no'"),
    ],
)
def test_a_fault_is_named_with_its_line(changed: str, to: str, says: str, tmp_path: Path) -> None:
    assert changed in LEAST
    (fault,) = faults(LEAST.replace(changed, to, 1), tmp_path)
    assert fault.startswith(says)


@pytest.mark.parametrize(
    ("added", "says"),
    [
        (
            '[labels]\nfrom = "nowhere"',
            "line 9: labels.from: must be one of annotation",
        ),
        ("[labels]\nmost = 0", "line 9: labels.most: must be greater than or equal to 1"),
        ('[labels]\nfrom = "given"', "line 8: labels.given: must name the labels to read"),
        ('[labels]\ngiven = ["Edema"]', 'line 9: labels.given: needs from = "given"'),
        (
            '[labels]\nfrom = "given"\ngiven = ["Oedema"]',
            "line 10: labels.given: there is no label 'Oedema'; there are Edema, Mass",
        ),
        ("[design]\nrepeats = -1", "line 9: design.repeats: must be greater than or equal to 0"),
        ('[design]\nseed = "1"', "line 9: design.seed: must be of kind integer"),
        ('[design]\ncontrols = ["none"]', "line 9: design.controls: must be one of other_patient"),
        ('[design]\nmode = "crossover"', "line 8: design: a crossover needs sessions = 2"),
        ("[design]\nchanges = true", "line 8: design: changes and debrief exclude each other"),
        (
            '[design]\nmode = "without_then_with"\n[[question]]\nid = "a"\nwording = "A"\n'
            'kind = "text"\nstep = "end"',
            "line 9: design.mode: needs questions about the image alone",
        ),
        (
            '[design]\ndrawing = true\n[[question]]\nid = "a"\nwording = "A"\n'
            'kind = "text"\nstep = "end"',
            'line 9: design.drawing: needs questions about the image alone (step = "image")',
        ),
        (
            "[design]\ndrawing = true\nblinded = false",
            "line 8: design: drawing needs blinded = true: who sees the expert annotation",
        ),
        (
            '[[question]]\nid = "A b"\nwording = "A"\nkind = "text"\nstep = "end"',
            "line 9: question.id",
        ),
        (
            '[[question]]\nid = "a"\nwording = "A"\nkind = "word"\nstep = "end"',
            "line 11: question.kind",
        ),
        (
            '[[question]]\nid = "a"\nwording = "A"\nkind = "scale"\nstep = "end"',
            "line 8: question: question 'a': wrong options for a scale",
        ),
        (
            '[[question]]\nid = "a"\nwording = "A"\nkind = "text"\nstep = "maps"',
            "line 8: question: question 'a' about a map must be a scale",
        ),
        (
            '[[question]]\nid = "a"\nwording = "A"\nkind = "text"\nstep = "end"\n' * 2,
            "line 14: question.id: there is another question 'a'",
        ),
    ],
)
def test_a_fault_in_a_table_is_named_with_its_line(added: str, says: str) -> None:
    (fault,) = faults(f"{LEAST}{added}\n")
    assert fault.startswith(says)


MORE = Known(
    {"phantom": ("Edema", "Mass"), "gaze": ("Edema",), "other": ("Hernia",)},
    ("lime", "lrp"),
    studies={"phantom-demo": 8},
    apart={"phantom": ("other",), "gaze": ("other",)},
)


def test_further_models_are_kept_in_their_order() -> None:
    known = replace(MORE, apart={})
    text = LEAST.replace("methods", 'beside = ["other", "gaze"]\nmethods')
    study = read_study_file(text, known).study
    assert (study.model, study.beside) == ("phantom", ("other", "gaze"))
    assert read_study_file(LEAST, known).study.beside == ()


@pytest.mark.parametrize(
    ("beside", "says"),
    [
        ('["gone"]', "there is no model 'gone'; there are phantom, gaze, other"),
        ('["phantom"]', "'phantom' is the study's own model"),
        ('["gaze", "gaze"]', "a model is named twice"),
        ('["other"]', "'other' has no finding in common with 'phantom'"),
        ('"gaze"', "must be a list"),
        ("[3]", "must be of kind string"),
    ],
)
def test_a_fault_of_further_models_is_named_with_its_line(beside: str, says: str) -> None:
    text = LEAST.replace("methods", f"beside = {beside}\nmethods")
    with pytest.raises(StudyFileError) as caught:
        read_study_file(text, MORE)
    (fault,) = map(str, caught.value.faults)
    assert fault == f"line 4: beside: {says}"


def test_all_faults_are_named_at_once() -> None:
    text = LEAST.replace('"phantom"', '"phantm"').replace('"lime"', '"x"').replace("pilot", "P")
    text += '[design]\nrepeats = -1\n[[question]]\nid = "a"\n'
    lines = [fault.split(":")[0] for fault in faults(text)]
    assert lines == ["line 1", "line 3", "line 4", "line 9", *["line 10"] * 3]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = \n", "line 1: this is not TOML"),
        ('name = "a"\ntitle = "b', "line 2: this is not TOML"),
        ('name = "a"\nname = "b"\n', "line 2: this is not TOML: cannot overwrite a value"),
        ("name = " + "[" * 20_000, "line 1: this is not readable"),
        ("name = " + "1" * 5000, "line 1: this is not readable"),
    ],
)
def test_what_is_not_toml_says_where(text: str, says: str) -> None:
    (fault,) = faults(text)
    assert fault.startswith(says)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('title = "', 'title = "\\u0000', "title: holds a NUL"),
        ('wording = "Right place?"', 'wording = "Right\\u0000"', "question.wording: holds a NUL"),
        ('options = ["no", "partly"', 'options = ["n\\u0000", "partly"', "question.options: holds"),
    ],
)
def test_a_nul_is_a_fault(old: str, new: str, line: str) -> None:
    assert old in WHOLE
    assert any(line in fault for fault in faults(WHOLE.replace(old, new)))


def test_methods_and_controls_that_the_model_cannot_have_are_named_with_the_reason() -> None:
    reason = "theirs is an ONNX file."
    known = replace(
        KNOWN,
        models={"theirs": ("Edema",), **KNOWN.models},
        refusals={"theirs": {"lrp": reason, "random_model": reason}},
    )
    text = f'{LEAST}\n[design]\ncontrols = ["other_patient", "random_model"]\n'
    assert read_study_file(text, known).study.model == "phantom"
    with pytest.raises(StudyFileError) as refused:
        read_study_file(text.replace('model = "phantom"', 'model = "theirs"'), known)
    assert [(fault.line, fault.reason) for fault in refused.value.faults] == [
        (4, "methods: 'lrp' is not possible: theirs is an ONNX file"),
        (10, "design.controls: 'random_model' is not possible: theirs is an ONNX file"),
    ]
