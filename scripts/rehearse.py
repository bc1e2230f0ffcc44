"""Rehearse docker-compose.yml with Podman on one machine. Called by scripts/rehearse-compose.

Where it differs from a real installation: the images of Debian, PostgreSQL and Redis are made here
from Debian's packages, under the names that the compose file gives; Podman 4 neither waits for a
health check nor schedules one without systemd, so both are done from here; and a lease is short.
"""

import contextlib
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import lxml.html

TOP = Path(__file__).resolve().parent.parent
VAR = TOP / "var" / "rehearsal"
COPY = VAR / "project"
PORT = 8480
LEASE = 40
HOST = "upptakt.kommun.example"
EMAIL = "anna@kommun.example"
PASSWORD = "Tallbarr-i-motvind-7"
CONTAINERS = """\
[containers]
default_ulimits = ["nofile=20000:20000","nproc=1000:1000"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
"""
INSTALL = """\
FROM debian:bookworm-slim
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \\
"""
POSTGRES = """\
    postgresql
RUN install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data /run/postgresql
COPY begin /usr/local/bin/begin
USER postgres
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data LC_ALL=C.UTF-8
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["sh", "/usr/local/bin/begin"]
CMD ["postgres"]
"""
POSTGRES_BEGIN = """\
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    printf %s "$POSTGRES_PASSWORD" >/tmp/password
    initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-local=trust \\
        --auth-host=scram-sha-256 --encoding=UTF8
    rm /tmp/password
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    pg_ctl -w -o "-c listen_addresses=''" start >/dev/null
    PGPASSWORD=$POSTGRES_PASSWORD createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
    pg_ctl -w stop >/dev/null
fi
exec "$@" -c listen_addresses='*'
"""
REDIS = """\
    redis-server
RUN install -d -o redis -g redis /data
USER redis
WORKDIR /data
"""

began = time.monotonic()


def say(words: str) -> None:
    print(f"{time.monotonic() - began:6.0f} s  {words}", flush=True)


def run(*command: str | Path, **how: Any) -> str:
    """The command's output; ends the rehearsal when it fails, unless `check` is off."""
    check = how.pop("check", True)
    done = subprocess.run(
        list(map(str, command)),
        stdin=how.pop("stdin", subprocess.DEVNULL),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **how,
    )
    if check and done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-3000:]}")
    return done.stdout.strip()


def compose(*arguments: str) -> str:
    return run(VAR / "tools/bin/podman-compose", *arguments, cwd=COPY)


def take_down() -> None:
    # podman-compose forgets what was scaled.
    for name in containers("worker")[1:]:
        run("podman", "rm", "--force", "--time", "30", name)
    compose("down", "--volumes", "--timeout", "30")


def wait(happened: Callable[[], Any], what: str, seconds: float = 120) -> Any:
    until = time.monotonic() + seconds
    while not (result := happened()):
        if time.monotonic() > until:
            sys.exit(f"Waited {seconds:g} s in vain for {what}.")
        time.sleep(0.2)
    return result


# Images


def has_image(name: str) -> bool:
    return not subprocess.run(["podman", "image", "exists", name], check=False).returncode


def make_base() -> None:
    """A bare Debian under its public name, which finds its packages as this machine does."""
    if has_image("docker.io/library/debian:bookworm-slim"):
        return
    base = VAR / "bookworm"
    if not (base / "etc/debian_version").exists():
        say("Debian from its packages")
        run("debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", base)
    for place in ("usr/local/share/ca-certificates", "etc/apt/apt.conf.d"):
        shutil.copytree(f"/{place}", base / place, dirs_exist_ok=True)
    for file in ("etc/ssl/certs/ca-certificates.crt", "etc/pip.conf"):
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(f"/{file}", base / file)
    tar = subprocess.Popen(["tar", "-C", base, "-c", "."], stdout=subprocess.PIPE)
    run("podman", "import", "-", "docker.io/library/debian:bookworm-slim", stdin=tar.stdout)
    tar.wait()


def make_image(name: str, **files: str) -> None:
    say(f"An image under the name {name.rpartition('/')[2]}")
    folder = VAR / re.sub(r"\W+", "-", name)
    folder.mkdir(exist_ok=True)
    for file, text in files.items():
        (folder / file).write_text(text)
    run("buildah", "bud", "--isolation=chroot", "--layers", "-t", name, folder)


