"""Layer-wise relevance propagation."""

from shamsul.explainers.method import Method, Parameter, Relevance, Task
from shamsul.explainers.propagation import decomposed
from shamsul.explainers.rules import COMPOSITES


def lrp(task: Task, *, composite: str) -> Relevance:
    """Explain by layer-wise relevance propagation.

    Parameters
    ----------
    task : Task
    composite : str
        Which rules: a name of :data:`shamsul.explainers.rules.COMPOSITES`.

    References
    ----------
    Bach et al. 2015, doi 10.1371/journal.pone.0130140; Montavon et al. 2019,
    doi 10.1007/978-3-030-28954-6_10; of attention Achtibat et al. 2024, arXiv 2402.05602, and Ali
    et al. 2022, arXiv 2202.07304
    """
    return decomposed(task, COMPOSITES[composite])


METHOD = Method(
    name="lrp",
    title="LRP",
    function=lrp,
    parameters=(
        Parameter(
            "composite",
            "epsilon_gamma_box",
            "Which propagation rule each kind of layer gets; attn_lrp is for transformers.",
            choices=tuple(COMPOSITES),
        ),
    ),
    sampled=False,
    looks_inside=True,
    reading="Each pixel shows its share of the output, handed back layer by layer; look at where "
    "the relevance gathers, not at single pixels.",
    citation="Bach et al. 2015, doi 10.1371/journal.pone.0130140",
)
