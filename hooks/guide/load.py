"""All data files → a `Guide`, or every problem found in them."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ValidationError

from .explain import read_model
from .guidance import Answered, Lesson, Stack
from .models import (
    Category,
    Contract,
    Decision,
    Implementation,
    Snippet,
    Synonyms,
    Technology,
    Thing,
    Versus,
)
from .packages import Packages
from .problems import DataError, Problem
from .proofs import Proof, stale_proofs
from .rules import broken_rules
from .whole import Guide
from .yamlfile import YamlFile, parsed, text_of

KINDS: Mapping[str, tuple[str, type[Thing]]] = {
    "category": ("categories/*", Category),
    "technology": ("technologies/*/*", Technology),
    "decision": ("decisions/*", Decision),
    "versus": ("versus/*", Versus),
    "snippet": ("snippets/*/*", Snippet),
    "stack": ("stacks/*", Stack),
    "lesson": ("learn/*", Lesson),
    "answered": ("learn/faq/*", Answered),
    "synonyms": ("search/*", Synonyms),
    "contract": ("contracts/*", Contract),
    "implementation": ("contracts/*/*", Implementation),
}
"""Kind → where its files lie below `data/`, and its model."""

RESERVED = ("index", "contracts")
"""Names that addresses of the site's own have taken."""

NOT_DATA = ("schema", "proof", "packages.json")
"""What else may lie in `data/`: computed files."""


def load_guide(root: Path) -> Guide:
    """The guide in the repository at `root`.

    Raises:
        DataError: With every problem of every file.
    """
    problems: list[Problem] = []
    files: dict[tuple[str, str], YamlFile] = {}
    things: dict[str, dict[str, Thing]] = {kind: {} for kind in KINDS}
    category_of: dict[str, str] = {}
    for kind, key, path in _data_files(root, problems):
        shown = path.relative_to(root).as_posix()
        if (kind, key) in files:
            first = files[kind, key].path
            problems.append(Problem(shown, 1, f"claims the address of {first}; rename one of them"))
            continue
        thing = None
        try:
            file, thing, found = _read(kind, shown, text_of(path, shown, root / "data"))
        except DataError as error:
            problems += error.problems
            file = YamlFile(shown, None, {})
        else:
            problems += found
        files[kind, key] = file
        if kind == "technology":
            category_of[key] = path.parent.name
        if thing is not None:
            things[kind][key] = thing
            if thing.id is not None and thing.id != path.stem:
                message = f"the id '{thing.id}' is not the file's stem '{path.stem}'; delete the id"
                problems.append(file.problem(("id",), message))
    packages = _packages(root, problems)
    proofs = _proofs(root, problems)
    guide = Guide(
        root=root,
        files=files,
        category_of=category_of,
        packages=packages,
        proofs=proofs,
        stale=stale_proofs(proofs, root, packages),
        **cast("dict[str, dict[str, object]]", _by_field(things)),  # type: ignore[arg-type]
    )
    problems += broken_rules(guide)
    if problems:
        raise DataError(problems)
    return guide


# Parsing takes most of a load, and `make serve` loads all files after an edit of one. Whoever gets
# the same object twice sees no difference: what is read is never changed.
@lru_cache(maxsize=4096)
def _read(kind: str, shown: str, text: str) -> tuple[YamlFile, Thing | None, tuple[Problem, ...]]:
    file = parsed(text, shown)
    thing, problems = read_model(KINDS[kind][1], file)
    return file, thing, tuple(problems)


def _by_field(things: dict[str, dict[str, Thing]]) -> dict[str, dict[str, Thing]]:
    plural = {
        "category": "categories",
        "technology": "technologies",
        "versus": "versus",
        "answered": "answered",
        "synonyms": "synonyms",
    }
    return {plural.get(kind, f"{kind}s"): found for kind, found in things.items()}


def _data_files(root: Path, problems: list[Problem]) -> Iterator[tuple[str, str, Path]]:
    """Kind, id and path of every data file, in the order of their paths."""
    claimed: set[Path] = set()
    for kind, (pattern, _) in KINDS.items():
        for path in sorted((root / "data").glob(f"{pattern}.yml")):
            claimed.add(path)
            if path.name.startswith("."):
                continue
            if _is_named_well(path, root, problems):
                whole_id = kind in {"snippet", "implementation"}  # folder and stem
                yield kind, f"{path.parent.name}/{path.stem}" if whole_id else path.stem, path
    for path in sorted((root / "data").rglob("*")):
        below = path.relative_to(root / "data")
        # Editors leave copies and locks beside a file while it is being changed.
        passing = path.name.startswith((".", "#")) or path.name.endswith("~")
        if path.is_dir() or path in claimed or passing or below.parts[0] in NOT_DATA:
            continue
        message = "is read by nothing; name it `<id>.yml` in a folder of its kind, or delete it"
        problems.append(Problem(path.relative_to(root).as_posix(), 1, message))


def _is_named_well(path: Path, root: Path, problems: list[Problem]) -> bool:
    folders = path.parent.relative_to(root / "data").parts[1:]
    for name in (*folders, path.stem):
        reserved = name in RESERVED or ("-vs-" in name and path.parent.name != "versus")
        if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) and not reserved:
            continue
        wanted = "-".join(re.findall(r"[a-z0-9]+", name.lower()))
        cure = f"rename it to '{wanted}'" if wanted not in {"", name} else "give it another name"
        message = (
            f"'{name}' is no id (a to z, 0 to 9 and hyphens, not {', '.join(RESERVED)}); {cure}"
        )
        problems.append(Problem(path.relative_to(root).as_posix(), 1, message))
        return False
    return True


def _packages(root: Path, problems: list[Problem]) -> Packages:
    path = root / "data/packages.json"
    found = _computed(Packages, path, root, "run `make lock`", problems)
    if found is not None:
        return found
    return Packages.model_validate_json('{"as_of": "1970-01-01", "python": "", "packages": {}}')


def _proofs(root: Path, problems: list[Problem]) -> dict[str, Proof]:
    proofs: dict[str, Proof] = {}
    folder = root / "data/proof"
    for path in sorted(folder.rglob("*.json")):
        key = path.relative_to(folder).with_suffix("").as_posix()
        only = f"run `make prove only={key.split('/', 1)[-1]}`"
        proof = _computed(Proof, path, root, only, problems)
        if proof is None:
            continue
        if key != f"{proof.kind}/{proof.id}":
            message = f"is the proof of {proof.kind}/{proof.id}; delete the file and {only}"
            problems.append(Problem(path.relative_to(root).as_posix(), 1, message))
        proofs[key] = proof
    return proofs


def _computed[M: BaseModel](
    model: type[M], path: Path, root: Path, cure: str, problems: list[Problem]
) -> M | None:
    """A file that a command wrote, or None with the problem that it is not as it was written."""
    shown = path.relative_to(root).as_posix()
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError:
        problems.append(Problem(shown, 1, f"is missing; {cure}"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        message = f"{where}: {first['msg'].lower()}; computed files are never edited, {cure}"
        problems.append(Problem(shown, 1, message))
    return None
