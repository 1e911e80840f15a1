import errno
import ipaddress
import signal
import socket
import sys
from contextlib import closing, contextmanager, suppress

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand
from granian.server import MPServer

from serving.environment import Environment
from serving.orphans import SECONDS_TO_FINISH

env = Environment()

OWN_KEY = (
    "SECRET_KEY is not set, and this machine signs sessions with a key of its own ({}). Where several machines serve the site, "
    "curators and experts would lose their sessions from one to the next: set the same SECRET_KEY on all of them."
)
BARE = (
    "The site is served to the network without a proxy: without TLS, and open to whoever sends or takes slowly from many addresses. Put a "
    "proxy in front (docs/operations.md), and set BEHIND_HTTPS_PROXY=on; or HOST=127.0.0.1 for this machine alone."
)


class WrongAddress(Exception):
    """The site cannot be served there. The message is one line and says what to do."""


def asked_address() -> tuple[str, int]:
    """HOST and PORT of the environment. Raises WrongAddress for a port that is no number."""
    host = env("HOST", default="") or "127.0.0.1"
    port = env("PORT", default="") or "8000"
    if not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65536:
        raise WrongAddress(
            f"PORT={port} is no port: choose a number from 1 to 65535, such as PORT=8000 make serve",
        )
    return host, int(port)


def free_address(host: str, port: int) -> tuple[str, int]:
    """The numeric address of `host` with `port`. Raises WrongAddress where nothing can listen
    there.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host,
            port,
            type=socket.SOCK_STREAM,
        )[0]
        _try_to_bind(family, address)
    except socket.gaierror as error:
        raise WrongAddress(_not_here(host)) from error
    except OSError as error:
        raise WrongAddress(_refusal(error, host, port)) from error
    return str(address[0]), port


def _try_to_bind(family: socket.AddressFamily, address: tuple) -> None:
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def _not_here(host: str) -> str:
    return f"HOST={host} is no address of this machine: try HOST=127.0.0.1 make serve"


def _refusal(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken: choose another with PORT={port % 65535 + 1} make serve"
    if error.errno == errno.EACCES:
        return f"Port {port} is for administrators: choose one from 1024 on, with PORT=8000 make serve"
    return _not_here(host)


@contextmanager
def interrupts_held_back():
    """Processes started within do not see Ctrl-C, which a terminal sends to all: only their
    parent does.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class CatalogueServer(MPServer):
    """Granian, whose workers stop when their parent tells them to, and not by themselves before."""

    def _spawn_workers(self, *args):
        with interrupts_held_back():
            super()._spawn_workers(*args)

    def _respawn_workers(self, *args, **options):
        with interrupts_held_back():
            super()._respawn_workers(*args, **options)

    def serve_until_stopped(self):
        """Serves until SIGINT or SIGTERM. Raises SystemExit only where workers fail as soon as
        they are started again.
        """
        try:
            self.serve()
        except SystemExit:
            if not self.interrupt_signal:
                raise


class Command(BaseCommand):
    help = "Serves the site with the production server, at HOST and PORT, on WEB_CONCURRENCY processes."

    def handle(self, **options):
        try:
            address, port = free_address(*asked_address())
            processes = env.int("WEB_CONCURRENCY", default=2, least=1)
        except (WrongAddress, ImproperlyConfigured) as error:
            self.stderr.write(str(error))
            sys.exit(1)
        if settings.HAS_OWN_SECRET_KEY and (
            settings.REPLICAS or settings.HAS_SHARED_CACHE
        ):
            self.stderr.write(
                self.style.WARNING(
                    OWN_KEY.format(settings.DATA_DIR / "secret-key"),
                ),
            )
        if (
            not ipaddress.ip_address(address).is_loopback
            and not settings.BEHIND_HTTPS_PROXY
        ):
            self.stderr.write(self.style.WARNING(BARE))
        server = self._server(address, port, processes)
        server.on_startup(lambda: self._greet(address, port))
        with suppress(
            KeyboardInterrupt,
        ):  # before the server listens to signals
            server.serve_until_stopped()

    def _server(self, address, port, processes):
        return CatalogueServer(
            "config.served:application",
            address=address,
            port=port,
            interface="wsgi",
            workers=processes,
            blocking_threads=settings.SERVER_THREADS,
            workers_kill_timeout=SECONDS_TO_FINISH,
            respawn_failed_workers=True,  # unless it fails again at once: then it exits
            working_dir=settings.BASE_DIR,
            log_level="warning",
        )

    def _greet(self, address, port):
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(
            address,
            f"[{address}]" if ":" in address else address,
        )
        python = sys.executable.removeprefix(f"{settings.BASE_DIR}/")
        self.stdout.write(
            f"{settings.SITE_NAME}: http://{host}:{port}/ (Ctrl-C stops it). "
            f"To curate at /admin/, make an account: {python} manage.py createsuperuser",
        )
        self.stdout.flush()
