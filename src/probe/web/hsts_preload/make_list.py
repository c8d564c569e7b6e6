#!/usr/bin/env python3
"""Makes `list.bin`, the hosts that browsers use HTTPS for without ever having been there, out of Chromium's list.

    make_list.py FOLDER

FOLDER is the folder `hstspreload` of the Python package of that name (github.com/sethmlarson/hstspreload), which has Chromium's
`transport_security_state_static.json` of the first day of a month in a short form; the day is the package's version. Nothing of it
is run. `list.rs` says what is written.
"""

import hashlib
import pathlib
import re
import sys

IS_HOST, WITH_SUBDOMAINS = 0x80, 0x40
IS_NUMBER = re.compile(r"[0-9.]+")


def hosts(packed):
    """Every host of the package's file, which is a row of: flags, length, name. Names without the flag are parts of others."""
    at = 0
    while at < len(packed):
        flags, size = packed[at], packed[at + 1]
        if flags & IS_HOST:
            yield packed[at + 2 : at + 2 + size].decode("ascii"), bool(flags & WITH_SUBDOMAINS)
        at += 2 + size


def record(name, with_subdomains):
    """39 bits of the hash of the name, and one that says whether it counts for every subdomain."""
    hashed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:5], "big")
    return hashed & ~1 | with_subdomains


def main(folder):
    version = re.search(r'^__version__ = "(\d+)\.(\d+)\.(\d+)"', (folder / "__init__.py").read_text(), re.M)
    date = "{:04}-{:02}-{:02}".format(*map(int, version.groups()))
    # Browsers keep HSTS for names alone (RFC 6797, section 8.1.1).
    named = {
        name: with_subdomains
        for name, with_subdomains in hosts((folder / "hstspreload.bin").read_bytes())
        if not IS_NUMBER.fullmatch(name)
    }
    records = sorted(record(*host) for host in named.items())
    assert len({each >> 1 for each in records}) == len(named), "two names have one hash: take more bits"
    out = pathlib.Path(__file__).with_name("list.bin")
    out.write_bytes(date.encode() + b"".join(each.to_bytes(5, "big") for each in records))
    print(f"{len(records)} hosts of {date}, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
