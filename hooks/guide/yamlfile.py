"""One YAML file: its value, and the line on which each part of it stands."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .problems import DataError, Problem

Loc = tuple[str | int, ...]
"""The way to a part of a value: keys and list positions from the top."""

LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as fast where PyYAML was built with libyaml, as its wheels are."""

MAX_BYTES = 256 * 1024
MAX_DEPTH = 24


@dataclass(frozen=True)
class YamlFile:
    """A parsed file: `path` as shown in problems, its value, and the lines of its parts."""

    path: str
    value: Any
    lines: dict[Loc, int]

    def line_of(self, loc: Loc) -> int:
        """The line of the part at `loc`, or of the nearest part around it that exists."""
        while loc not in self.lines and loc:
            loc = loc[:-1]
        return self.lines.get(loc, 1)

    def problem(self, loc: Loc, message: str) -> Problem:
        """A problem with the part at `loc`."""
        return Problem(self.path, self.line_of(loc), message)


def parsed(text: str, shown: str) -> YamlFile:
    """The text of the file called `shown`, parsed.

    Raises:
        DataError: It is no plain YAML document.
    """
    _refuse_unsafe_events(text, shown)
    node = _composed(text, shown)
    if node is None:
        raise _error(
            shown, 1, "is empty; copy a neighbouring file and change it, or delete this one"
        )
    lines: dict[Loc, int] = {}
    problems: list[Problem] = []
    value = _value(node, (), lines, problems, shown)
    if problems:
        raise DataError(problems)
    return YamlFile(shown, value, lines)


def _error(shown: str, line: int, message: str) -> DataError:
    return DataError([Problem(shown, line, message)])


def text_of(path: Path, shown: str, within: Path) -> str:
    """The text of the file at `path`, called `shown` in problems; it must lie inside `within`.

    Raises:
        DataError: It cannot be read, or is no file that may be.
    """
    if not path.resolve().is_relative_to(within.resolve()):
        raise _error(shown, 1, "is a link out of the data folder; put the file itself here")
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise _error(shown, 1, "is not a regular file; put a YAML file here or delete it")
        if (size := path.stat().st_size) > MAX_BYTES:
            message = f"has {size} bytes; a data file has at most {MAX_BYTES}, shorten or split it"
            raise _error(shown, 1, message)
        raw = path.read_bytes()
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise _error(shown, 1, f"cannot be read ({reason}); mend the file or delete it") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        byte = raw[error.start]
        message = f"holds the byte 0x{byte:02x}, which is not UTF-8; save the file as UTF-8"
        raise _error(shown, line, message) from None


def _yaml_error(shown: str, text: str, error: yaml.YAMLError) -> DataError:
    try:  # PyYAML's own parser says it better than libyaml, and the same with or without that
        yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as better:
        error = better
    except RecursionError:
        pass  # what libyaml said will do
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else 1
    what = " ".join(str(getattr(error, "problem", None) or error).split())
    if "cannot start any token" in what and "\\t" in what:
        return _error(shown, line, "is indented with a tab; indent with two spaces")
    return _error(shown, line, f"is not valid YAML ({what}); mend the syntax on or above this line")


def _refuse_unsafe_events(text: str, shown: str) -> None:
    """Refuse what a data file never needs: anchors (which can explode), tags, deep nesting."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=LOADER):
            line = event.start_mark.line + 1  # type: ignore[union-attr]  # a parser sets it
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise _error(shown, line, "uses a YAML anchor or alias; write the value out")
            if (tag := getattr(event, "tag", None)) not in {None, "!"}:
                raise _error(shown, line, f"uses the YAML tag {tag}; delete it")
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    message = f"is nested more than {MAX_DEPTH} levels deep; flatten it"
                    raise _error(shown, line, message)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError as error:
        raise _yaml_error(shown, text, error) from None
    except RecursionError:
        raise _error(shown, 1, f"is nested more than {MAX_DEPTH} levels deep; flatten it") from None


def _composed(text: str, shown: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as error:
        raise _yaml_error(shown, text, error) from None


def _value(
    node: yaml.Node, loc: Loc, lines: dict[Loc, int], problems: list[Problem], shown: str
) -> Any:  # noqa: ANN401  # YAML gives what the file holds; the models decide
    lines[loc] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return dict(_items(node, loc, lines, problems, shown))
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(item, (*loc, n), lines, problems, shown) for n, item in enumerate(node.value)
        ]
    return _scalar(node, problems, shown)


def _items(
    node: yaml.MappingNode, loc: Loc, lines: dict[Loc, int], problems: list[Problem], shown: str
) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key, item in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
            problems.append(Problem(shown, line, "has a key that is not text; write a plain name"))
            continue
        if key.value in seen:
            message = f"has the key '{key.value}' twice; delete one of them"
            problems.append(Problem(shown, line, message))
            continue
        seen.add(key.value)
        inner = (*loc, key.value)
        value = _value(item, inner, lines, problems, shown)
        # A block value starts on the next line; the reader looks for its key.
        lines[inner] = line
        yield key.value, value


def _scalar(node: yaml.Node, problems: list[Problem], shown: str) -> Any:  # noqa: ANN401
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        what = " ".join(str(getattr(error, "problem", None) or error).split())
        message = f"holds '{str(node.value)[:40]}', which YAML cannot read ({what}); quote it"
        problems.append(Problem(shown, node.start_mark.line + 1, message))
        return None
