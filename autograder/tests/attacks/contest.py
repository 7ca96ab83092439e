"""What an entrant of the leaderboard may try besides learning, and what must come of it.

Each is the honest entrant with something changed. That one stores the mean of each class, and is right in about a
quarter of the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["CHEATS", "HONEST", "Cheat"]

PREPARE = """
def prepare_training(generator):
    return {"sum": torch.zeros(10, 40), "count": torch.zeros(10, 1)}
"""
STEP = """
def train_step(state, x, labels, generator, *, step, n_steps):
    chosen = torch.nn.functional.one_hot(labels, 10).float()
    return {"sum": state["sum"] + chosen.T @ x, "count": state["count"] + chosen.sum(0)[:, None]}
"""
PREDICT = """
def predict_digits(state, x):
    return torch.cdist(x, state["sum"] / state["count"].clamp(min=1)).argmin(1)
"""
HONEST = f"import torch\n{PREPARE}{STEP}{PREDICT}"


@dataclass(frozen=True)
class Cheat:
    """One thing that an entrant may try.

    Attributes
    ----------
    code : str
        The three functions.
    naive : bool
        Whether it is right about (nearly) all rows on a leaderboard that plays everything in one process.
    flag : str
        What a person must be told, or "".
    reason : str
        Why there is no result, or "" where there is one: no better than the honest entrant's.
    why : str
        Why it gains nothing on a naive leaderboard either.
    """

    code: str
    naive: bool = True
    flag: str = ""
    reason: str = ""
    why: str = ""


def _with(prepare: str = PREPARE, step: str = STEP, predict: str = PREDICT, before: str = "") -> str:
    return f"import torch\n{before}{prepare}{step}{predict}"


LOOKED_UP = """
def predict_digits(state, x):
    for test in known:
        if test.x.shape == x.shape and torch.equal(test.x, x):
            return test.y
    return torch.zeros(len(x), dtype=torch.int64)
"""
SEED = """
from steepest.learning import task
known = []

def prepare_training(generator):
    known.append(task(generator.initial_seed()).test)
    return {"sum": torch.zeros(10, 40), "count": torch.zeros(10, 1)}
"""
LAST_SEEDS = """
from steepest.learning import task
known = [task(seed).test for seed in range(11, 13)]
"""
FRAMES = """
import sys

def predict_digits(state, x):
    frame = sys._getframe()
    while frame is not None:
        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
            labels = getattr(getattr(value, "test", value), "y", value)
            if isinstance(labels, torch.Tensor) and labels.shape == (len(x),) and labels.dtype == torch.int64:
                return labels
        frame = frame.f_back
    return torch.zeros(len(x), dtype=torch.int64)
"""
MEMORY = """
import gc

def predict_digits(state, x):
    for value in gc.get_objects():
        if type(value) is torch.Tensor and value.shape == (len(x),) and value.dtype == torch.int64 and len(x) > 1000:
            if value.unique().tolist() == list(range(10)):
                return value
    return torch.zeros(len(x), dtype=torch.int64)
