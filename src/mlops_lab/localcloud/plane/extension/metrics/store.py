"""All metrics of an account and region. Pure: whoever calls says what time it is."""

from collections.abc import Iterator, Mapping, Sequence

from mlops_lab.localcloud.plane.extension.metrics.datum import Dimensions, Json, Metric, metric, seconds, summary
from mlops_lab.localcloud.plane.extension.metrics.series import Series, united
from mlops_lab.localcloud.plane.extension.metrics.summary import Summary

TRIM_SECONDS = 60  # between two looks for what is too old
MOST_METRICS = 10_000  # beyond it, those that got no data for the longest time are dropped


class MetricStore:
    """Takes data, and finds them again by metric and time."""

    def __init__(self) -> None:
        self._series: dict[Metric, Series] = {}
        self._trimmed = 0.0

    def add(self, namespace: str, data: Sequence[Json], now: float) -> None:
        """Add the data of a PutMetricData request, all or none.

        Raises:
            MalformedDatumError: A datum cannot be read.
        """
        summaries = [summary(item) for item in data]
        for item, values in zip(data, summaries, strict=True):
            moment = seconds(item["Timestamp"]) if item.get("Timestamp") else now
            series = self._series.setdefault(metric(namespace, item), Series())
            series.add(int(moment // 1), int(item.get("StorageResolution") or 60), values)
        if now - self._trimmed >= TRIM_SECONDS:
            self._trim(now)

    def periods(
        self, wanted: Metric, start: float, end: float, period: int, units: Sequence[str] = ()
    ) -> Mapping[int, Summary]:
        """Return a metric's periods in a span of time; of all units, or of those named."""
        found = [self._series[each] for each in self.units(wanted) if not units or each.unit in units]
        return united(found, start, end, period)

    def units(self, wanted: Metric) -> list[Metric]:
        """Return the metrics that differ from this one in the unit at most."""
        return [each for each in self._series if each[:3] == wanted[:3]]

    def find(
        self, namespace: str | None, name: str | None, filters: Sequence[tuple[str, str | None]], since: float = 0.0
    ) -> list[tuple[str, str, Dimensions]]:
        """Return the metrics that ListMetrics shows, sorted.

        Args:
            namespace: None for all.
            name: None for all.
            filters: Dimensions that the metrics must have, with the value or None for any.
            since: The metrics must have data from this time or later.
        """
        found = {
            each[:3]
            for each, series in self._series.items()
            if namespace in (None, each.namespace) and name in (None, each.name) and series.newest >= since
        }
        return sorted(each for each in found if _matches(each[2], filters))

    def __len__(self) -> int:
        return len(self._series)

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._series)

    def _trim(self, now: float) -> None:
        self._trimmed = now
        for series in self._series.values():
            series.trim(now)
        kept = [(each, series) for each, series in self._series.items() if not series.is_empty]
        if len(kept) > MOST_METRICS:
            kept = sorted(kept, key=lambda pair: pair[1].newest)[-MOST_METRICS:]
        self._series = dict(kept)


def _matches(dimensions: Dimensions, filters: Sequence[tuple[str, str | None]]) -> bool:
    return all(any(name == key and wanted in (None, value) for key, value in dimensions) for name, wanted in filters)
