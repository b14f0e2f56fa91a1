"""Mutants of C++ source: copies with one small mistake each, as a pure function of the text.

A mistake is one operator, constant, condition, statement or returned value changed in one line. Only code that runs is
changed: bodies of functions with the initialisers of constructors, and in .cpp files what named constants are set to. Not
comments, strings, the preprocessor, assert and static_assert. It reads the text as clang-format leaves it (operators
between spaces, `T* x`) and knows no types: what does not compile falls out later.
"""
import dataclasses
import re

NOTHING, CONSTANT, BODY = 0, 1, 2

RELATIONAL = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
LOGICAL = {"&&": "||", "||": "&&"}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*"}
ASSIGNMENT = {"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "&=": "|=", "|=": "&="}
STEP = {"++": "--", "--": "++"}

SWAPS = (
    ("relational", RELATIONAL, re.compile(r"(?<=\s)(<=|>=|==|!=|<|>)(?=\s|$)")),
    ("logical", LOGICAL, re.compile(r"(?<=\s)(&&|\|\|)(?=\s|$)")),
    ("arithmetic", ARITHMETIC, re.compile(r"(?<=[\w)\]}] )([-+*/%])(?=\s|$)")),
    ("assignment", ASSIGNMENT, re.compile(r"(?<=\s)([-+*/&|]=)(?=\s|$)")),
    ("step", STEP, re.compile(r"(?<![-+])(\+\+|--)(?![-+])")),
)
NOT = re.compile(r"(?<![\w)\]])!(?=[\w(:])")
SIGN = re.compile(r"(?:(?<=[(\[{,])|(?<=[=?:*/+<>&|,] )|(?<=return ))-(?=[\w.(])")
NUMBER = re.compile(r"(?<![\w.'])(0[xX][0-9a-fA-F']+(?:\.[0-9a-fA-F]+)?(?:[pP][-+]?\d+)?|"
                    r"\d[\d']*(?:\.\d*)?(?:[eE][-+]?\d+)?)([fFuUlLzZ]*)(?![\w.>])")
IF = re.compile(r"\bif \(")
# What another operator negates already.
PLAINLY_NEGATED = re.compile(r"!\w[\w.\->\[\]]*(?:\([^()]*\))?|!\([^()]*(?:\([^()]*\)[^()]*)*\)|[^&|]* [=!]= [^&|]*")
RETURN = re.compile(r"\breturn (.+?);")
PLAIN_VALUE = re.compile(r"\{\}|-?[\d.]+f?|true|false|nullptr|std::nullopt")
STATEMENT = re.compile(r"(?:(?:\+\+|--|\*)?[A-Za-z_].*|continue|break);")
NO_STATEMENT = re.compile(r"(?:return|const|constexpr|auto|static|using|else|case|default|if|for|while|do|switch|struct|"
                          r"class|enum|template|typedef|friend|namespace|goto|public|private|protected)\b")
DECLARATION = re.compile(r"[A-Za-z_][\w:]*(?:<.*>)?(?:::\w+)?[&*]*\s+[*&]?[A-Za-z_]\w*\s*(?:=|;|\(|\{|\[)")
SCOPE = re.compile(r"(?:inline )?(?:namespace|class|struct|enum|union|extern)\b")
TEMPLATE = re.compile(r"template <[^{}]*?>\s*(?=[\w\[])")
NAMED_CONSTANT = re.compile(r"(?:inline )?(?:static )?(?:constexpr|const)\b[^=;{}()]*=")


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str
    line: int  # from 1
    column: int  # from 1
    operator: str
    before: str  # the whole line
    after: str

    def key(self):
        """Names it in the list of known survivors: a line number would move."""
        return (self.file, self.before.strip(), self.after.strip())

    def apply(self, source):
        lines = source.split("\n")
        assert lines[self.line - 1] == self.before
        lines[self.line - 1] = self.after
        return "\n".join(lines)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"""
                   r"""|^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*""", re.S | re.M)
ASSERTION = re.compile(r"\b(?:static_)?assert\(")


def closing(text, opened):
    """Where the bracket at `opened` is closed, or -1."""
    pairs = {"(": ")", "[": "]", "{": "}"}
    expected = []
    for at in range(opened, len(text)):
        character = text[at]
        if character in pairs:
            expected.append(pairs[character])
        elif expected and character == expected[-1]:
            expected.pop()
            if not expected:
                return at
        elif character in ")]}":
            return -1
    return -1


def code_only(source):
    """The same text with spaces for all that is no code; every character stays where it is."""
    code = TOKEN.sub(lambda match: blank(match[0]), source)
    for match in list(ASSERTION.finditer(code)):
        end = closing(code, match.end() - 1)
        if end > 0:
            code = code[:match.start()] + blank(code[match.start():end + 1]) + code[end + 1:]
    return code


def is_function(head):
    """Does a brace behind this text, outside of any function, open a body? A parameter list or a lambda stands there."""
    if head.endswith("="):
        return False
    return "(" in head or ("=" in head and head.endswith("]"))


def regions(code, constants):
    """For each character NOTHING, CONSTANT (what a named constant is set to; only if `constants`) or BODY."""
    kinds = bytearray(len(code))
    scopes = []  # of the braces around: "function", "scope" or "value"
    begun = 0  # where the statement began
    for at, character in enumerate(code):
        inside = bool(scopes) and scopes[-1] == "function"
        if inside:
            kinds[at] = BODY
        if character == "{":
            text = code[begun:at]
            head = TEMPLATE.sub("", text.strip())
            head = re.sub(r"^(?:public|private|protected):\s*", "", head)
            if inside or (not SCOPE.match(head) and is_function(head)):
                scopes.append("function")
                initialisers = re.search(r"\)\s*(?:noexcept\s*)?:\s", text)
                if not inside and initialisers:
                    kinds[begun + initialisers.end():at] = bytes([BODY]) * (at - begun - initialisers.end())
            elif SCOPE.match(head):
                scopes.append("scope")
            else:
                scopes.append("value")
                continue  # the statement goes on behind it
            begun = at + 1
        elif character == "}":
            ended = scopes.pop() if scopes else ""
            # `int x_{3};` and `= {1, 2};` are one statement to their end; so is a lambda.
            if ended != "value":
                begun = at + 1
        elif character == ";":
            named = NAMED_CONSTANT.match(code[begun:at].lstrip()) if constants and not inside else None
            if named and "(" not in named[0]:
                first = begun + len(code[begun:at]) - len(code[begun:at].lstrip()) + named.end()
                kinds[first:at] = bytes(kind or CONSTANT for kind in kinds[first:at])
            begun = at + 1
    return kinds


def other_numbers(text, suffix):
    """What a constant is changed to: one more, and one less or 0."""
    digits = text.replace("'", "")
    if re.fullmatch(r"\d+|0[xX][0-9a-fA-F]+", digits):
        value = int(digits, 0) if not re.fullmatch(r"0\d+", digits) else int(digits, 8)
        others = [value + 1] + ([value - 1] if value > 0 else [])
        return ["%d%s" % (other, suffix) for other in others]
    value = float.fromhex(digits) if digits[:2] in ("0x", "0X") else float(digits)
    more = value + 1.0 if value + 1.0 != value else 2.0 * value
    return [repr(other) + suffix for other in ([more] if value == 0.0 else [more, 0.0])]


def is_balanced(text):
    return all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))


def begins_statement(previous):
    return previous == "" or previous[-1] in ";{})" or previous.endswith(("else", "public:", "private:")) or (
        previous.endswith(":") and previous.startswith(("case ", "default")))


def changes_of_body(line, previous):
    """(operator, column from 0, length, replacement) of a line of code in a function."""
    for match in NOT.finditer(line):
        yield "negation", match.start(), 1, ""
    for match in IF.finditer(line):
        end = closing(line, match.end() - 1)
        condition = line[match.end():end]
        if end > 0 and not re.search(r";|[^=!<>]=[^=]", condition) and not PLAINLY_NEGATED.fullmatch(condition):
            yield "condition", match.end(), len(condition), "!(%s)" % condition
    for match in RETURN.finditer(line):
        value = match[1]
        if value in ("true", "false"):
            yield "return", match.start(1), len(value), "false" if value == "true" else "true"
        elif is_balanced(value) and not PLAIN_VALUE.fullmatch(value):
            yield "return", match.start(1), len(value), "{}"
    text = line.strip()
    if (STATEMENT.fullmatch(text) and is_balanced(text) and begins_statement(previous) and text.count(";") == 1 and
            not NO_STATEMENT.match(text) and not DECLARATION.match(text)):
        yield "statement", line.index(text), len(text), ";"


def changes_of_value(line):
    for name, swaps, pattern in SWAPS:
        if name == "step" and re.search(r"\bfor \(", line):
            continue  # it would run for ever, which teaches nothing
        for match in pattern.finditer(line):
            yield name, match.start(1), len(match[1]), swaps[match[1]]
    for match in SIGN.finditer(line):
        yield "sign", match.start(), 1, ""
    for match in NUMBER.finditer(line):
        for other in other_numbers(match[1], match[2]):
            yield "constant", match.start(), len(match[0]), other


def mutants_of(file, source):
    """All mutants of a file, in the order of its text; never two alike."""
    code = code_only(source)
    kinds = regions(code, constants=file.endswith(".cpp"))
    lines = source.split("\n")
    code_lines = code.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    found = []
    previous = ""
    for number, line in enumerate(code_lines):
        if not line.strip():
            continue
        changes = list(changes_of_value(line)) + list(changes_of_body(line, previous))
        previous = line.strip()
        seen = {lines[number]}
        for operator, column, length, replacement in sorted(changes, key=lambda change: change[1]):
            kind = kinds[starts[number] + column]
            if kind == NOTHING or (kind == CONSTANT and operator not in ("constant", "arithmetic", "sign")):
                continue
            after = lines[number][:column] + replacement + lines[number][column + length:]
            if after not in seen:
                seen.add(after)
                found.append(Mutant(file, number + 1, column + 1, operator, lines[number], after))
    return found


def changed_lines(diff):
    """file -> set of lines that a `git diff -U0` added or changed."""
    files = {}
    current = set()
    for line in diff.split("\n"):
        if line.startswith("+++ "):
            current = files.setdefault(line[6:], set()) if line.startswith("+++ b/") else set()
        hunk = re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line)
        if hunk:
            first, count = int(hunk[1]), int(hunk[2] or 1)
            current.update(range(first, first + count))
    return {file: numbers for file, numbers in files.items() if numbers}


def known_survivors(entries, sources):
    """The explained survivors by key, and those whose line is no longer in their file (`sources`: file -> text)."""
    known, stale = {}, []
    for entry in entries:
        key = (entry["file"], entry["line"], entry["mutant"])
        known[key] = entry["why"]
        text = sources.get(entry["file"])
        if text is None or entry["line"] not in (line.strip() for line in text.split("\n")):
            stale.append(key)
    return known, stale
