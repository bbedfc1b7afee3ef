"""``python -m mlops_lab.localcloud.plane --state-dir FOLDER --port PORT``: the control plane on its own."""

import argparse
import logging
import signal
import sys
from pathlib import Path

from mlops_lab.errors import LabError
from mlops_lab.localcloud.plane import ControlPlane
from mlops_lab.localcloud.plane.gate import Limits


def main() -> int:
    """Serve until SIGINT or SIGTERM; print the URL once it answers."""
    parser = argparse.ArgumentParser(prog="python -m mlops_lab.localcloud.plane", description=__doc__)
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--records", type=int, default=Limits.records, help="journal records between snapshots")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    plane = ControlPlane(options.state_dir, options.port, Limits(records=options.records))
    try:
        plane.start()
    except LabError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{plane.url}\n")
    sys.stdout.flush()
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    plane.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
