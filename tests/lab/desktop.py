# SPDX-License-Identifier: LGPL-2.1-or-later
"""A side of the lab which is a desktop: a system bus of its own, and on it, as asked for, the real
polkitd, systemd-resolved and NetworkManager; openresolv or Debian's resolvconf as programs.

    with desktop_lab("resolved", "polkit") as lab:      # lab.client is the desktop
        lab.client.run("busctl", "--system", "list")    # at the usual place: no environment needed

A desktop has its own mount, network and process-id namespaces; /usr and /var are overlays which forget,
/sys is read-only (NetworkManager then expects no udev).  Everything ends with its first process, which
ends with the test.  What is not installed comes from the folders that desktop-prep unpacked.
"""

import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess

from lab import Lab, Side, SETTLED, _host, furnish, wait_until

CACHE = pathlib.Path(os.environ.get("ADIT_CACHE", "/var/cache/adit"), "desktop")
LAYERS = {"resolved": "systemd-resolved", "openresolv": "openresolv", "resolvconf": "resolvconf",
          "networkmanager": "network-manager"}
PROGRAMS = {"polkit": "/usr/lib/polkit-1/polkitd", "dnsmasq": "/usr/sbin/dnsmasq"}
PATIENCE_S = 10
CLONE_NEWPID = 0x20000000
ETC = ("dbus-1", "polkit-1", "dnsmasq.d", "machine-id", "ld.so.preload", "shadow", "login.defs")

# The first process has an input that ends with the test.  SIGCHLD ignored: orphans leave no zombies.
ROOM = """
set -e
mount --make-rprivate /
mount -t proc proc /proc
umount -R /sys 2>/dev/null || umount -l /sys     # what others use below it goes when they end
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs /sys
mkdir -p "$2/up/usr" "$2/scratch/usr" "$2/up/var" "$2/scratch/var"
mount -t overlay overlay -o "lowerdir=$3,upperdir=$2/up/usr,workdir=$2/scratch/usr" /usr
mount -t overlay overlay -o "lowerdir=/var,upperdir=$2/up/var,workdir=$2/scratch/var" /var
mkdir -p /var/lib/polkit-1
mount --bind "$1/run" /run
mount --bind "$1/etc" /etc
echo ready
exec env --ignore-signal=CHLD cat
"""

RESOLVED = """
install -d -o systemd-resolve -g systemd-resolve /run/systemd/resolve
caps=+net_raw,+net_bind_service,+setpcap
exec setpriv --reuid systemd-resolve --regid systemd-resolve --init-groups \
    --inh-caps $caps --ambient-caps $caps /usr/lib/systemd/systemd-resolved
"""

NETWORK_MANAGER = """
[main]
plugins=keyfile
auth-polkit={polkit}
dns={dns}
dhcp=internal
hostname-mode=none
no-auto-default=*

[connectivity]
enabled=false
"""


def missing(*parts):
    """What this machine lacks for a desktop with these parts, as a sentence, or None."""
    if not shutil.which("dbus-daemon"):
        return "no program dbus-daemon"
    for part in parts:
        if part in LAYERS and not (CACHE / LAYERS[part]).is_dir():
            return f"no {LAYERS[part]} in {CACHE}, which tests/lab/desktop-prep fetches"
        if part in PROGRAMS and not os.access(PROGRAMS[part], os.X_OK):
            return f"no program {PROGRAMS[part]}"
    return None


