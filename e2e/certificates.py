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


def issue(folder: Path, *hosts: str) -> Certificates:
    """A new authority and a certificate for `hosts` (default: Google's host), valid for 30 days, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)
    issued = authority.issue_cert(*(hosts or (GOOGLE_HOST,)), not_after=expires)
    files = Certificates(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    authority.cert_pem.write_to_path(str(files.ca))
    files.cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(files.key))
    return files
