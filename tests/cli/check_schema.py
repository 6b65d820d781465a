#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_schema.py SCHEMA REPORT...: each report is what the JSON schema allows; 77 without a validator.

The last report is spoiled in several ways, too, and refused each time, so that a schema that allows everything is noticed.
"""
import copy
import json
import sys

try:
    from jsonschema import FormatChecker
    from jsonschema.validators import validator_for
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)


def spoiled(report):
    """Copies of a report with one mistake each."""
    def mistakes():
        yield lambda log: log.pop("version")
        yield lambda log: log.update(version="2.0.0")
        yield lambda log: log["runs"][0].pop("tool")
        yield lambda log: log["runs"][0]["results"][0].pop("message")
        yield lambda log: log["runs"][0]["results"][0].update(level="fatal")
        yield lambda log: log["runs"][0]["results"][0].update(colour="red")
    for mistake in mistakes():
        log = copy.deepcopy(report)
        mistake(log)
        yield log


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    validator = validator_for(schema)(schema, format_checker=FormatChecker())
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        for error in validator.iter_errors(report):
            sys.exit(f"{path}: {'/'.join(map(str, error.path))}: {error.message}")
    for number, log in enumerate(spoiled(report)):
        if validator.is_valid(log):
            sys.exit(f"spoiled report {number} is valid")


main()
