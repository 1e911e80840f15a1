"""What can be known of Dockerfile and compose.yaml without an engine that runs containers."""

import re
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.db import connection

from catalogue.files.importing.opening import LARGEST_FILE
from serving import bodies
from serving.logs import SECRET_PATHS
from tests.clusters import Cluster, own_folder, programs, running
from tests.test_setup import variables_listed

ROOT = Path(settings.BASE_DIR)
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
WORKERS = ["web1", "web2", "migrate"]


def test_compose_sets_only_variables_that_the_site_reads():
    set_there = {
        name.removesuffix("_FILE")
        for worker in WORKERS
        for name in COMPOSE["services"][worker]["environment"]
    }
    asked_for = set(
        re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()),
    )

    assert (set_there | asked_for) - set(variables_listed()) == {
        "TMPDIR",
    }  # which Python reads
    assert {
        "SECRET_KEY",
        "DATABASE_URL",
        "REPLICA_URLS",
        "CACHE_URL",
    } <= set_there


def test_files_that_compose_mounts_exist():
    mounted = [
        volume.split(":")[0]
        for service in COMPOSE["services"].values()
        for volume in service.get("volumes", [])
    ]
    files = [name for name in mounted if name.startswith("./")]

    assert files
    assert [name for name in files if not (ROOT / name).is_file()] == []
    assert {name for name in mounted if name not in files} == set(
        COMPOSE["volumes"],
    )


@pytest.mark.parametrize("worker", WORKERS)
def test_a_container_may_write_where_the_site_keeps_releases_and_makes_files(
    worker,
):
    service = COMPOSE["services"][worker]
    image = dict(
        re.findall(
            r"([A-Z_]+)=(\S+)",
            re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE)[-1],
        ),
    )
    environment = {**image, **service["environment"]}
    written = [
        volume.partition(":")[2]
        for volume in service["volumes"]
        if not volume.endswith(":ro")
    ]
    written += [mount.partition(":")[0] for mount in service["tmpfs"]]

    assert service["read_only"]
    assert environment.get(
        "RELEASE_CACHE_DIR",
        environment["DATA_DIR"] + "/releases",
    ).startswith(tuple(written))
    assert environment["TMPDIR"] in written


def test_the_proxy_reaches_only_the_workers():
    networks = {
        name: set(service["networks"])
        for name, service in COMPOSE["services"].items()
    }
    reached = [
        name
        for name, others in networks.items()
        if name != "proxy" and others & networks["proxy"]
    ]

    assert sorted(reached) == sorted(WORKERS)
    assert set.union(*networks.values()) == set(COMPOSE["networks"])


def test_services_use_only_secrets_that_are_declared():
    used = {
        name
        for service in COMPOSE["services"].values()
        for name in service.get("secrets", [])
    }
    assert used == set(COMPOSE["secrets"])


def test_the_proxy_knows_every_worker():
    named = re.findall(
        r"server (\w+):8000",
        (ROOT / "deploy/nginx.conf").read_text(),
    )
    assert sorted(named) == sorted(set(WORKERS) - {"migrate"})


def test_every_command_of_the_containers_exists():
    named = re.findall(
        r"manage\.py\W+([a-z_]+)",
        DOCKERFILE + (ROOT / "compose.yaml").read_text(),
    )

    assert {"collectstatic", "serve", "migrate"} <= set(named)
    assert [name for name in named if name not in get_commands()] == []


def test_the_image_runs_as_nobody_in_particular_from_hashed_packages():
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]

    assert re.findall(r"^USER (\w+)$", last_stage, re.MULTILINE) == [
        "catalogue",
    ]
    assert "--require-hashes -r requirements/base.txt" in DOCKERFILE


@pytest.mark.any_engine
def test_what_goes_into_the_image_is_enough_to_run_the_site(tmp_path, loaded):
    """The Dockerfile's own steps, in a plain folder that holds what .dockerignore lets through."""
    everything, *let_through = (
        (ROOT / ".dockerignore").read_text().splitlines()
    )
    names = [line[1:] for line in let_through if line.startswith("!")]
    for name in names:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, target)
    environment = {"PATH": "/usr/bin:/bin", "DATA_DIR": str(tmp_path / "data")}

    (tmp_path / "data").mkdir()
    if (
        connection.vendor == "sqlite"
    ):  # where it has been loaded before, that takes two seconds and not fifteen
        loaded.copy_to(str(tmp_path / "data/catalogue.sqlite3"))

    load = "from django.core.management import call_command as c; c('migrate', verbosity=0); c('load_catalogue')"

    for command in (
        ["collectstatic", "--noinput", "--verbosity", "0"],
        ["shell", "--command", load],
    ):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=tmp_path,
            env=environment,
            check=True,
        )

    assert everything == "*"
    assert (tmp_path / "staticfiles/staticfiles.json").exists()


