"""Questions of the studies that tests make, by their ids."""

_QUESTIONS = """
[[question]]
id = "years"
wording = "Years of reading?"
kind = "number"
step = "start"
minimum = 0
required = true

[[question]]
id = "present"
wording = "Is the finding present?"
kind = "choice"
step = "image"
options = ["yes", "no"]
required = true

[[question]]
id = "probable"
wording = "How probable is it?"
kind = "percent"
step = "image"
required = true

[[question]]
id = "sure"
wording = "How sure are you?"
kind = "scale"
step = "image"
options = ["not", "little", "half", "rather", "quite"]
required = true

[[question]]
id = "point"
wording = "Where?"
kind = "point"
step = "image"

[[question]]
id = "agreement"
wording = "Do you agree with the model?"
kind = "choice"
step = "reveal"
options = ["agree", "disagree"]
required = true

[[question]]
id = "location"
wording = "The map highlights the correct location."
kind = "scale"
step = "maps"
options = ["No", "Hardly", "Partly", "Mostly", "Yes"]
may_abstain = true
required = true

[[question]]
id = "coverage"
wording = "All of it is covered."
kind = "scale"
step = "maps"
options = ["No", "Hardly", "Partly", "Mostly", "Yes"]
required = true

[[question]]
id = "failure_tags"
wording = "What is wrong with it?"
kind = "tags"
step = "maps"
options = ["too large", "elsewhere"]

[[question]]
id = "comment"
wording = "Comment"
kind = "text"
step = "maps"

[[question]]
id = "useful"
wording = "Were the maps useful?"
kind = "choice"
step = "end"
options = ["yes", "no"]
required = true
"""
_BLOCKS = _QUESTIONS.strip().split("\n\n")
_BY_ID = {block.splitlines()[1].removeprefix('id = "').rstrip('"'): block for block in _BLOCKS}


def asked(*ids: str) -> str:
    """The questions of these ids, as a study file has them."""
    return "\n" + "\n\n".join(_BY_ID[one] for one in ids) + "\n"
