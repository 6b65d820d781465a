#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""get_schema.py FILE: fetches the public schema of SARIF 2.1.0 out of a package of npm's registry, pinned by its hash."""
import hashlib
import io
import os
import sys
import tarfile
import urllib.request

PACKAGE = "https://registry.npmjs.org/@microsoft/jest-sarif/-/jest-sarif-1.0.0-beta.0.tgz"
HASH = "748e2c3d1a842e7bb258416685c7ea3a0da40005b72267b2052c2856d48ad102"
MEMBER = "package/lib/schemas/sarif-2.1.0-rtm.5.json"


def main():
    try:
        with urllib.request.urlopen(PACKAGE, timeout=20) as answer:
            package = answer.read()
    except OSError as error:
        sys.exit(f"{PACKAGE}: {error}")
    if hashlib.sha256(package).hexdigest() != HASH:
        sys.exit(f"{PACKAGE} is not what it was")
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        schema = archive.extractfile(MEMBER).read()
    os.makedirs(os.path.dirname(sys.argv[1]) or ".", exist_ok=True)
    with open(sys.argv[1] + ".new", "wb") as file:
        file.write(schema)
    os.replace(sys.argv[1] + ".new", sys.argv[1])


main()
