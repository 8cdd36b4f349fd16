# SPDX-License-Identifier: LGPL-2.1-or-later
"""A CA of a test's own, and what it signed: made anew for each test, keys included."""

import subprocess


def _openssl(*argv):
    subprocess.run(["openssl", *map(str, argv)], check=True, capture_output=True, timeout=30,
                   stdin=subprocess.DEVNULL)


class Authority:
    """Files NAME.pem and NAME.key in a folder, the keys 0600, on P-256 or RSA with 2048 bits."""

    def __init__(self, folder, name="ca", rsa=False):
        self.folder, self.name = folder, name
        self.kind = ["rsa:2048"] if rsa else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        folder.mkdir(exist_ok=True)
        _openssl("req", "-x509", *self._new_key(name), "-subj", f"/CN=adit test {name}", "-days", 2,
                 "-out", self.certificate(name))

    def certificate(self, name=None):
        return self.folder / f"{name or self.name}.pem"

    def key(self, name):
        return self.folder / f"{name}.key"

    def _new_key(self, name):
        key = self.key(name)
        key.touch(mode=0o600)
        return ["-newkey", *self.kind, "-nodes", "-keyout", key]

    def sign(self, name, usage, days=2):
        """A certificate of that common name, which is also its DNS name; -1 days: it has expired."""
        request, wishes = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        wishes.write_text(f"extendedKeyUsage = {usage}\nsubjectAltName = DNS:{name}\n")
        _openssl("req", "-new", *self._new_key(name), "-subj", f"/CN={name}", "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate(), "-CAkey",
                 self.key(self.name), "-CAcreateserial", "-extfile", wishes, "-days", days,
                 "-out", self.certificate(name))
        return self

    def lock(self, name, passphrase):
        """The key of that name behind a passphrase, as NAME-locked.key."""
        locked = self.key(f"{name}-locked")
        locked.touch(mode=0o600)
        _openssl("pkcs8", "-topk8", "-v2", "aes-256-cbc", "-in", self.key(name), "-out", locked,
                 "-passout", f"pass:{passphrase}")
        return locked
