"""A course on data structures: classes, hidden tests, marks in parts, a piece of code for a person."""

from __future__ import annotations

from kinds.cells import Kind, answer, by_hand, fixed, tests, told

STRUCTURES = Kind(
    [
        told("# Queues\n\nFill in what is missing."),
        fixed("imports", "import unittest\nfrom collections import deque"),
        answer(
            "ring",
            """
            class Ring:
                def __init__(self, size):
                    self.items, self.size, self.first, self.count = [None] * size, size, 0, 0

                def put(self, item):
                    ### BEGIN SOLUTION
                    if self.count == self.size:
                        raise OverflowError('full')
                    self.items[(self.first + self.count) % self.size] = item
                    self.count += 1
                    ### END SOLUTION

                def take(self):
                    ### BEGIN SOLUTION
                    item = self.items[self.first]
                    self.first = (self.first + 1) % self.size
                    self.count -= 1
                    return item
                    ### END SOLUTION
            """,
        ),
        tests("ring_order", 2, "r = Ring(3)\nr.put(1); r.put(2)\nassert (r.take(), r.take()) == (1, 2)"),
        tests(
            "ring_wraps",
            3,
            """
            # whatever is not shown is tested as well
            ### BEGIN HIDDEN TESTS
            r = Ring(2)
            for item in range(5):
                r.put(item)
                assert r.take() == item
            ### END HIDDEN TESTS
            r.count == 0
            """,
        ),
        tests(
            "ring_full",
            1,
            """
            tc = unittest.TestCase()
            r = Ring(1)
            r.put('a')
            with tc.assertRaises(OverflowError):
                r.put('b')
            """,
        ),
        answer(
            "rotations",
            """
            def rotations(word):
                '''All rotations of a word, by a deque.'''
                ### BEGIN SOLUTION
                letters = deque(word)
                found = []
                for _ in word:
                    found.append(''.join(letters))
                    letters.rotate(-1)
                return found
                ### END SOLUTION
            """,
        ),
        tests(
            "rotations_part",
            4,
            """
            words = ('', 'a', 'ab', 'abc')
            sum(rotations(word) == [word[n:] + word[:n] for n in range(len(word))] for word in words)
            """,
        ),
        by_hand(
            "cost", 2, "# What does `take` cost, and why?\n### BEGIN SOLUTION\n'O(1)'\n### END SOLUTION", written=False
        ),
    ],
    {
        "ring": """
        class Ring:
            def __init__(self, size):
                self.items = []

            def put(self, item):
                self.items.append(item)

            def take(self):
                return self.items.pop(0)
        """,
        "rotations": """
        def rotations(word):
            return [word[n:] + word[:n] for n in range(len(word))] if len(word) < 3 else [word]
        """,
        "cost": "'O(n), a list moves all that is behind'",
    },
)