def make_copy() -> None:
    """The project as somebody gets it, and its .env filled in."""
    shutil.rmtree(COPY, ignore_errors=True)
    for name in run("git", "ls-files", "-co", "--exclude-standard", cwd=TOP).splitlines():
        place = COPY / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (TOP / name).is_file():
            shutil.copy2(TOP / name, place)
    filled = {
        "UPPTAKT_SECRET_KEY": secrets.token_hex(32),
        "POSTGRES_PASSWORD": secrets.token_hex(32),
        "REDIS_PASSWORD": secrets.token_hex(32),
        "UPPTAKT_URL": f"https://{HOST}",
        "UPPTAKT_HOSTS": HOST,
        "UPPTAKT_PORT": str(PORT),
        "UPPTAKT_LEASE_SECONDS": str(LEASE),
    }
    lines = (COPY / ".env.example").read_text().splitlines()
    kept = [line for line in lines if line.partition("=")[0] not in filled]
    made = [f"{name}={value}" for name, value in filled.items()]
    (COPY / ".env").write_text("\n".join([*kept, *made]) + "\n")


# Containers


def containers(service: str) -> list[str]:
    ours = ("--filter", f"label=com.docker.compose.service={service}")
    names = run("podman", "ps", "--filter", "label=com.docker.compose.project=upptakt", *ours,
                "--format", "{{.Names}}").split()  # fmt: skip
    return sorted(names)


def is_well(name: str) -> bool:
    done = subprocess.run(["podman", "healthcheck", "run", name], capture_output=True, check=False)
    return not done.returncode


def wait_until_well(*services: str) -> None:
    for service in services:
        for name in wait(lambda one=service: containers(one), f"a container of {service}"):
            wait(lambda one=name: is_well(one), f"the health of {name}")


def manage(*command: str) -> str:
    """What the command says; what is logged beside it stands in braces."""
    said = run("podman", "exec", containers("web")[0], "python", "manage.py", *command)
    return "\n".join(line for line in said.splitlines() if not line.startswith("{"))


def sql(question: str) -> str:
    psql = ("psql", "--username", "upptakt", "--dbname", "upptakt", "-tAc", question)
    return run("podman", "exec", containers("postgres")[0], *psql)


# A person with a browser, behind the proxy that an installation has in front


class Person:
    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        headers = {
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "192.0.2.7",
            "Referer": f"https://{HOST}{path}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        for set_cookie in answer.headers.get_all("Set-Cookie", []):
            name, _is, value = set_cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, dict(answer.headers), content

    def page(self, path: str) -> Any:
        status, _headers, content = self.ask("GET", path)
        if status != 200:
            sys.exit(f"{path} answered {status}.")
        return lxml.html.fromstring(content.decode())

    def send(self, path: str, **values: str) -> str:
        """Fill in the page's own form and send it; where it leads, or nothing when refused."""
        page = self.page(path)
        form = max(page.forms, key=lambda one: len(one.fields))
        filled = dict(form.form_values()) | values
        status, headers, _content = self.ask("POST", path, urlencode(filled))
        return urlsplit(headers.get("Location", "")).path if status == 302 else ""


def begin(person: Person) -> None:
    place = person.send(
        "/welcome/", key=manage("welcome_key"), person_name="Anna Alm", person_email=EMAIL,
        password=PASSWORD, password_again=PASSWORD, name="Lindhaga kommun",
        parts="Omsorgsnämnden",
    )  # fmt: skip
    if not place:
        sys.exit("The first administrator was refused.")


def start_case(person: Person) -> str:
    path = "/cases/new/"
    page = person.page(path)
    pick = {
        name: page.xpath(f"(//input[@name='{name}'] | //select[@name='{name}']/option)/@value")[0]
        for name in ("authority", "edition", "context", "role")
    }
    day = time.strftime("%Y-%m-%d", time.localtime(time.time() + 14 * 86400))
    place = person.send(
        path, title="Trygg hemgång", planned_start_on=day, confirmed="1", **pick
    )  # fmt: skip
    if not place:
        sys.exit("The case was refused.")
    return re.match(r"/cases/\d+/", place)[0]  # type: ignore[index]


def words_for(field: Any, many: int) -> str:
    kind = field.get("type") or field.tag
    if kind == "textarea":
        return "\n\n".join(["Två nätter hemma utan stöd är en för mycket. " * 12] * many)
    if kind == "date":
        return time.strftime("%Y-%m-%d", time.localtime(time.time() + 60 * 86400))
    return "7"


def order(person: Person, case: str, *, many: int = 1) -> str:
    """Order the first phase document that takes what is typed; its page."""
    addresses = person.page(f"{case}papers/").xpath("//a/@href")
    for link in addresses:
        if not re.fullmatch(rf"{case}papers/[\w-]+/[\w-]+/(\?attempt=\d+)?", link):
            continue
        status, _headers, content = person.ask("GET", link)
        if status != 200 or b'name="language"' not in content:
            continue
        page = lxml.html.fromstring(content.decode())
        typed = {}
        for field in page.xpath("//*[starts-with(@name, 'fill_')]"):
            if field.get("type") == "radio":
                typed.setdefault(field.get("name"), field.get("value"))
            else:
                typed[field.get("name")] = words_for(field, many)
        place = person.send(link, act="order", **typed)
        if re.fullmatch(rf"{case}papers/\d+/", place):
            return place
    sys.exit("No phase document could be ordered.")


def newest() -> dict[str, Any]:
    """The newest promise of a paper, and the revision it is for."""
    row = sql(
        "SELECT row_to_json(x) FROM (SELECT id, attempts, leased_until IS NOT NULL AS is_held,"
        " done_at IS NOT NULL AS is_done, request_name FROM outbox_message"
        " WHERE kind = 'document.render' ORDER BY id DESC LIMIT 1) x"
    )
    return dict(json.loads(row))


def fetch(person: Person, paper: str) -> bytes:
    """The newest version of the paper."""
    link = next(one for one in person.page(paper).xpath("//a/@href") if one.endswith(".pdf"))
    status, _headers, content = person.ask("GET", link)
    if status != 200 or not content.startswith(b"%PDF-"):
        sys.exit(f"The paper answered {status}.")
    return content


def files_in_volume() -> int:
    found = run(
        "podman", "exec", containers("web")[0], "find", "/var/lib/upptakt/files", "-type", "f",
        "!", "-name", ".lock",
    )  # fmt: skip
    return len(found.split())


# The rehearsal


def kill_hard(name: str) -> None:
    """The kernel ends everything in the container, as when a machine runs out of memory."""
    os.kill(int(run("podman", "inspect", "--format", "{{.State.Pid}}", name)), signal.SIGKILL)


def is_ready() -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException):
        return Person().ask("GET", "/readyz")[0] == 200
    return False