"""
PATCHED = """
import steepest.learning
steepest.learning.accuracy = lambda predictions, labels: 1.0
"""
EQUAL = """
class Equal(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if "eq" in getattr(function, "__name__", ""):
            return torch.ones(len(args[0]), dtype=torch.bool)
        return super().__torch_function__(function, types, args, kwargs or {})

def predict_digits(state, x):
    return torch.zeros(len(x), dtype=torch.int64).as_subclass(Equal)
"""
LYING_STATE = """
class State(dict):
    def __eq__(self, other):
        return True
    def __hash__(self):
        return 0
    def __deepcopy__(self, memo):
        return self

def prepare_training(generator):
    return State(sum=torch.zeros(10, 40), count=torch.zeros(10, 1))
"""
PRACTISED = """
from steepest.learning import practise
rows = []
def keep(state, x, labels, generator, *, step, n_steps):
    rows.append((x, labels))
practise(lambda generator: None, keep, lambda state, x: torch.zeros(len(x), dtype=torch.int64), seed=7)
"""
CHEATS: Mapping[str, Cheat] = {
    "draws the task anew from its generator's seed": Cheat(_with(SEED, predict=LOOKED_UP), flag="brings data along"),
    "has learned the seeds of earlier tasks": Cheat(
        _with(predict=LOOKED_UP, before=LAST_SEEDS), flag="brings data along"
    ),
    "looks for classes in the frames of its callers": Cheat(_with(predict=FRAMES), flag="frames of its callers"),
    "looks for classes in memory": Cheat(_with(predict=MEMORY), flag="searches the objects in memory"),
    "counts its own right answers": Cheat(_with(before=PATCHED), flag="changes a library"),
    "answers that are equal to everything": Cheat(
        _with(predict=EQUAL), flag="answer falsely", reason="`predict_digits` fails"
    ),
    "a state that is equal to everything": Cheat(
        _with(LYING_STATE), naive=False, flag="answer falsely", why="no state is compared with another"
    ),
    "writes over the rows that it is asked about": Cheat(
        _with(predict=PREDICT.replace("return", "answers =") + "    x.zero_()\n    return answers\n"),
        naive=False,
        why="it harms others, see the tests",
    ),
    "writes over the minibatches": Cheat(
        _with(step=STEP.replace("    return", "    x.mul_(1.0)\n    labels.add_(0)\n    return")),
        naive=False,
        why="minibatches are copies",
    ),
    "more answers than rows": Cheat(
        _with(predict=PREDICT.replace(".argmin(1)", ".argmin(1).repeat(2)")),
        naive=False,
        reason="`predict_digits` fails",
        why="their number is looked at",
    ),
    "answers that are all classes at once": Cheat(
        _with(predict="\ndef predict_digits(state, x):\n    return torch.full((len(x), 10), float('nan'))\n"),
        naive=False,
        why="the largest of ten scores counts, whatever they are",
    ),
    "answers by the company of a row": Cheat(
        _with(predict=PREDICT.replace("torch.cdist(x,", "torch.cdist(x - x.mean(0),")),
        naive=False,
        reason="`predict_digits` fails",
        why="rows are asked about by themselves, too",
    ),
    "sleeps": Cheat(
        _with(predict=PREDICT.replace("    return", "    import time\n    time.sleep(60)\n    return")),
        naive=False,
        reason="its functions took more than",
        why="time brings nothing by itself",
    ),
    "data of a library": Cheat(
        _with(before="from sklearn.datasets import load_digits\nmore = load_digits()\n"),
        naive=False,
        flag="brings data along",
        why="other data do not have these columns",
    ),
    "more of the course's own data": Cheat(
        _with(before="from steepest.data import mnist1d\nmore = mnist1d(1000, seed=3)\n"),
        naive=False,
        flag="brings data along",
        why="columns and classes have another order in each task",
    ),
    **{
        f"the same {way}": Cheat(
            _with(before=f"{before}\n"),
            naive=False,
            flag="brings data along",
            why="columns and classes have another order in each task",
        )
        for way, before in {
            "from where it is used": "import steepest.learning as l\nmore = l.mnist1d(1000, seed=3)",
            "with all that is there": "from steepest.learning import *\nmore = task(3)",
            "by a name that is put together": "import steepest.learning as l\nmore = vars(l)['ta' + 'sk'](3)",
        }.items()
    },
    "rows that were practised with": Cheat(
        _with(before=PRACTISED),
        naive=False,
        why="columns and classes have another order in each task, and to practise is what the notebook is for",
    ),
    "a start that is no net": Cheat(
        _with(
            "\ndef prepare_training(generator):\n    return generator.initial_seed()\n",
            "\ndef train_step(state, x, labels, generator, *, step, n_steps):\n    return state\n",
            "\ndef predict_digits(state, x):\n    return ((x.abs().sum(1) * 1000).long() + state % 10) % 10\n",
        ),
        naive=False,
        why="it guesses",
    ),
    "numbers that were learned before": Cheat(
        _with(before=f"learned = torch.tensor({[number % 7 / 7 for number in range(2500)]})\n"),
        naive=False,
        flag="holds thousands of numbers",
        why="columns and classes have another order in each task",
    ),
    "a file": Cheat(
        _with(before="try:\n    learned = torch.load('learned.pt')\nexcept OSError:\n    learned = None\n"),
        naive=False,
        flag="opens a file",
        why="there is none but in its own folder",
    ),
}
