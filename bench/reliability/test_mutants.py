#!/usr/bin/python3
"""Mutants of a few lines, each written out by hand; and what may not be changed."""
import unittest

import mutants

SOURCE = '''#include "models/ring.h"  // 1 + 1
namespace epsilond::models {
namespace {

constexpr double kShare = 0.5;  // of 3
static_assert(kShare < 1.0);

struct Header {
  int version = 1;
};

}  // namespace

Ring::Ring(int size) : size_(size - 1) {}

/* if (a < b) return 1; */
bool Ring::push(double value) {
  assert(size_ > 0);
  if (count_ < size_ && !full_) {
    ++count_;
    sum_ += value;
  }
  const char* text = "a < b";
  return count_ == size_;
}

}  // namespace epsilond::models
'''


def made(source, file="models/ring.cpp"):
    return mutants.mutants_of(file, source)


def of_line(line, operator=None):
    """What becomes of one line in the body of a function."""
    return [mutant.after.strip() for mutant in made("void f() {\n  %s\n}\n" % line)
            if operator in (None, mutant.operator)]


class Places(unittest.TestCase):
    def setUp(self):
        self.lines = {mutant.before.strip() for mutant in made(SOURCE)}

    def test_bodies_initialisers_of_constructors_and_named_constants_are_changed(self):
        self.assertEqual(self.lines, {
            "constexpr double kShare = 0.5;  // of 3", "Ring::Ring(int size) : size_(size - 1) {}",
            "if (count_ < size_ && !full_) {", "++count_;", "sum_ += value;", "return count_ == size_;"})

    def test_a_header_keeps_its_constants_since_others_are_not_compiled_anew(self):
        lines = {mutant.before.strip() for mutant in made(SOURCE, "models/ring.h")}
        self.assertEqual(self.lines - lines, {"constexpr double kShare = 0.5;  // of 3"})

    def test_comments_strings_assertions_and_includes_are_no_code(self):
        code = mutants.code_only(SOURCE)
        self.assertEqual(len(code), len(SOURCE))
        for text in ("1 + 1", "of 3", "a < b", "1.0", "> 0", "include"):
            self.assertNotIn(text, code)

    def test_a_digit_separator_opens_no_character(self):
        self.assertIn("b + 1", mutants.code_only("x = 1'000; y = b + 1; c = 'z';"))

    def test_tables_at_the_top_are_constants_and_a_lambda_there_is_a_body(self):
        source = "constexpr int kTable[] = {3};\nconstexpr int kMade = [] {\n  int n = 0;\n  ++n;\n  return n;\n}();\n"
        self.assertEqual({(mutant.line, mutant.operator) for mutant in made(source)},
                         {(1, "constant"), (3, "constant"), (4, "step"), (4, "statement"), (5, "return")})

    def test_functions_in_a_class_template_are_bodies(self):
        source = "template <typename T>\nclass Ring {\n public:\n  int size() const { return size_; }\n  int size_ = 0;\n};\n"
        self.assertEqual([(mutant.line, mutant.operator) for mutant in made(source, "models/ring.h")], [(4, "return")])