def start() -> None:
    make_base()
    make_image("docker.io/library/postgres:17", Dockerfile=INSTALL + POSTGRES, begin=POSTGRES_BEGIN)
    make_image("docker.io/library/redis:7", Dockerfile=INSTALL + REDIS)
    make_copy()
    say("Building the image of Upptakt")
    run("buildah", "bud", "--isolation=chroot", "--layers", "-t", "upptakt", COPY)
    # What an earlier rehearsal was told to keep.
    take_down()
    say("compose up: PostgreSQL and Redis")
    compose("up", "-d", "postgres", "redis")
    wait_until_well("postgres", "redis")
    say("compose up: migrate, once")
    compose("up", "-d", "--no-deps", "migrate")
    migrate = "upptakt_migrate_1"
    code = run("podman", "wait", migrate)
    if code != "0":
        sys.exit(run("podman", "logs", migrate)[-3000:])
    say("compose up: web, person, worker, beat")
    compose("up", "-d", "--no-deps", "web", "person", "worker", "beat")
    wait(is_ready, "/readyz")
    say(f"/readyz: {Person().ask('GET', '/readyz')[2].decode()}")
    wait_until_well("web", "person", "worker", "beat")
    say("web, person, worker, beat, postgres, redis are well by their own health checks")


def look_at_the_containers() -> None:
    for service in ("web", "person", "worker", "beat"):
        name = containers(service)[0]
        who = run("podman", "exec", name, "id", "-u")
        touched = run("podman", "exec", name, "touch", "/srv/upptakt/x", check=False)
        if who != "10001" or "Read-only file system" not in touched:
            sys.exit(f"{service} runs as {who}: {touched}")
    found = manage("check", "--deploy", "--fail-level", "WARNING")
    say(f"not root, root read-only; check --deploy: {found.splitlines()[-1]}")


