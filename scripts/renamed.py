"""Public names of an earlier commit that are gone, and whether a commit since then says so.

usage: python scripts/renamed.py COMMIT

A name counts as there wherever in the package it is; a method, with its class. Ends with status 1
if any is gone without a word.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def names(source: str) -> Iterator[str]:
    """Functions, classes and their methods that a module offers."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
            members = node.body if isinstance(node, ast.ClassDef) else []
            for member in members:
                if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                    yield f"{node.name}.{member.name}"


def names_at(commit: str) -> set[str]:
    files = git("ls-tree", "-r", "--name-only", commit, "shamsul").split()
    modules = (git("show", f"{commit}:{file}") for file in files if file.endswith(".py"))
    return {name for source in modules for name in names(source)}


def main(commit: str) -> int:
    said = set(re.findall(r"\w+", git("log", "--format=%B", f"{commit}..HEAD")))
    gone = sorted(names_at(commit) - names_at("HEAD"))
    silent = 0
    for name in gone:
        told = any(part in said for part in name.split("."))
        silent += not told
        print(f"{name}: {'said' if told else 'NOT SAID'}")
    print(f"{len(gone)} public names are gone, {silent} without a word")
    return int(silent > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
