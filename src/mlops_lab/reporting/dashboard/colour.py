"""Colours of the dashboards: one for each series in its order, the same in picture and page."""

from collections.abc import Sequence

from mlops_lab.reporting.dashboard.view import Series, State

SERIES = ("#3f63a8", "#c9742b", "#2f8577", "#8e5bb5", "#8a8f2a", "#4a9cc7", "#b5527e", "#7a5c46")
DARK_SERIES = ("#7fa3ea", "#e8a062", "#5fc0ae", "#bd95dd", "#c0c65e", "#7cc4ea", "#e08bb0", "#b79a83")
STATES: dict[State, str] = {"OK": "#2c7d4f", "ALARM": "#bf3427", "INSUFFICIENT_DATA": "#66727f", "MISSING": "#8a5a00"}
DARK_STATES: dict[State, str] = {
    "OK": "#63c08a",
    "ALARM": "#ff8a7a",
    "INSUFFICIENT_DATA": "#a2adb9",
    "MISSING": "#e0b050",
}
WORDS: dict[State, str] = {
    "OK": "OK",
    "ALARM": "in alarm",
    "INSUFFICIENT_DATA": "no data yet",
    "MISSING": "does not exist",
}
LIMIT = "#bf3427"


def of(series: Sequence[Series]) -> list[str]:
    """Return a colour for each series: the one that its definition names, else the next of the palette."""
    return [each.colour or SERIES[index % len(SERIES)] for index, each in enumerate(series)]
