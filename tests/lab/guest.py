# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest kernel on the lab's wire: the kernel's own WireGuard, pptpd and xl2tpd (see vm/guest-up)."""

import hashlib
import os
import pathlib
import subprocess

from lab import die_with_parent

VM = pathlib.Path(__file__).with_name("vm")


def kernel():
    if "ADIT_LAB_KERNEL" in os.environ:
        return pathlib.Path(os.environ["ADIT_LAB_KERNEL"])
    digest = hashlib.sha256((VM / "uml.config").read_bytes()).hexdigest()[:12]
    return pathlib.Path(os.environ.get("ADIT_CACHE", "/var/cache/adit"), f"linux-uml-{digest}")


def missing():
    """Why no guest can be started here, as a sentence, or None."""
    if not os.access(kernel(), os.X_OK):
        return f"no guest kernel at {kernel()}, which tests/lab/vm/guest-prep builds"
    if not os.access("/bin/busybox", os.X_OK):
        return "no busybox, which the guest starts from"
    return None


class Guest:
    """One guest; it sees this machine's files and writes to its own memory only.  setup is
    run in it first, with env as its environment."""

    def __init__(self, lab, name, number, setup=(), env=None):
        self.lab, self.name = lab, name
        self.ipv4, self.ipv6 = f"198.51.100.{number}", f"2001:db8:51::{number}"
        self.environment = {**os.environ, "ADIT_LAB_RUN": str(lab.folder / "guests")}
        self.share = lab.folder / "guests" / name / "share"
        lab.at_close.append(self.down)
        words = [word for k, v in (env or {}).items() for word in ("--env", f"{k}={v}")]
        self._vm("guest-up", name, "--net", lab.wire, "--bridge", "br0",
                 "--addr", f"{self.ipv4}/24", "--addr", f"{self.ipv6}/64", "--timeout", "60",
                 *words, "--", *(setup or ["true"]))

    def _vm(self, script, *argv, check=True, timeout_s=90):
        done = subprocess.run([VM / script, *map(str, argv)], env=self.environment, cwd="/",
                              capture_output=True, text=True, timeout=timeout_s,
                              stdin=subprocess.DEVNULL)
        if check and done.returncode:
            raise RuntimeError(f"{script} {self.name}: status {done.returncode}\n"
                               f"{done.stdout}{done.stderr}")
        return done

    def address(self, family):
        return self.ipv4 if family == 4 else self.ipv6

    def run(self, *argv, check=True, timeout_s=60, stdin=None):
        assert stdin is None, "a guest's commands have no input"
        return self._vm("guest-exec", self.name, "--timeout", timeout_s, "--", *argv,
                        check=check, timeout_s=timeout_s + 30)

    def popen(self, *argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        """Starts a command in the guest; its output comes when it ends."""
        process = subprocess.Popen(
            [VM / "guest-exec", self.name, "--timeout", "120", "--", *map(str, argv)],
            env=self.environment, cwd="/", stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
            start_new_session=True, preexec_fn=die_with_parent)
        self.lab.started.append(process)
        return process

    def down(self):
        self._vm("guest-down", self.name, check=False)


def missing_ppp():
    """The same for guests with pppd."""
    cache = pathlib.Path(os.environ.get("ADIT_CACHE", "/var/cache/adit"))
    if not (cache / "desktop/ppp").is_dir():
        return "no pppd, pptpd and xl2tpd unpacked: run tests/lab/desktop-prep"
    return missing()


def ppp_guest(lab, script, number, **env):
    """A guest with one of vm/servers/{pptpd,xl2tpd}.sh or vm/clients/{pptp,xl2tpd}.sh; env is told
    there."""
    env.setdefault("ADIT_CACHE", os.environ.get("ADIT_CACHE", "/var/cache/adit"))
    return Guest(lab, f"g{number}", number, [VM / script], env)


def kernel_gateway(lab, keys, client_public, psk=None, name="gw", number=11, port=51820):
    """A guest whose kernel's WireGuard waits for one client (vm/servers/wireguard.sh)."""
    return Guest(lab, name, number, [VM / "servers/wireguard.sh"],
                 {"KEY": keys.file, "PEER": client_public, "PSK": psk or "", "PORT": port})


def kernel_client(lab, keys, server_public, endpoint, psk=None, name="cli", number=12):
    """A guest whose kernel's WireGuard initiates (vm/clients/wireguard.sh)."""
    return Guest(lab, name, number, [VM / "clients/wireguard.sh"],
                 {"KEY": keys.file, "PEER": server_public, "PSK": psk or "",
                  "ENDPOINT": endpoint})
