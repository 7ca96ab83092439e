"""A course on numerical methods: AUTOTEST, exceptions that are asked for, tolerances, marks in parts."""

from __future__ import annotations

from kinds.cells import Kind, answer, fixed, tests

NUMERICS = Kind(
    [
        fixed("imports", "import numpy as np\nfrom numpy.testing import assert_allclose, assert_raises"),
        answer(
            "root",
            """
            def root(f, low, high, steps=60):
                '''A zero of f by bisection; ValueError where its sign does not change.'''
                ### BEGIN SOLUTION
                if f(low) * f(high) > 0:
                    raise ValueError('no change of sign')
                for _ in range(steps):
                    middle = (low + high) / 2
                    low, high = (low, middle) if f(low) * f(middle) <= 0 else (middle, high)
                return (low + high) / 2
                ### END SOLUTION
            """,
        ),
        tests("root_near", 2, "assert_allclose(root(lambda x: x**2 - 2, 0, 2), np.sqrt(2), rtol=1e-6)"),
        tests("root_none", 2, "assert_raises(ValueError, root, lambda x: x**2 + 1, -1, 1)"),
        answer("grid", "### BEGIN SOLUTION\nknots = np.linspace(0, 1, 5).tolist()\nwidth = 0.25\n### END SOLUTION"),
        tests("grid_is", 2, "### AUTOTEST width\n### AUTOTEST knots"),
        tests("grid_hashed", 1, "### HASHED AUTOTEST len(knots)"),
        answer(
            "simpson",
            """
            def simpson(f, low, high, parts):
                ### BEGIN SOLUTION
                x = np.linspace(low, high, 2 * parts + 1)
                y = f(x)
                return (high - low) / (6 * parts) * (y[0] + y[-1] + 4 * y[1::2].sum() + 2 * y[2:-1:2].sum())
                ### END SOLUTION
            """,
        ),
        tests(
            "simpson_is",
            3,
            """
            cases = [(lambda x: x**3, 0.25), (lambda x: x**0, 1.0), (np.exp, np.e - 1)]
            right = sum(bool(np.isclose(simpson(f, 0, 1, 40), value, rtol=1e-7)) for f, value in cases)
            right
            """,
        ),
    ],
    {
        "root": """
        def root(f, low, high, steps=60):
            for _ in range(steps):
                middle = (low + high) / 2
                low, high = (low, middle) if f(low) * f(middle) <= 0 else (middle, high)
            return low
        """,
        "grid": "knots = np.linspace(0, 1, 5).tolist()\nwidth = 0.2",
        "simpson": """
        def simpson(f, low, high, parts):
            x = np.linspace(low, high, parts + 1)
            return float(np.sum((f(x)[1:] + f(x)[:-1]) / 2) * (high - low) / parts)
        """,
    },
)