class Operators(unittest.TestCase):
    def test_relations_move_their_edge(self):
        self.assertEqual(of_line("x = a < b;", "relational"), ["x = a <= b;"])
        self.assertEqual(of_line("x = a >= b;", "relational"), ["x = a > b;"])
        self.assertEqual(of_line("x = a == b;", "relational"), ["x = a != b;"])

    def test_template_brackets_arrows_and_shifts_are_no_relations(self):
        self.assertEqual(of_line("x = static_cast<int>(p->y) << z;", "relational"), [])

    def test_sums_products_and_remainders_change_their_sign(self):
        self.assertEqual(of_line("x = a + b * c;", "arithmetic"), ["x = a - b * c;", "x = a + b / c;"])
        self.assertEqual(of_line("x = a % b;", "arithmetic"), ["x = a * b;"])

    def test_a_pointer_is_no_product_and_a_reference_no_conjunction(self):
        self.assertEqual(of_line("const float* p = begin(auto&& x);"), [])

    def test_and_becomes_or(self):
        self.assertEqual(of_line("x = a && b;", "logical"), ["x = a || b;"])

    def test_a_minus_before_a_value_is_a_sign(self):
        self.assertEqual(of_line("x = f(-a, b - c);", "sign"), ["x = f(a, b - c);"])

    def test_constants_are_one_more_and_one_less_or_none(self):
        self.assertEqual(of_line("x = 2;", "constant"), ["x = 3;", "x = 1;"])
        self.assertEqual(of_line("x = 0;", "constant"), ["x = 1;"])
        self.assertEqual(of_line("x = 0.5f;", "constant"), ["x = 1.5f;", "x = 0.0f;"])
        self.assertEqual(of_line("x = 0x10u;", "constant"), ["x = 17u;", "x = 15u;"])
        self.assertEqual(of_line("x = 1e300;", "constant"), ["x = 2e+300;", "x = 0.0;"])

    def test_digits_of_a_name_or_a_type_are_no_constants(self):
        self.assertEqual(of_line("x = log2(y1, std::uint64_t(z), array<int, 3>(a));", "constant"), [])

    def test_a_condition_is_negated_as_a_whole(self):
        self.assertEqual(of_line("if (a < b) continue;", "condition"), ["if (!(a < b)) continue;"])

    def test_a_condition_that_declares_or_is_negated_elsewhere_is_left_alone(self):
        for line in ("if (auto x = f(); x) g();", "if (const int x = f()) g();", "if (!a) g();", "if (a == b) g();"):
            self.assertEqual(of_line(line, "condition"), [])

    def test_statements_are_deleted_and_declarations_are_not(self):
        self.assertEqual(of_line("total_ += x;", "statement"), [";"])
        self.assertEqual(of_line("tail_.learn(x);", "statement"), [";"])
        self.assertEqual(of_line("continue;", "statement"), [";"])
        for line in ("double x = y;", "std::vector<int> x(3);", "return x;", "Score score;", "const auto x = y;"):
            self.assertEqual(of_line(line, "statement"), [])

    def test_a_line_in_the_middle_of_a_statement_is_no_statement(self):
        self.assertEqual([mutant.line for mutant in made("void f() {\n  x = g(a,\n        b);\n}\n")
                          if mutant.operator == "statement"], [])

    def test_a_value_that_is_returned_becomes_an_empty_one(self):
        self.assertEqual(of_line("return a;", "return"), ["return {};"])
        self.assertEqual(of_line("return true;", "return"), ["return false;"])
        self.assertEqual(of_line("return 0.0;", "return"), [])


class Bookkeeping(unittest.TestCase):
    def test_each_mutant_differs_from_the_source_in_its_line_alone_and_none_comes_twice(self):
        texts = set()
        for mutant in made(SOURCE):
            text = mutant.apply(SOURCE)
            different = [number for number, (old, new) in enumerate(zip(SOURCE.split("\n"), text.split("\n")), 1)
                         if old != new]
            self.assertEqual(different, [mutant.line])
            texts.add(text)
        self.assertEqual(len(texts), len(made(SOURCE)))

    def test_the_order_is_that_of_the_text_and_always_the_same(self):
        places = [(mutant.line, mutant.column) for mutant in made(SOURCE)]
        self.assertEqual(places, sorted(places))
        self.assertEqual(made(SOURCE), made(SOURCE))

    def test_changed_lines_are_those_that_a_diff_added(self):
        diff = ("--- a/models/a.cpp\n+++ b/models/a.cpp\n@@ -3 +3,2 @@ f\n-x\n+y\n+z\n@@ -9,2 +10,0 @@\n-x\n-x\n"
                "--- a/models/b.cpp\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n")
        self.assertEqual(mutants.changed_lines(diff), {"models/a.cpp": {3, 4}})

    def test_an_explanation_holds_wherever_its_line_is_and_is_stale_when_it_is_gone(self):
        there = {"file": "models/ring.cpp", "line": "++count_;", "mutant": ";", "why": "x"}
        gone = dict(there, line="--count_;")
        known, stale = mutants.known_survivors([there, gone], {"models/ring.cpp": "\n" + SOURCE})
        deleted = [mutant for mutant in made(SOURCE) if mutant.after.strip() == ";" and "++" in mutant.before]
        self.assertIn(deleted[0].key(), known)
        self.assertEqual(stale, [("models/ring.cpp", "--count_;", ";")])


if __name__ == "__main__":
    unittest.main()
