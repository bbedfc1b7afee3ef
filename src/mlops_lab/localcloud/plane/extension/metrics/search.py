"""SEARCH expressions of GetMetricData: every metric with some dimensions and a name, each a series of its own. Pure.

What is understood is the exact form: ``SEARCH('{Namespace,Dimension,...} MetricName="name" Dimension="value"', 'stat',
period)``, without OR, NOT and words to match in part.
Source: "CloudWatch search expression syntax" in CloudWatch's user guide.
"""

import re
from dataclasses import dataclass

from mlops_lab.localcloud.plane.extension.metrics.datum import Dimensions

SEARCH = re.compile(
    r"\s*SEARCH\(\s*'\{(?P<schema>[^}]*)\}(?P<terms>[^']*)'\s*,\s*'(?P<stat>[^']+)'\s*(?:,\s*(?P<period>\d+)\s*)?\)\s*"
)
TERM = re.compile(r'\s*([\w/-]+)\s*=\s*"([^"]*)"\s*')
NAME = "MetricName"


@dataclass(frozen=True)
class Search:
    """What is searched for."""

    namespace: str
    dimensions: frozenset[str]  # the metric has exactly these
    name: str
    wanted: tuple[tuple[str, str], ...]  # dimension -> value
    stat: str
    period: int | None

    def finds(self, dimensions: Dimensions) -> bool:
        """Whether a metric of the namespace and name is one of these."""
        found = dict(dimensions)
        return found.keys() == self.dimensions and all(found[name] == value for name, value in self.wanted)

    def label(self, dimensions: Dimensions) -> str:
        """What tells a found metric from the others: the values of the dimensions that were left open."""
        asked = dict(self.wanted)
        return " ".join(value for name, value in dimensions if name not in asked) or self.name


def parse(expression: str) -> Search | None:
    """Read a SEARCH expression; None where it is none, or of a form that is not understood."""
    match = SEARCH.fullmatch(expression)
    if match is None:
        return None
    namespace, *dimensions = [each.strip() for each in match["schema"].split(",")]
    terms = dict(TERM.findall(match["terms"]))
    if TERM.sub("", match["terms"]).strip() or NAME not in terms or not set(terms) - {NAME} <= set(dimensions):
        return None
    wanted = tuple((name, value) for name, value in terms.items() if name != NAME)
    period = int(match["period"]) if match["period"] else None
    return Search(namespace, frozenset(dimensions), terms[NAME], wanted, match["stat"], period)
