"""Bills side by side: the cheapest on top, each with its sum, and the limit."""

from matplotlib.text import Text

from mlops_lab.pipeline.bill import Bill, Line
from mlops_lab.pipeline.prices import Price
from mlops_lab.reporting.cost_chart import draw


def bill(usd: float, group: str = "tasks") -> Bill:
    return Bill((Line(group, "a thing", 1, 1, Price(usd, "month", "a list"), "all month"),))


def test_bills_are_ordered_and_their_sums_and_the_limit_are_named():
    figure = draw({"cheap": bill(10), "dear": bill(70, "network")}, limit=100)

    said = [text.get_text() for text in figure.findobj(Text)]
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["dear", "cheap"]
    assert {"10.00 USD", "70.00 USD", " limit 100 USD"} <= set(said)
    assert {"tasks", "network"} <= set(said)
    assert "storage" not in said
