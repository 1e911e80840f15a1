"""A worker whose parent was killed stops: it would hold the port for ever, and nothing could
tell it to stop.
"""

import logging
import multiprocessing
import os
import signal
import time
from threading import Thread

logger = logging.getLogger(__name__)

#: Of running requests, once a server is told to stop.
SECONDS_TO_FINISH = 5


def start() -> None:
    """Watches the parent of this process, where it is a worker of one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(
            target=_stop_after,
            args=[parent],
            name="orphans",
            daemon=True,
        ).start()


def _stop_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    logger.warning(
        "The main process of the server is gone, and so this worker stops.",
    )
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SECONDS_TO_FINISH)
    os._exit(1)
