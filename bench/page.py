"""Puts what a bench has measured into its place on a page of docs/."""
import pathlib
import re


def put_into(path, name, text):
    """Replaces what lies between `<!-- measured NAME: how -->` and the end mark behind it. SystemExit where there is no
    such place, or more than one."""
    marks = rf"(<!-- measured {re.escape(name)}: [^>]*-->\n).*?(<!-- end of what is measured -->)"
    page, places = re.subn(marks, lambda found: f"{found[1]}\n{text}\n{found[2]}",
                           pathlib.Path(path).read_text(encoding="utf-8"), flags=re.S)
    if places != 1:
        raise SystemExit(f"{path}: {places} places for what is measured {name}")
    pathlib.Path(path).write_text(page, encoding="utf-8")
