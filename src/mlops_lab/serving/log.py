"""Log lines as JSON on stdout, one per event."""

import logging
import sys
from datetime import UTC, datetime

import msgspec


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON: time (UTC), level, event, and what ``extra={"fields": ...}`` holds."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, a traceback included as text."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": moment, "level": record.levelname.lower(), "event": record.getMessage()}
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.format(msgspec.json.encode(line, enc_hook=str), indent=0).decode()


def configure() -> None:
    """Send this process's log to stdout; uvicorn's own progress is left out."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    for name in ("boto3", "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