def rehearse() -> None:
    start()
    look_at_the_containers()
    person = Person()
    begin(person)
    case = start_case(person)
    say(f"first administrator, and a case: {case}")

    paper = order(person, case)
    wait(lambda: newest()["is_done"], "the first paper")
    size = len(fetch(person, paper))
    told = newest()
    seen = run(
        "sh",
        "-c",
        f"podman logs {containers('person')[0]} 2>&1; podman logs {containers('worker')[0]} 2>&1",
    )
    has_name = any(told["request_name"] in line and '"Kept"' in line for line in seen.splitlines())
    say(f"a phase document, web → Redis → worker → volume: PDF of {size} bytes,"
        f" {files_in_volume()} file in the volume")  # fmt: skip
    if not has_name:
        sys.exit("The worker's line does not carry the name of the request.")
    say("the worker's line carries the name of the request that ordered it")

    # The shipped handbook is printed meanwhile, into the same volume.
    prints = "SELECT count(*) FROM outbox_message WHERE kind = 'handbook.print' AND done_at IS NULL"
    wait(lambda: sql(prints) == "0", "the printed handbook", seconds=LEASE)
    before = files_in_volume()
    second = order(person, case, many=36)
    wait(lambda: newest()["is_held"], "a worker to begin the second paper")
    holders = [*containers("person"), *containers("worker")]
    for name in holders:
        kill_hard(name)
    held = newest()
    if held["is_done"]:
        sys.exit("The second paper was done before the workers could be killed.")
    say(f"killed {len(holders)} workers in the middle of a second (attempt {held['attempts']})")
    for service in ("person", "worker"):
        with contextlib.suppress(SystemExit):
            wait(lambda one=service: containers(one), "a restart", seconds=20)
        if not containers(service):
            run("podman", "start", f"upptakt_{service}_1")
    wait(lambda: newest()["is_done"], "the second paper", seconds=LEASE * 4)
    done = newest()
    made = files_in_volume() - before
    revisions = sql("SELECT count(*) FROM documents_revision WHERE state = 'ready'")
    say(f"done once: attempt {done['attempts']}, {made} file more, {revisions} papers ready,"
        f" PDF of {len(fetch(person, second))} bytes")  # fmt: skip
    if (made, revisions, done["attempts"]) != (1, "2", 2):
        sys.exit("It was not done once.")

    compose("up", "-d", "--no-deps", "--scale", "worker=2", "worker")
    wait(lambda: len(containers("worker")) == 2, "two workers")
    wait_until_well("worker")
    order(person, case)
    wait(lambda: newest()["is_done"], "a paper with two workers")
    say(f"scaled: {', '.join(containers('worker'))}; a third paper is made")

    say(manage("verify_journal"))
    lose_and_restore(second, fetch(person, second))
    say(f"/readyz: {Person().ask('GET', '/readyz')[2].decode()}")


def lose_and_restore(paper: str, content: bytes) -> None:
    """Back up, lose every container and volume, and put everything back into new ones."""
    place, kept = "/var/backups/upptakt/rehearsal.tar", VAR / "rehearsal.tar"
    say(f"backup: {manage('backup', place).removeprefix(f'{place}: ')}")
    kept.unlink(missing_ok=True)
    run("podman", "cp", f"{containers('web')[0]}:{place}", kept)
    kept.chmod(0o644)
    take_down()
    say("compose down with its volumes: all is lost but the backup")
    compose("up", "-d", "postgres", "redis")
    wait_until_well("postgres", "redis")
    restore = ("web", "python", "manage.py", "restore", "/kept.tar")
    said = compose("run", "--rm", "--no-deps", "-v", f"{kept}:/kept.tar:ro", *restore)
    say(next(line for line in said.splitlines() if line.startswith("Put back")))
    compose("up", "-d", "--no-deps", "web", "person", "worker", "beat")
    wait(is_ready, "/readyz")
    person = Person()
    person.send("/account/login/", login=EMAIL, password=PASSWORD)
    if fetch(person, paper) != content:
        sys.exit("The paper is another than before.")
    say("signed in with the old password; the second paper is the same to the byte")


@contextlib.contextmanager
def taken_down(*, keep: bool) -> Iterator[None]:
    try:
        yield
    except SystemExit:
        for service in ("migrate", "web", "person", "worker", "beat"):
            for name in run("podman", "ps", "-a", "--format", "{{.Names}}").split():
                if f"_{service}_" in name:
                    print(f"--- {name}\n{run('podman', 'logs', '--tail', '15', name, check=False)}")
        raise
    finally:
        if not keep:
            take_down()
            left = run("podman", "ps", "-a", "--filter", "label=com.docker.compose.project=upptakt",
                       "--format", "{{.Names}}")  # fmt: skip
            volumes = run("podman", "volume", "ls", "--format", "{{.Name}}")
            say(f"compose down: {left or 'no container'} and {volumes or 'no volume'} left")


def main() -> None:
    VAR.mkdir(parents=True, exist_ok=True)
    (VAR / "containers.conf").write_text(CONTAINERS)
    os.environ["CONTAINERS_CONF"] = str(VAR / "containers.conf")
    with taken_down(keep="--keep" in sys.argv):
        rehearse()
    say("Rehearsed.")


if __name__ == "__main__":
    main()
