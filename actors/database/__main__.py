"""`python -m actors.database audit URL | copy SOURCE TARGET`: for whoever runs the database."""

from __future__ import annotations

import argparse
import asyncio
import sys

from actors import errors, settings
from actors.database import copies, listings, migrations, rehearsals


def main(words: list[str] | None = None) -> int:
    """Return 0 when all is well, 1 when there is advice, 2 when the database cannot be used."""
    asked = _parser().parse_args(words)
    try:
        return int(asyncio.run(asked.run(asked)))
    except errors.ConsiliumError as error:
        print(error, file=sys.stderr)
        return 2


async def _audit(asked: argparse.Namespace) -> int:
    url = settings.driven(asked.url)
    await migrations.check(url)
    findings = await rehearsals.run(url, settings.Database())
    print(listings.findings(findings))
    return int(any(finding.advice for finding in findings))


async def _copy(asked: argparse.Namespace) -> int:
    source, target = settings.driven(asked.source), settings.driven(asked.target)
    rows = await copies.copy(source, target, lambda line: print(line, flush=True), asked.batch)
    print(f"{rows} rows copied; the counts of all tables agree.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m actors.database", description=__doc__)
    commands = parser.add_subparsers(required=True)
    audit = commands.add_parser("audit", help="run every query of the project, undo it, and judge the plans")
    audit.add_argument("url", help="SQLAlchemy URL, for example sqlite:///.consilium/consilium.db")
    audit.set_defaults(run=_audit)
    copy = commands.add_parser("copy", help="move everything; stop the service first; may be killed and run again")
    copy.add_argument("source", help="SQLAlchemy URL of the database to read")
    copy.add_argument("target", help="SQLAlchemy URL of an empty database")
    copy.add_argument("--batch", type=int, default=copies.BATCH, help="rows of one transaction (%(default)s)")
    copy.set_defaults(run=_copy)
    return parser


if __name__ == "__main__":
    sys.exit(main())
