# SPDX-License-Identifier: GPL-2.0-or-later
"""No function is longer than 100 lines or has a cyclomatic complexity above 25; half of the files have at most 130 lines.

The sources are formatted, so a function ends at the first closing brace that stands as far in as the line that opened
it. Its complexity is McCabe's: 1, and 1 for each place where its flow divides, lambdas inside it included.
"""
import ast
import re
import statistics
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("structures", "potentials", "neb", "workflows", "python")
LINES, COMPLEXITY, MEDIAN = 100, 25, 130

# What cannot be shorter: C++20 binds the fields of an aggregate only one by one, so each number of fields has its line.
EXEMPT = {"workflows/memory/aggregate.hpp"}

# Comments and literals, which hold braces and question marks that mean nothing.
IDLE = re.compile(r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|`(?:\\.|[^`\\])*`', re.S)
BRANCH = re.compile(r"\b(?:if|for|while|case|catch)\b|&&|\|\||\?(?!\.)")
NOT_A_FUNCTION = re.compile(r"^\s*(?:template <[^{]*> )?(?:requires [^{]* )?"
                            r"(?:namespace|class|struct|enum|union|extern|return|if|for|while|switch|else|do|try)\b|=\s*\{$|^\s*\{$|^\(\(\) => \{$")


def bare(content):
    """Without comments and literals, line for line."""
    return IDLE.sub(lambda found: '""' + "\n" * found.group(0).count("\n"), content)


def functions(content):
    """(first line, number of lines, complexity) of each function that stands at most two deep: of a file, a class."""
    lines = bare(content).splitlines()
    found = []
    end = 0
    for number, line in enumerate(lines):
        if number < end or not line.rstrip().endswith("{"):
            continue
        # The head of a function may be several lines long.
        first = number
        while first > 0 and not re.search(r"[;{}]\s*$|:\s*$", lines[first - 1]) and lines[first - 1].strip():
            first -= 1
        head = " ".join(part.strip() for part in lines[first:number + 1])
        indent = len(lines[first]) - len(lines[first].lstrip())
        if indent > 4 or "(" not in head or NOT_A_FUNCTION.search(head):
            continue
        last = next((k for k in range(number + 1, len(lines)) if re.match(rf"\s{{{indent}}}\}}", lines[k])), None)
        if last is None:
            continue
        body = "\n".join(lines[first:last + 1])
        found.append((first + 1, last - first + 1, 1 + len(BRANCH.findall(body))))
        end = last
    return found


def functions_of_script(content):
    """As functions(), of JavaScript: at any depth, and without the lines of functions inside, which count by themselves."""
    lines = bare(content).splitlines()
    found = []
    for first, line in enumerate(lines):
        if re.search(r"(=>|\bfunction\b.*\)) \{$", line.rstrip()) and not line.startswith("(() =>"):
            indent = len(line) - len(line.lstrip())
            last = next(k for k in range(first + 1, len(lines)) if re.match(rf"\s{{{indent}}}\}}", lines[k]))
            found.append((first, last))
    for first, last in found:
        inside = set()
        for a, b in found:
            if first < a and b <= last:
                inside.update(range(a, b + 1))
        own = [lines[k] for k in range(first, last + 1) if k not in inside]
        yield first + 1, len(own), 1 + len(BRANCH.findall("\n".join(own)))


def functions_of_python(content):
    branches = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.IfExp, ast.comprehension, ast.Assert)
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inside = list(ast.walk(node))
            splits = sum(isinstance(n, branches) for n in inside)
            splits += sum(len(n.values) - 1 for n in inside if isinstance(n, ast.BoolOp))
            yield node.lineno, node.end_lineno - node.lineno + 1, 1 + splits


def sources():
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", *FOLDERS], cwd=ROOT,
                           capture_output=True, check=True).stdout.decode().split("\0")
    return sorted(n for n in names if n.endswith((".cpp", ".hpp", ".js", ".mjs", ".py")) and (ROOT / n).is_file())


class Functions(unittest.TestCase):
    def test_none_is_long_or_winding(self):
        counted, wrong = 0, []
        for name in sorted(set(sources()) - EXEMPT):
            content = (ROOT / name).read_text()
            kind = Path(name).suffix
            read = functions_of_python if kind == ".py" else functions if kind in (".cpp", ".hpp") else functions_of_script
            for line, length, complexity in read(content):
                counted += 1
                if length > LINES or complexity > COMPLEXITY:
                    wrong.append(f"{name}:{line}: {length} lines, complexity {complexity}")
        self.assertGreater(counted, 2000)
        self.assertEqual([], wrong, f"at most {LINES} lines and a complexity of {COMPLEXITY}: make named steps of it")

    def test_half_of_the_files_are_short(self):
        lines = [len((ROOT / n).read_text().splitlines()) for n in sources()]
        self.assertLessEqual(statistics.median(lines), MEDIAN)

    def test_branches_and_lines_are_counted(self):
        code = '''int f(int a,
      int b) {
  // if this were code && counted?
  const char* s = "if (x) { ? }";
  if (a && b) return a ? 1 : 2;
  for (int i = 0; i < 3; ++i) {
    switch (i) {
      case 1: break;
    }
  }
  return 0;
}

class C {
 public:
  C() : a_{1} {}
  int g() const {
    return a_ || b_;
  }
};

template <class T>
struct S {
  int h(T t) {
    while (t) --t;
    return 0;
  }
};
'''
        self.assertEqual([(1, 12, 6), (17, 3, 2), (24, 4, 2)], functions(code))
        script = "const f = (a) => {\n  const g = () => {\n    if (a) return;\n  };\n  return a?.b ? 1 : a && 2;\n};\n"
        self.assertEqual([(1, 3, 3), (2, 3, 2)], list(functions_of_script(script)))
        self.assertEqual([(1, 3, 4)], list(functions_of_python("def f(x):\n    if x and x > 1:\n        return [y for y in x]\n")))


if __name__ == "__main__":
    unittest.main()
