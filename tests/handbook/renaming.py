"""The same method under other keys: what still works then, names nothing in code."""

import copy
from dataclasses import replace
from pathlib import Path
from random import Random

from handbook.exporting import write_manuscript
from handbook.manuscript import Manuscript, read_manuscript

Names = dict[str, dict[str, str]]  # kind → old key → new key


def rename_keys(manuscript: Manuscript, rng: Random) -> tuple[Manuscript, Names]:
    """The manuscript with every key of a phase, step, template, role and criterion at random.

    The names say what became what, so that a demo's phase keys can follow.
    """
    data = copy.deepcopy(manuscript.data)
    criteria = [row for group in data["criteria"]["phases"] for row in group["criteria"]]
    steps = [step for phase in data["phases"] for step in phase["steps"]]
    rows = {
        "phase": data["phases"],
        "step": steps,
        "template": data["templates"],
        "role": data["book"]["roles"],
        "criterion": criteria,
    }
    names = {kind: {row["key"]: _key(rng) for row in found} for kind, found in rows.items()}
    for kind, found in rows.items():
        for row in found:
            row["key"] = names[kind][row["key"]]
    for phase in data["phases"]:
        for place in ("deciding_roles", "signatures"):
            phase["gate"][place] = [names["role"][key] for key in phase["gate"][place]]
    for step in steps:
        step["who"] = [names["role"][key] for key in step["who"]]
        step["produces"] = [names["template"][key] for key in step["produces"]]
    for group in data["criteria"]["phases"]:
        group["phase"] = names["phase"][group["phase"]]
    for template in data["templates"]:
        template["phases"] = [names["phase"][key] for key in template["phases"]]
    targets = data["readiness"]["targets"]
    data["readiness"]["targets"] = {
        names["phase"].get(key, key): value for key, value in targets.items()
    }
    data["bodies"] = {names["template"][key]: text for key, text in data["bodies"].items()}
    data["book"]["key"] = _key(rng)
    return replace(manuscript, **data), names


def renamed(manuscript: Manuscript, folder: Path, rng: Random) -> tuple[Manuscript, Names]:
    """The same, written into a folder and read and checked again, ready for load_edition."""
    other, names = rename_keys(manuscript, rng)
    write_manuscript(other, folder)
    return read_manuscript(folder), names


def _key(rng: Random) -> str:
    return "k" + "".join(rng.choices("abcdefghjkmnpqrstuvwxyz23456789", k=9))
