#!/usr/bin/env python3
"""Reports in a headless Chromium: report_test.py MAKE_REPORT. Exit 77, with a reason, where something is missing."""

import base64
import json
import math
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    print('skipped: this Python has no selenium (Debian: python3-selenium)')
    sys.exit(77)

ROWS = 100_000
WAIT_S = 60

# What make_report.cpp puts in: means and sds of its metrics, and its three Gaussians.
METRICS = [(0.31, 0.06), (2.2e9, 1.6e8), (1.4, 0.3), (3.1e6, 6e5), (8.4e5, 1.1e5), (212.0, 7.0), (5400.0, 600.0),
           (8e12, 2.0)]
WEIGHTS = [0.5, 0.3, 0.2]


def expected_mean(which, i):
    return METRICS[i][0] + (which - 1) * (2.2 if i % 2 == 0 else 3.0) * METRICS[i][1]


def expected_covariance(which, i, j):
    tilt = 1.0 if i == j else 0.3 * (which - 1) + (0.2 if (i + j) % 2 == 0 else 0.1)
    return METRICS[i][1] * METRICS[j][1] * tilt


def is_strange(row, rows=ROWS):
    every = rows // 12 + 1
    return row >= 90 and every // 2 < row % every <= every // 2 + 1 + (row // every * 7) % 40


STRANGE = [row for row in range(ROWS) if is_strange(row)]


def data_of(page):
    """The data of a page, read without a browser."""
    text = page.read_text(encoding='utf-8')
    begin = text.index('id="report-data">') + len('id="report-data">')
    return json.loads(text[begin:text.index('</script>', begin)])


def unpack(packed):
    if 'c' in packed:
        return [packed['c']] * packed['n']
    raw = base64.b64decode(packed.get('d') or packed.get('f') or '')
    if 'd' in packed:
        return list(struct.unpack(f'<{packed["n"]}d', raw))
    return [packed['o'] + packed['s'] * part for part in struct.unpack(f'<{packed["n"]}f', raw)]


class ReportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix='epsilond-report-'))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        options = webdriver.ChromeOptions()
        for argument in ('--headless=new', '--no-sandbox', '--window-size=1280,900',
                         f'--user-data-dir={cls.folder}/profile'):
            options.add_argument(argument)
        options.set_capability('goog:loggingPrefs', {'browser': 'ALL', 'performance': 'ALL'})
        cls.browser = webdriver.Chrome(options=options, service=Service(shutil.which('chromedriver')))
        cls.addClassCleanup(cls.browser.quit)
        cls.browser.set_page_load_timeout(WAIT_S)
        cls.pages = {}
        cls.shown = None

    @classmethod
    def page(cls, rows=ROWS, kind='mixture'):
        if (rows, kind) not in cls.pages:
            path = cls.folder / f'{kind}-{rows}.html'
            subprocess.run([MAKE_REPORT, str(path), str(rows), kind], check=True)
            cls.pages[rows, kind] = path
        return cls.pages[rows, kind]

    def show(self, rows=ROWS, kind='mixture'):
        """Loads a page, unless it is the one that is shown, and sets its charts to the whole range."""
        cls = type(self)
        path = self.page(rows, kind)
        if cls.shown != path:
            self.browser.get_log('browser')
            self.browser.get(path.as_uri())
            cls.shown = path
        if rows > 0:
            self.run_js('time.all()')
            self.settle()
        return path

    def run_js(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def settle(self):
        """Until the browser has painted twice."""
        self.browser.execute_async_script(
            'const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()));')

    def ranges(self):
        return self.run_js('return time.charts.map(({chart}) => [chart.scales.x.min, chart.scales.x.max])')

    def assert_all_show(self, low, high, tolerance):
        for chart_low, chart_high in self.ranges():
            self.assertAlmostEqual(chart_low, low, delta=tolerance)
            self.assertAlmostEqual(chart_high, high, delta=tolerance)

    def plot(self, index):
        return self.browser.find_elements(By.CSS_SELECTOR, '#metric-charts .u-over')[index]

    def drag(self, plot, begin, end):
        """Drags across parts of a plot's width: 0 is its left edge, 1 its right."""
        self.run_js('arguments[0].scrollIntoView({block: "center"})', plot)
        width = plot.size['width']
        actions = ActionChains(self.browser, duration=50)
        actions.move_to_element_with_offset(plot, round((begin - 0.5) * width), 0).click_and_hold()
        actions.move_to_element_with_offset(plot, round(((begin + end) / 2 - 0.5) * width), 0)
        actions.move_to_element_with_offset(plot, round((end - 0.5) * width), 0).release().perform()
        self.settle()

    def test_loading_says_nothing_to_the_console_and_asks_the_network_for_nothing(self):
        for rows, kind in ((ROWS, 'mixture'), (5000, 'plain'), (0, 'mixture'), (1, 'mixture')):
            type(self).shown = None
            self.browser.get_log('performance')
            path = self.show(rows, kind)
            self.assertEqual(self.browser.get_log('browser'), [])
            asked = [json.loads(entry['message'])['message'] for entry in self.browser.get_log('performance')]
            urls = {message['params']['request']['url'] for message in asked
                    if message['method'] == 'Network.requestWillBeSent'}
            self.assertIn(path.as_uri(), urls)
            self.assertEqual([url for url in urls if not url.startswith('data:')], [path.as_uri()])

    def test_text_from_outside_stays_text(self):
        self.show()
        self.assertEqual(self.browser.title, 'epsilonctl score </title><script>alert(1)</script> --model mixture')
        self.assertIn('</script><!-- & é\ufffd.csv', self.browser.find_element(By.ID, 'facts').text)
        self.assertIn('</td><img src=x onerror=alert(1)>', self.browser.find_element(By.ID, 'episode-table').text)
        self.assertEqual(self.run_js('return report.features[7].name'), '</script><b>"&\'\\ \ufffd')
        self.assertEqual(self.browser.find_elements(By.CSS_SELECTOR, 'main img, main b, main script'), [])

    def test_each_metric_has_a_chart_that_draws_something(self):
        self.show()
        self.assertEqual(len(self.browser.find_elements(By.CSS_SELECTOR, '#metric-charts .uplot')), len(METRICS))
        self.assertEqual(len(self.browser.find_elements(By.CSS_SELECTOR, '#score-charts .uplot')), 2)
        colours = self.run_js('''return time.charts.map(({chart}) => {
          const {left, top, width, height} = chart.bbox;
          const pixels = chart.ctx.getImageData(left, top, width, height).data;
          const rgb = (name) => colour(name).match(/[0-9a-f]{2}/g).map((part) => parseInt(part, 16));
          return ['line', 'anomaly'].map((name) => {
            const [r, g, b] = rgb(name);
            let count = 0;
            for (let i = 0; i < pixels.length; i += 4)
              if (Math.abs(pixels[i] - r) + Math.abs(pixels[i + 1] - g) + Math.abs(pixels[i + 2] - b) < 40) ++count;
            return count;
          });
        })''')
        for line, anomaly in colours:
            self.assertGreater(line, 100)
            self.assertGreater(anomaly, 100)

    def test_the_red_points_are_the_flagged_rows(self):
        self.show()
        self.assertEqual(unpack(data_of(self.page())['flagged']['row']), STRANGE)
        red = self.run_js('''return time.charts.map(({series}) =>
          series.anomaly.flatMap((value, i) => (value === null ? [] : [positions.x[i]])))''')
        times = [1767225600 + 10 * row for row in STRANGE]
        for chart, marked in enumerate(red):
            absent = {1767225600 + 10 * row for row in STRANGE if chart == 2 + 6 and row % 5000 > 4700}
            self.assertEqual(marked, [moment for moment in times if moment not in absent])
        drawn = self.run_js('return scatter.kinds[1].xs.length')
        self.assertEqual(drawn, len(STRANGE))

    def test_lines_keep_the_order_of_time_and_no_value_is_made_up(self):
        self.show()
        xs = self.run_js('return positions.x')
        self.assertEqual(xs, sorted(xs))
        self.assertEqual(xs[0], 1767225600)
        self.assertEqual(xs[-1], 1767225600 + 10 * (ROWS - 1))
        usual = self.run_js('return positions.x.filter((_, i) => positions.flagged[i] < 0)')
        self.assertEqual(set(usual) & {1767225600 + 10 * row for row in STRANGE}, set())
        low, high = self.run_js('''const line = time.charts.find(({name}) => name === 'processes').series.line;
          const values = line.filter((value) => typeof value === 'number');
          return [Math.min(...values), Math.max(...values)]''')
        bucket = data_of(self.page())['series'][5]
        flagged = unpack(data_of(self.page())['flagged']['values'][5])
        everything = [v for v in unpack(bucket['early']) + unpack(bucket['late']) + flagged if not math.isnan(v)]
        self.assertAlmostEqual(low, min(everything), delta=1e-9)
        self.assertAlmostEqual(high, max(everything), delta=1e-9)

    def test_the_gaussians_arrive_with_every_digit(self):
        components = data_of(self.page())['components']
        self.assertEqual([component['weight'] for component in components], WEIGHTS)
        for which, component in enumerate(components):
            means = [expected_mean(which, i) for i in range(len(METRICS))]
            covariances = [expected_covariance(which, i, j) for i in range(len(METRICS)) for j in range(i + 1)]
            self.assertEqual(len(component['covariance']), len(covariances))
            # A few roundings: a compiler may fuse what Python does in two steps.
            for got, expected in zip(component['mean'] + component['covariance'], means + covariances):
                self.assertTrue(math.isclose(got, expected, rel_tol=1e-15), (got, expected))

    def test_ellipses_lie_at_their_mahalanobis_distance(self):
        self.show()
        # Metric 7 is left out: its mean of 8e12 leaves its sd of 2 with 11 bits.
        for i, j in ((0, 1), (1, 3), (6, 2), (4, 4)):
            ellipses = self.run_js('return scatter.ellipses(...arguments)', i, j)
            self.assertEqual([(e['component'], e['k']) for e in ellipses],
                             [(c, k) for c in range(3) for k in (1, 2, 3)])
            for made in ellipses:
                which = made['component']
                mx, my = expected_mean(which, i), expected_mean(which, j)
                sxx, sxy, syy = (expected_covariance(which, a, b) for a, b in ((i, i), (i, j), (j, j)))
                xs, ys = made['points']
                if i == j:
                    self.assertTrue(all(abs((y - my) - (x - mx)) < 1e-6 * math.sqrt(sxx) for x, y in zip(xs, ys)))
                    continue
                determinant = sxx * syy - sxy * sxy
                angles = []
                for x, y in zip(xs, ys):
                    dx, dy = x - mx, y - my
                    squared = (syy * dx * dx - 2 * sxy * dx * dy + sxx * dy * dy) / determinant
                    self.assertAlmostEqual(squared, made['k'] ** 2, delta=1e-9)
                    angles.append(math.atan2(dy / math.sqrt(syy), dx / math.sqrt(sxx)))
                # All the way round, not a part of it.
                self.assertLess(max(b - a for a, b in zip(sorted(angles), sorted(angles)[1:])), 0.2)

    def test_the_ellipses_are_drawn_named_and_can_be_switched_off(self):
        self.show()
        legend = self.browser.find_element(By.ID, 'scatter-legend').text
        for text in ('component 1, weight 50 %', 'component 2, weight 30 %', 'component 3, weight 20 %'):
            self.assertIn(text, legend)
        self.assertIn('39.3 %, 86.5 %, 98.9 %', self.browser.find_element(By.ID, 'scatter-note').text)
        self.assertEqual(self.run_js('return scatter.chart.series.length'), 1 + 2 + 9)
        box = self.browser.find_elements(By.CSS_SELECTOR, '#scatter-legend input')[1]
        box.send_keys(Keys.SPACE)
        self.assertEqual(self.run_js('return scatter.chart.series.length'), 1 + 2 + 6)
        box.send_keys(Keys.SPACE)
        self.assertEqual(self.run_js('return scatter.chart.series.length'), 1 + 2 + 9)

    def test_dragging_across_one_chart_zooms_all_and_a_double_click_shows_all_again(self):
        self.show()
        low, high = self.ranges()[0]
        plot = self.plot(2)
        self.drag(plot, 0.25, 0.5)
        pixel = (high - low) / plot.size['width']
        self.assert_all_show(low + (high - low) / 4, low + (high - low) / 2, 2 * pixel)
        self.assertIn(' – ', self.browser.find_element(By.ID, 'range').text)
        self.assertNotIn('(all)', self.browser.find_element(By.ID, 'range').text)
        self.drag(self.plot(5), 0.5, 0.6)
        self.assert_all_show(low + (high - low) * 0.375, low + (high - low) * 0.4, 2 * pixel)
        ActionChains(self.browser).move_to_element(plot).double_click().perform()
        self.settle()
        self.assert_all_show(low, high, 0)
        self.assertIn('(all)', self.browser.find_element(By.ID, 'range').text)

    def test_the_zoom_works_from_the_keyboard(self):
        self.show()
        low, high = self.ranges()[0]
        press = lambda name: self.browser.find_element(By.CSS_SELECTOR, f'[data-zoom={name}]').send_keys(Keys.ENTER)
        press('in')
        self.settle()
        self.assert_all_show(low + (high - low) / 4, high - (high - low) / 4, 1e-3)
        press('later')
        self.settle()
        self.assert_all_show((low + high) / 2, high, 1e-3)
        press('all')
        self.settle()
        self.assert_all_show(low, high, 0)

    def test_the_cursor_shows_the_value_under_it_in_all_charts(self):
        self.show()
        first = STRANGE[20]
        moment = 1767225600 + 10 * first
        self.run_js('time.zoom(arguments[0] - 300, arguments[0] + 300)', moment)
        self.settle()
        plot = self.plot(1)
        self.run_js('arguments[0].scrollIntoView({block: "center"})', plot)
        ActionChains(self.browser).move_to_element(plot).perform()
        self.settle()
        texts = self.run_js('return time.charts.map(({parts}) => parts.hover.textContent)')
        for text in texts:
            self.assertIn('2026-', text)
            self.assertIn(' UTC: ', text)
        self.assertRegex(texts[3], r': [\d.]+ GB, usual [\d.]+ ± [\d.]+ GB, anomaly$')

    def test_choosing_an_episode_zooms_all_charts_to_it(self):
        self.show()
        buttons = self.browser.find_elements(By.CSS_SELECTOR, '#episode-table tbody button')
        self.assertEqual(len(buttons), 12)
        buttons[4].send_keys(Keys.ENTER)
        self.settle()
        every = ROWS // 12 + 1
        rows = [row for row in STRANGE if row // every == 4]
        begin, end = 1767225600 + 10 * rows[0], 1767225600 + 10 * rows[-1]
        for low, high in self.ranges():
            self.assertLess(low, begin)
            self.assertGreater(high, end)
            self.assertLess(high - low, 3600)
        self.assertEqual(len(self.browser.find_elements(By.CSS_SELECTOR, '#episode-table tr.chosen')), 1)

    def test_the_scatter_plot_shows_the_chosen_metrics_and_the_row_under_the_cursor(self):
        self.show()
        choose = self.browser.find_element(By.ID, 'scatter-x')
        choose.send_keys('load_1min')
        self.settle()
        self.assertEqual(self.run_js('return scatter.metrics'), [2, 3])
        self.assertEqual(self.run_js('return scatter.kinds[0].xs.length'), 4000)
        over = self.browser.find_element(By.CSS_SELECTOR, '#scatter-chart .u-over')
        self.run_js('arguments[0].scrollIntoView({block: "center"})', over)
        x, y = self.run_js('''const {xs, ys} = scatter.kinds[1];
          return [scatter.chart.valToPos(xs[0], 'x'), scatter.chart.valToPos(ys[0], 'y')]''')
        size = over.size
        ActionChains(self.browser).move_to_element_with_offset(
            over, round(x - size['width'] / 2), round(y - size['height'] / 2)).perform()
        WebDriverWait(self.browser, WAIT_S).until(
            lambda _: 'row ' in self.browser.find_element(By.CSS_SELECTOR, '#scatter-chart output').text)
        self.assertRegex(self.browser.find_element(By.CSS_SELECTOR, '#scatter-chart output').text,
                         r'UTC, row \d+: load_1min .*, disk_write_bytes_per_s .*, anomaly')
        usual_low, usual_high = self.run_js('scatter.show("usual"); return new Promise((done) => setTimeout(() => '
                                            'done([scatter.chart.scales.y.min, scatter.chart.scales.y.max]), 50))')
        top = self.run_js('const around = scatter.ellipses(2, 3).flatMap((e) => e.points[1]); '
                          'return Math.max(...scatter.kinds[0].ys, ...around)')
        self.assertGreater(usual_high, top)
        self.assertLess(usual_high, 1.1 * top + 0.1 * abs(usual_low))

    def test_sorted_scores_are_sorted_and_cross_the_cut_once(self):
        ranked = data_of(self.page())['ranked']
        rank, score, flagged = (unpack(ranked[name]) for name in ('rank', 'score', 'flagged'))
        self.assertEqual(ranked['seen'], ROWS - 90)
        self.assertEqual(score, sorted(score))
        self.assertEqual(rank, sorted(rank))
        self.assertEqual(rank[:5000], [float(n) for n in range(1, 5001)])
        self.assertLessEqual(rank[-1], ROWS - 90)
        self.assertEqual(flagged, [1.0] * len(STRANGE) + [0.0] * (len(score) - len(STRANGE)))
        self.assertLess(score[len(STRANGE) - 1], -30.0)

    def test_a_table_without_a_clock_runs_over_row_numbers(self):
        self.show(5000, 'plain')
        self.assertEqual(self.run_js('return report.x'), 'row')
        self.assert_all_show(0, 4999, 0)
        self.assertEqual(self.run_js('return scatter.ellipses(0, 1)'), [])
        self.assertNotIn('usual', self.browser.find_element(By.ID, 'metric-legend').text)

    def test_more_flagged_rows_than_can_be_kept_are_said_so_and_keep_their_extremes(self):
        rows = 120_000
        self.show(rows, 'dense')
        self.assertIn('a random 50\u202f000', self.browser.find_element(By.ID, 'notes').text)
        data = data_of(self.page(rows, 'dense'))
        self.assertEqual(data['flagged_rows'], rows // 2)
        kept = unpack(data['flagged']['values'][1])
        every = unpack(data['series'][1]['flagged_early']) + unpack(data['series'][1]['flagged_late'])
        self.assertEqual(len(kept), 50_000)
        # Both went through 32 bits of the range of their own column.
        self.assertGreaterEqual(max(every), max(kept) * (1 - 1e-6))
        self.assertLessEqual(min(every), min(kept) + abs(min(kept)) * 1e-6)

    def test_the_dark_page_has_dark_charts(self):
        self.show()
        self.browser.execute_cdp_cmd(
            'Emulation.setEmulatedMedia', {'features': [{'name': 'prefers-color-scheme', 'value': 'dark'}]})
        try:
            self.settle()
            self.assertEqual(self.run_js('return getComputedStyle(document.body).backgroundColor'), 'rgb(18, 23, 29)')
            self.assertEqual(self.run_js('return colour("anomaly")'), '#ff7c4d')
        finally:
            self.browser.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': []})

    def test_wide_tables_stay_below_their_size(self):
        self.assertLess(self.page(ROWS, 'wide').stat().st_size, 15_000_000)
        self.show(ROWS, 'wide')
        self.assertEqual(len(self.browser.find_elements(By.CSS_SELECTOR, '#metric-charts .uplot')), 42)
        self.assertEqual(self.browser.get_log('browser'), [])

    def test_the_page_carries_the_licence_of_its_library(self):
        text = self.page().read_text(encoding='utf-8')
        self.assertIn('Copyright (c) 2022 Leon Sorokin', text)
        self.assertIn('The above copyright notice and this permission notice shall be included', text)


if __name__ == '__main__':
    MAKE_REPORT = sys.argv.pop(1)
    probe = subprocess.run([MAKE_REPORT, '/dev/null', '1'], check=False)
    if probe.returncode == 77:
        print('skipped: this build has no report page (npm was not there)')
        sys.exit(77)
    if not shutil.which('chromedriver'):
        print('skipped: no chromedriver (Debian: chromium-driver)')
        sys.exit(77)
    unittest.main(verbosity=2)
