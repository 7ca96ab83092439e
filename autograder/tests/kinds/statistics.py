"""A course on statistics: data beside the notebook, a written answer, a task, tests of variables."""

from __future__ import annotations

from kinds.cells import Kind, answer, by_hand, fixed, task, tests

STATISTICS = Kind(
    [
        fixed("about", "# Rain\n\n`rain.csv` holds a station and its millimetres a line.", written=True),
        fixed(
            "read",
            """
            import csv
            import statistics
            with open('data/rain.csv', newline='') as file:
                rain = [(row['station'], float(row['mm'])) for row in csv.DictReader(file)]
            """,
        ),
        answer("middle", "### BEGIN SOLUTION\nmiddle = statistics.median(mm for _, mm in rain)\n### END SOLUTION"),
        tests("middle_is", 1, "assert abs(middle - 4.5) < 1e-9, 'the median lies between two values'"),
        answer(
            "by_station",
            """
            def by_station(rows):
                ### BEGIN SOLUTION
                found = {}
                for station, mm in rows:
                    found.setdefault(station, []).append(mm)
                return {station: statistics.mean(values) for station, values in found.items()}
                ### END SOLUTION
            """,
        ),
        tests("stations", 2, "means = by_station(rain)\nassert set(means) == {'north', 'south'}"),
        tests(
            "means",
            3,
            """
            assert isinstance(by_station(rain), dict)
            ### BEGIN HIDDEN TESTS
            assert abs(by_station(rain)['south'] - 7) < 1e-9
            assert by_station([]) == {}
            ### END HIDDEN TESTS
            """,
        ),
        by_hand("why", 3, "The mean is pulled by one wet day, the median is not."),
        task(
            "plot",
            5,
            "Draw both stations below.\n\n### BEGIN MARK SCHEME\n2 for axes, 3 for bars\n### END MARK SCHEME",
        ),
        tests("untouched", 1, "assert len(open('data/rain.csv').readlines()) == 7"),
    ],
    {
        "middle": "middle = sorted(mm for _, mm in rain)[len(rain) // 2]",
        "by_station": "def by_station(rows):\n    return {station: mm for station, mm in rows}",
        "why": "It is more *robust*.",
    },
    {"data/rain.csv": "station,mm\nnorth,1\nnorth,2\nnorth,3\nsouth,6\nsouth,7\nsouth,8\n"},
)