@pytest.fixture
def made_secrets(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("There is no openssl.")
    shutil.copy(ROOT / "deploy/make-secrets", tmp_path)

    def make():
        subprocess.run(
            ["sh", str(tmp_path / "make-secrets"), "catalogue.example.org"],
            check=True,
            capture_output=True,
        )
        return {
            path.name: path.read_text()
            for path in (tmp_path / "secrets").iterdir()
        }

    return make


def test_secrets_are_made_once(made_secrets):
    made = made_secrets()

    assert made_secrets() == made
    assert set(made) == set(COMPOSE["secrets"])
    assert [COMPOSE["secrets"][name]["file"] for name in made] == [
        f"deploy/secrets/{name}" for name in made
    ]
    assert made["database-password"].strip() in made["database-url"]
    assert made["database-password"].strip() in made["replica-urls"]
    assert made["cache-password"].strip() in made["cache-url"]


def test_a_variable_may_be_in_a_file(tmp_path):
    (tmp_path / "key").write_text("from a file\n")
    script = "from config.settings import SECRET_KEY; print(repr(SECRET_KEY))"
    environment = {
        "SECRET_KEY_FILE": str(tmp_path / "key"),
        "DATA_DIR": str(tmp_path),
    }

    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert done.stdout == "'from a file'\n"


def test_the_proxy_accepts_its_configuration(tmp_path, made_secrets):
    nginx = shutil.which("nginx")
    if nginx is None:
        pytest.skip("There is no nginx.")
    made_secrets()
    configuration = (ROOT / "deploy/nginx.conf").read_text()
    parts = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    own = " ".join(f"{part}_temp_path {tmp_path}/{part};" for part in parts)
    configuration = re.sub(r"server web\d", "server 127.0.0.1", configuration)
    configuration = configuration.replace(
        "/run/secrets/",
        f"{tmp_path}/secrets/",
    ).replace("include mime.types;", own)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr;\n{configuration}",
    )

    done = subprocess.run(
        [nginx, "-t", "-c", str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_the_proxy_writes_down_no_request_for_a_secret_address():
    configuration = (ROOT / "deploy/nginx.conf").read_text()
    [(parts, rules)] = re.findall(
        r"location ~ \^/\((\S+)\)/\. \{(.*?)\}",
        configuration,
        re.DOTALL,
    )

    assert tuple(parts.split("|")) == SECRET_PATHS
    assert "error_log /dev/null emerg;" in rules
    assert "access_log off;" in configuration.partition("server {")[0]


def test_the_proxy_limits_what_takes_long_to_make():
    configuration = (ROOT / "deploy/nginx.conf").read_text()

    for location in (
        "~ ^/(data/|sitemap|mitigations/cite\\.)",
        "= /admin/login/",
        "= /feedback/",
    ):
        assert (
            "limit_req zone="
            in configuration.partition(f"location {location} {{")[2].partition(
                "}",
            )[0]
        )


def test_the_scripts_make_a_primary_and_a_replica_that_follows_it():
    bin = programs()
    with own_folder() as folder:
        (folder / "replication-password").write_text(
            password := secrets.token_hex(),
        )
        primary, replica = (
            Cluster(folder / "primary", bin),
            Cluster(folder / "replica", bin),
        )
        primary.create()
        (primary.folder / "pg_hba.conf").write_text(
            "local all all trust\nhost postgres catalogue all trust\n",
        )
        with running(primary):
            script(
                primary,
                "primary.sh",
                POSTGRES_USER="catalogue",
                POSTGRES_DB="postgres",
                PGHOST="127.0.0.1",
            )
            primary.ask("SELECT pg_reload_conf()")
            replica.folder.mkdir(mode=0o700)
            owned(replica.folder)
            process = follow(replica, primary)
            try:
                primary.ask(
                    "CREATE TABLE written AS SELECT 'on the primary' AS place",
                )
                assert shown_by(replica) == "on the primary"
                assert primary.ask(
                    "SELECT active FROM pg_replication_slots WHERE slot_name = 'replica1'",
                )
                assert (
                    primary.ask("SELECT usename FROM pg_stat_replication")
                    == "replicator"
                )
            finally:
                process.terminate()
                process.wait(timeout=60)
        assert (
            password in (replica.folder / "postgresql.auto.conf").read_text()
        )


def owned(path):
    if path.owner() != path.parent.owner():
        shutil.chown(path, path.parent.owner(), path.parent.group())


def script(cluster, name, *arguments, wait=True, **environment):
    """Runs a script of deploy/ as the server's own user, as the image does."""
    owner = cluster.folder.parent.owner()
    code, log = (
        ROOT / "deploy/postgresql" / name,
        cluster.folder.parent / "scripts.log",
    )
    with code.open() as commands, log.open("ab") as printed:
        process = subprocess.Popen(
            ["sh", "-s", "--", *arguments],
            stdin=commands,
            stdout=printed,
            stderr=printed,
            user=owner,
            group=owner,
            cwd="/",
            env={
                "PATH": f"{cluster.bin}:/usr/bin:/bin",
                "PGPORT": str(cluster.port),
                "PGDATA": str(cluster.folder),
                "SECRETS": str(cluster.folder.parent),
                **environment,
            },
        )
    if wait:
        assert process.wait(timeout=60) == 0, log.read_text()
    return process


def follow(replica, primary):
    options = [
        f"port={replica.port}",
        "listen_addresses=127.0.0.1",
        f"unix_socket_directories={replica.folder}",
    ]
    arguments = [part for option in options for part in ("-c", option)]
    return script(
        replica,
        "replica.sh",
        *arguments,
        wait=False,
        PGHOST="127.0.0.1",
        PGPORT=str(primary.port),
    )


def shown_by(replica):
    for _ in range(200):
        try:
            return replica.ask("SELECT place FROM written")
        except psycopg.Error:
            time.sleep(0.1)
    raise AssertionError((replica.folder.parent / "scripts.log").read_text())


def test_the_proxy_lets_through_what_the_site_takes_and_no_file_that_it_would_refuse():
    everybody, curators = re.findall(
        r"client_max_body_size (\d+)m;",
        (ROOT / "deploy/nginx.conf").read_text(),
    )

    assert bodies.LONGEST < int(everybody) * 2**20 < 2 * bodies.LONGEST
    assert LARGEST_FILE < int(curators) * 2**20 <= bodies.LONGEST_OF_CURATORS
