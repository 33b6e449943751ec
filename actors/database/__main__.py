"""`python -m actors.database audit URL`: for whoever runs the database. Reads the words of the command line only."""

from __future__ import annotations

import argparse
import asyncio
import sys

from actors import errors, settings
from actors.database import listings, migrations, rehearsals


def main(words: list[str] | None = None) -> int:
    """Return 0 when all is well, 1 when there is advice, 2 when the database cannot be used."""
    asked = _parser().parse_args(words)
    try:
        return asyncio.run(_audit(settings.driven(asked.url)))
    except errors.ConsiliumError as error:
        print(error, file=sys.stderr)
        return 2


async def _audit(url: str) -> int:
    await migrations.check(url)
    findings = await rehearsals.run(url, settings.Database())
    print(listings.findings(findings))
    return int(any(finding.advice for finding in findings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m actors.database", description=__doc__)
    commands = parser.add_subparsers(required=True)
    audit = commands.add_parser("audit", help="run every query of the project, undo it, and judge the plans")
    audit.add_argument("url", help="SQLAlchemy URL, for example sqlite:///.consilium/consilium.db")
    return parser


if __name__ == "__main__":
    sys.exit(main())