class Desktop(Side):
    """parts: "polkit", "resolved", "networkmanager" (services), "openresolv" or "resolvconf"
    (programs).  stages: trees made with DESTDIR, shown on top of the installed files."""

    def __init__(self, lab, name, number, parts=(), stages=()):
        super().__init__(lab, name, number)
        self.parts = parts
        self.trees = [pathlib.Path(stage) for stage in stages]
        self.trees += [CACHE / LAYERS[part] for part in parts if part in LAYERS]
        self.services = {}
        self.first = None       # process 1 of the desktop, as this machine numbers it

    # ---- making it ----

    def open(self):
        self.folder.mkdir()
        memory = self.lab.memory / self.name
        (memory / "run").mkdir(parents=True)
        (self.folder / "run").symlink_to(memory / "run")
        self.furnish()
        _host("ip", "netns", "add", self.namespace)
        layers = [*(str(tree / "usr") for tree in self.trees if (tree / "usr").is_dir()), "/usr"]
        self.room = subprocess.Popen(
            ["ip", "netns", "exec", self.namespace, "unshare", "--mount", "--pid", "--fork",
             "sh", "-c", ROOM, "room", self.folder, memory, ":".join(layers)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        if self.room.stdout.readline() != b"ready\n":
            raise RuntimeError(f"side {self.name} got no room of its own")
        children = pathlib.Path(f"/proc/{self.room.pid}/task/{self.room.pid}/children")
        self.first = int(children.read_text().split()[0])
        self.run("sh", "-c", SETTLED)
        self.run("ip", "link", "set", "lo", "up")
        self.start_bus()

    def furnish(self):
        etc = self.folder / "etc"
        furnish(etc)
        for name in ETC:
            source = pathlib.Path("/etc", name)
            if source.is_dir():
                shutil.copytree(source, etc / name, symlinks=True)
            elif source.exists():
                shutil.copy2(source, etc / name)
        for tree in self.trees:
            if (tree / "etc").is_dir():
                shutil.copytree(tree / "etc", etc, symlinks=True, dirs_exist_ok=True)
        rules = etc / "polkit-1/rules.d"
        rules.mkdir(parents=True, exist_ok=True)
        rules.chmod(0o755)
        self.folder.chmod(0o755)
        self.lab.folder.chmod(0o755)    # programs that gave up root look below
        self.add_user("systemd-resolve")
        if not (etc / "machine-id").exists() or not (etc / "machine-id").read_text().strip():
            (etc / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")

    def add_user(self, name, groups=()):
        """Known on this desktop only; its number."""
        passwd, group = self.folder / "etc/passwd", self.folder / "etc/group"
        lines = passwd.read_text().splitlines()
        known = [line.split(":") for line in lines if line.startswith(name + ":")]
        number = int(known[0][2]) if known else 1 + max(
            int(line.split(":")[2]) for line in lines if int(line.split(":")[2]) < 60000)
        if not known:
            with passwd.open("a") as f:
                f.write(f"{name}:x:{number}:{number}::/:/usr/sbin/nologin\n")
        members = group.read_text().splitlines()
        if not any(line.startswith(name + ":") for line in members):
            members.append(f"{name}:x:{number}:")
        for i, line in enumerate(members):
            if line.split(":")[0] in groups:
                members[i] = line + ("" if line.endswith(":") else ",") + name
        group.write_text("\n".join(members) + "\n")
        return number

    # ---- running things there ----

    def inside(self, argv):
        where = ["nsenter", f"--target={self.first}", "--mount", "--net", "--root", "--wd=/", "--"]
        return where + [str(a) for a in argv]

    @contextlib.contextmanager
    def numbered(self):
        """What is started meanwhile gets its number from the desktop; Popen.pid is still ours, and
        there is no process in between that would swallow signals."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/proc/{self.first}/ns/pid") as theirs, open("/proc/self/ns/pid") as ours:
            if libc.setns(theirs.fileno(), CLONE_NEWPID):
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                libc.setns(ours.fileno(), CLONE_NEWPID)

    def run(self, *argv, **more):
        with self.numbered():
            return super().run(*argv, **more)

    def popen(self, *argv, **more):
        with self.numbered():
            return super().popen(*argv, **more)

    def as_user(self, name, *argv):
        """The argument vector for a program of that user, without any privilege."""
        return ["setpriv", "--reuid", name, "--regid", name, "--init-groups", "--inh-caps=-all",
                "--bounding-set=-all", "--", *argv]

    # ---- services ----

    def start_bus(self):
        self.run("mkdir", "-p", "/run/dbus", "/run/lock", "/run/systemd", "/run/polkit-1")
        self.service("bus", "dbus-daemon", "--config-file=/usr/share/dbus-1/system.conf",
                     "--nofork", "--nopidfile", "--nosyslog")
        wait_until((self.folder / "run/dbus/system_bus_socket").exists, PATIENCE_S, "a bus")
        for part in self.parts:
            {"polkit": self.start_polkit, "resolved": self.start_resolved}.get(
                part, lambda: None)()

    def service(self, name, *argv, **more):
        self.services[name] = self.popen(*argv, log=f"{name}.log", **more)
        return self.services[name]

    def stop_service(self, name, number=signal.SIGTERM):
        process = self.services.pop(name)
        process.send_signal(number)
        process.wait(PATIENCE_S)

    def owner(self, name):
        """Has somebody this name on the bus?"""
        answer = self.run("dbus-send", "--system", "--print-reply=literal",
                          "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner",
                          f"string:{name}", check=False)
        return "true" in answer.stdout

    def wait_for(self, name):
        wait_until(lambda: self.owner(name), PATIENCE_S, f"{name} on the bus")

    def start_polkit(self):
        self.service("polkit", PROGRAMS["polkit"])
        self.wait_for("org.freedesktop.PolicyKit1")

    def polkit_rule(self, name, javascript):
        """polkitd notices it within a second, by itself."""
        (self.folder / f"etc/polkit-1/rules.d/{name}.rules").write_text(javascript)

    def start_resolved(self):
        """With resolv.conf as it is where resolved manages it, and no servers but those of links."""
        (self.folder / "etc/systemd/resolved.conf").write_text("[Resolve]\nFallbackDNS=\n")
        self.run("ln", "-sfn", "/run/systemd/resolve/stub-resolv.conf", "/etc/resolv.conf")
        self.service("resolved", "sh", "-c", RESOLVED,
                     env={"SYSTEMD_LOG_LEVEL": os.environ.get("RESOLVED_LOG", "info")})
        self.wait_for("org.freedesktop.resolve1")

    def start_network_manager(self, dns="default"):
        """After the wire is there; out0 stays as the lab made it."""
        polkit = "true" if "polkit" in self.parts else "false"
        etc = self.folder / "etc/NetworkManager"
        (etc / "system-connections").mkdir(parents=True, exist_ok=True)
        (etc / "NetworkManager.conf").write_text(NETWORK_MANAGER.format(polkit=polkit, dns=dns))
        self.run("mkdir", "-p", "/run/NetworkManager", "/var/lib/NetworkManager")
        self.service("networkmanager", "NetworkManager", "--debug")
        self.wait_for("org.freedesktop.NetworkManager")

    def state(self):
        tables = super().state()
        if "resolved" in self.services:
            for what in ("dns", "domain", "default-route", "llmnr", "mdns", "dnssec"):
                tables[f"resolved {what}"] = self.run("resolvectl", "--no-pager", what).stdout
        return tables

    def close(self):
        if self.room:
            self.room.stdin.close()
            self.room.stdout.close()
            self.room.wait()
            self.room = None
        super().close()


class DesktopLab(Lab):
    """A lab in which one of the sides is a desktop."""

    def __init__(self, *names, parts=(), stages=(), desktop="client", **more):
        super().__init__(*names, **more)
        number = self.sides[desktop].number
        self.sides[desktop] = Desktop(self, desktop, number, parts, stages)
        self.desktop = self.sides[desktop]


def desktop_lab(*parts, stages=(), **more):
    return DesktopLab(parts=parts, stages=stages, **more)
