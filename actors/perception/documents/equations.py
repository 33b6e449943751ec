"""Office equations (OMML, ECMA-376 §22.1) as one line of TeX-like text. Knows structure, not typography."""

from __future__ import annotations

from actors.perception.documents import archives

_DEPTH = 60


def text(element: archives.Element, depth: int = 0) -> str:
    """Return an equation as text: `a^{2}+b^{2}`, `\\frac{1}{n}`, `\\sqrt{x}`."""
    if depth > _DEPTH:
        return ""
    name = archives.local(element)

    def part(child: str) -> str:
        found = next((e for e in element if archives.local(e) == child), None)
        return text(found, depth + 1) if found is not None else ""

    if name == "t":
        return element.text or ""
    if name in {"sSup", "sSub", "sSubSup"}:
        below, above = part("sub"), part("sup")
        return part("e") + (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")
    if name == "f":
        return f"\\frac{{{part('num')}}}{{{part('den')}}}"
    if name == "rad":
        degree = part("deg")
        return f"\\sqrt{f'[{degree}]' if degree else ''}{{{part('e')}}}"
    if name == "nary":
        sign = next((value for e in element.iter() if archives.local(e) == "chr" for value in e.attrib.values()), "∫")
        return f"{sign}_{{{part('sub')}}}^{{{part('sup')}}}{part('e')}"
    if name == "d":
        return "(" + ",".join(text(e, depth + 1) for e in element if archives.local(e) == "e") + ")"
    if name.endswith("Pr"):
        return ""
    return "".join(text(child, depth + 1) for child in element)
