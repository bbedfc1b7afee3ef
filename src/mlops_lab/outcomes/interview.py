"""What a stranger finds over HTTP who knows only a service's base URL and key: health, schema, numbers, refusals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from mlops_lab.cloud import api
from mlops_lab.outcomes.outcome import require

TIMEOUT = 10
MAX_ROWS = 1_000  # that the service promises to take at once
MAX_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class Interview:
    """A service and what it promises of itself; every method raises NotReachedError where a promise is not kept."""

    http: httpx.Client  # its base URL ends in the project's name, its headers hold the key
    document: Mapping[str, Any]  # OpenAPI

    @classmethod
    def begin(cls, url: str, key: str) -> "Interview":
        """Read the document of the service at ``<balancer>/<project>``."""
        http = httpx.Client(base_url=url, headers={"x-api-key": key}, timeout=TIMEOUT)
        return cls(http, _answer(http.get("openapi.json"), 200))

    def answers_for_itself(self) -> str:
        """It is alive and ready, and says which version of which project it is; return the version."""
        for endpoint, status in (("health", "alive"), ("ready", "ready")):
            said = _answer(self.http.get(endpoint), 200)
            require(said["status"] == status, f"{endpoint} answers {said}")
        return str(_answer(self.http.get("metadata"), 200)["version"])

    def predicts(self, instances: Sequence[Mapping[str, Any]]) -> list[float]:
        """It answers rows in the shape that it documents, with a request id in body and header; return the numbers."""
        answer = self.http.post("predict", json={"instances": list(instances)})
        said = _answer(answer, 200)
        self._check("Answer", said)
        require(said["request_id"] == answer.headers["x-request-id"], f"request ids differ: {answer.headers}")
        predictions = said["predictions"]
        require(len(predictions) == len(instances), f"{len(instances)} rows got {len(predictions)} predictions")
        return [api.number(each) for each in predictions]

    def refuses(self) -> list[int]:
        """It refuses what breaks its schema, in the shape that it documents; return the statuses."""
        statuses = []
        for what, expected, options in self._bad():
            refused = self.http.post("predict", **options)
            said = _answer(refused, expected, what)
            self._check("Refusal", said)
            statuses.append(refused.status_code)
        return statuses

    @property
    def example(self) -> Mapping[str, Any]:
        """The row that it gives as an example."""
        example: Mapping[str, Any] = self.document["components"]["schemas"]["Instance"]["examples"][0]
        return example

    @property
    def answered(self) -> Mapping[str, Any]:
        """The prediction that it documents for its example."""
        (path,) = (each for each in self.document["paths"] if each.endswith("/predict"))
        answer = self.document["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]["example"]
        prediction: Mapping[str, Any] = answer["predictions"][0]
        return prediction

    def _bad(self) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """What is sent, by what is wrong with it, and the status that is due."""
        row, (first, *_) = dict(self.example), self.example
        named = {"Content-Type": "application/json"}
        yield "no JSON", 422, {"content": b"{", "headers": named}
        yield "no instance", 422, {"json": {"instances": []}}
        yield "a field too few", 422, {"json": {"instances": [{key: row[key] for key in row if key != first}]}}
        yield "a field too many", 422, {"json": {"instances": [row | {"not a field": 1}]}}
        for name, described in self.document["components"]["schemas"]["Instance"]["properties"].items():
            yield f"a list as {name}", 422, {"json": {"instances": [row | {name: []}]}}
            if "maximum" in described:
                beyond = row | {name: described["maximum"] + 1}
                yield f"{name} beyond its maximum", 422, {"json": {"instances": [beyond]}}
            if "minimum" in described:
                beyond = row | {name: described["minimum"] - 1}
                yield f"{name} below its minimum", 422, {"json": {"instances": [beyond]}}
        yield "too many rows", 413, {"json": {"instances": [row] * (MAX_ROWS + 1)}}
        yield "too many bytes", 413, {"content": b" " * (MAX_BYTES + 1), "headers": named}
        yield "text", 415, {"content": b"{}", "headers": {"Content-Type": "text/plain"}}
        yield "a wrong key", 401, {"json": {"instances": [row]}, "headers": {"x-api-key": "wrong"}}

    def _check(self, name: str, said: Any) -> None:
        """Hold an answer against a schema of the document."""
        from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

        schema = {"$ref": f"#/components/schemas/{name}", "components": self.document["components"]}
        broken = next(Draft202012Validator(schema).iter_errors(said), None)
        require(broken is None, f"an answer breaks the documented {name}: {broken.message if broken else ''}")


def _answer(answer: httpx.Response, status: int, what: str = "") -> Any:
    asked = f"{answer.request.method} {answer.request.url}{f' with {what}' if what else ''}"
    require(answer.status_code == status, f"{asked} answers {answer.status_code}, not {status}: {answer.text[:200]}")
    return answer.json()
