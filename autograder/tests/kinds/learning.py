"""A course on machine learning: parts that share their state, files and pictures that cells make."""

from __future__ import annotations

from kinds.cells import Kind, answer, by_hand, fixed, tests, told

LEARNING = Kind(
    [
        fixed(
            "setup",
            """
            %matplotlib inline
            import json
            import numpy as np
            import matplotlib.pyplot as plt
            rng = np.random.default_rng(0)
            x = rng.normal(size=(60, 2))
            labels = (x @ [1.0, -2.0] > 0).astype(float)
            """,
        ),
        told("Part (a): the classifier. Part (b) trains it, part (c) keeps it."),
        answer(
            "a",
            """
            def predict(w, x):
                ### BEGIN SOLUTION
                return 1 / (1 + np.exp(-x @ w))
                ### END SOLUTION
            """,
        ),
        tests("a_is", 1, "assert np.allclose(predict(np.zeros(2), x), 0.5)"),
        answer(
            "b",
            """
            w, losses = np.zeros(2), []
            for epoch in range(200):
                ### BEGIN SOLUTION
                p = predict(w, x)
                losses.append(float(np.mean((p - labels) ** 2)))
                w = w - x.T @ (p - labels) / len(x)
                ### END SOLUTION
            plt.plot(losses); plt.savefig('losses.png'); plt.show()
            """,
        ),
        tests("b_learns", 2, "assert losses[-1] < losses[0] / 2"),
        tests(
            "b_right",
            2,
            """
            accuracy = np.mean((predict(w, x) > 0.5) == labels)
            ### BEGIN HIDDEN TESTS
            assert accuracy > 0.95, f'only {accuracy:.2f}'
            ### END HIDDEN TESTS
            """,
        ),
        answer("c", "### BEGIN SOLUTION\njson.dump({'w': w.tolist()}, open('model.json', 'w'))\n### END SOLUTION"),
        tests(
            "c_kept",
            2,
            """
            import os
            assert os.path.getsize('losses.png') > 1000
            assert len(json.load(open('model.json'))['w']) == 2
            """,
        ),
        by_hand("d", 2, "Describe the picture.\n\n![a picture](losses.png)"),
    ],
    {
        "a": "def predict(w, x):\n    return 1 / (1 + np.exp(-x @ w))",
        "b": """
        w, losses = np.zeros(2), []
        for epoch in range(200):
            losses.append(1 / (1 + epoch))
        fig, ax = plt.subplots()
        ax.plot(losses); fig.savefig('losses.png'); plt.show()
        """,
        "c": "with open('model.json', 'w') as file:\n    json.dump({'w': list(w)}, file)",
        "d": "It goes down.",
    },
)
