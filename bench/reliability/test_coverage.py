#!/usr/bin/python3
"""A trace of three files by hand: two of models/, one elsewhere."""
import io
import unittest

import coverage

TRACE = """SF:/house/models/ring.h
DA:3,1
DA:4,0
DA:5,0
DA:9,2
DA:11,0
end_of_record
SF:/house/models/density/mixture.cpp
DA:1,7
end_of_record
SF:/usr/include/c++/12/vector
DA:1,0
end_of_record
"""


def read(text=TRACE):
    return coverage.read_trace(text.splitlines(True), "/house")


class Trace(unittest.TestCase):
    def test_only_files_of_the_house_count(self):
        self.assertEqual(sorted(read()), ["models/density/mixture.cpp", "models/ring.h"])

    def test_lines_that_did_not_run_are_told_as_spans_that_no_line_that_ran_interrupts(self):
        self.assertEqual(read()["models/ring.h"].missed(), "4-5, 11")

    def test_a_line_that_ran_in_one_of_two_records_of_its_file_ran(self):
        again = TRACE + "SF:/house/models/ring.h\nDA:4,3\nend_of_record\n"
        lines = read(again)["models/ring.h"]
        self.assertEqual((lines.ran(), lines.total(), lines.missed()), (3, 5, "5, 11"))

    def test_a_floor_counts_its_wings_and_a_wing_itself(self):
        self.assertEqual(coverage.folders(read()), {"models": [2, 6, 3], "models/density": [1, 1, 1]})


class Judgement(unittest.TestCase):
    def judge(self, least, folder="models"):
        self.said = io.StringIO()
        return coverage.report(read(), least, [folder], self.said)

    def test_exactly_what_is_asked_is_enough_and_less_is_not(self):
        self.assertEqual(self.judge(50.0), 0)
        self.assertEqual(self.judge(50.1), 1)

    def test_files_below_are_named_and_files_above_are_not(self):
        self.judge(95.0)
        self.assertIn("models/ring.h", self.said.getvalue())
        self.assertNotIn("mixture.cpp", self.said.getvalue())

    def test_a_folder_without_a_line_is_no_pass(self):
        self.assertEqual(self.judge(0.0, "platform"), coverage.BAD_DATA)


if __name__ == "__main__":
    unittest.main()
