"""Real servers on loopback, from Debian's packages: SFTP and MQTT."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

SSHD, MOSQUITTO = Path("/usr/sbin/sshd"), Path("/usr/sbin/mosquitto")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def reached(port, process, log, seconds=300):
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)


@contextmanager
def ended(process):
    try:
        yield
    finally:
        process.terminate()
        process.wait(300)


@contextmanager
def sftp_server(folder: Path):
    """(port, public key of the server, private key of the user, name of the user); only the key lets in."""
    for name in ("host", "user", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    shutil.copy(folder / "user.pub", folder / "authorized")
    port, log = free_port(), folder / "sshd.log"
    Path("/run/sshd").mkdir(exist_ok=True) if os.geteuid() == 0 else None
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\nPidFile none\n"
        "StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n"
    )
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "sshd_config"], stderr=log.open("wb"))
    with ended(process):
        reached(port, process, log)
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        yield port, " ".join((folder / "host.pub").read_text().split()[:2]), (folder / "user").read_text(), user


@contextmanager
def mqtt_broker(folder: Path):
    """Its port; user meter with the password 'copper 41' is let in."""
    port, log = free_port(), folder / "mosquitto.log"
    words = folder / "words"
    subprocess.run(["mosquitto_passwd", "-b", "-c", words, "meter", "copper 41"], check=True, capture_output=True)
    words.chmod(0o644)
    (folder / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {words}\npersistence false\nuser root\n"
    )
    process = subprocess.Popen(
        [MOSQUITTO, "-c", folder / "mosquitto.conf"], stdout=log.open("wb"), stderr=subprocess.STDOUT
    )
    with ended(process):
        reached(port, process, log)
        yield port


@contextmanager
def postgresql_server():
    """Its address for SQLAlchemy; PostgreSQL refuses to run as root, so root lends it the user of the package."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="hengtan-sql-"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    port, run = free_port(), {"check": True, "capture_output": True, "cwd": "/"}
    try:
        subprocess.run([*as_user, programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "erp", "-N"], **run)
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        control = [*as_user, programs / "pg_ctl", "-D", folder / "data", "-w"]
        subprocess.run([*control, "-l", folder / "log", "-o", options, "start"], **run)
        try:
            yield f"postgresql://erp@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **run)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
