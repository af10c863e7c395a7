"""A test authority and the certificate it issues for Google's host name (trustme, made afresh per folder)."""

import datetime
from dataclasses import dataclass
from pathlib import Path

import trustme

GOOGLE_HOST = "generativelanguage.googleapis.com"


@dataclass(frozen=True)
class Certificates:
    """PEM files: the authority to trust, and a server's chain and private key."""

    ca: Path
    cert: Path
    key: Path


class Authority:
    """An authority whose certificate lies in `folder` as ca.pem; what it issues lies there too."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._authority, self._folder = trustme.CA(), folder
        self.ca = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.ca))

    def issue(self, *hosts: str) -> Certificates:
        """A certificate for `hosts` (default: Google's host), valid for 30 days."""
        expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)
        issued = self._authority.issue_cert(*(hosts or (GOOGLE_HOST,)), not_after=expires)
        files = Certificates(self.ca, self._folder / "cert.pem", self._folder / "key.pem")
        files.cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(files.key))
        return files


def issue(folder: Path, *hosts: str) -> Certificates:
    """A new authority and a certificate of its for `hosts`, in `folder`."""
    return Authority(folder).issue(*hosts)
