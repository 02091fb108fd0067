"""A purse never lets more be spent than the budget, whatever the order in which work ends."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gyges.budget import Purse, read_budget, write_budget
from gyges.errors import BudgetError, InputError, RunError, StudyError
from gyges.records.budget import Budget, as_budget, parse_budget
from gyges.records.study import ModelSpec, Price, Study
from gyges.records.tokens import Tokens
from gyges.run_folder import RunFolder

DEAR, CHEAP = "openai/dear", "openai/cheap"
PRICES = {DEAR: Price(input=10, output=40), CHEAP: Price(input=1, output=2)}
MOST = Tokens(1_000, 500)
"""What an attempt takes at most in these tests, and what it is expected to."""


def _study(*, retries: int = 2, priced: bool = True) -> Study:
    models = tuple(ModelSpec(name=name, price=PRICES[name] if priced else None) for name in (DEAR, CHEAP))
    return Study(name="s", models=models, retries=retries)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", Budget(usd=5)),
        ("5USD", Budget(usd=5)),
        (" 5.25 usd", Budget(usd=5.25)),
        ("$5", Budget(usd=5)),
        ("$1_000", Budget(usd=1000)),
        ("0", Budget(usd=0)),
        ("2000000tokens", Budget(tokens=2_000_000)),
        ("2Mtok", Budget(tokens=2_000_000)),
        ("1.5M tokens", Budget(tokens=1_500_000)),
        ("500ktok", Budget(tokens=500_000)),
        ("1token", Budget(tokens=1)),
    ],
)
def test_a_budget_is_read_as_people_write_it(text: str, expected: Budget) -> None:
    """Dollars and tokens are told apart by their unit, and a bare number is dollars."""
    assert parse_budget(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-5",
        "5EUR",
        "2M",
        "five",
        "nan",
        "inf",
        "5 dollars",
        "$5tok",
        "1e9999",
        "9" * 400,
        "9" * 40 + "tok",
    ],
)
def test_what_is_no_budget_is_refused_in_one_sentence(text: str) -> None:
    """Whatever else is typed is refused, and the sentence shows both kinds."""
    with pytest.raises(InputError, match=r"expected US dollars, like 5, 5USD or \$5, or tokens") as problem:
        parse_budget(text)
    assert "\n" not in str(problem.value)
    assert len(str(problem.value)) < 200


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_a_budget(text: str) -> None:
    """Any text is a budget or one sentence."""
    try:
        budget = parse_budget(text)
    except InputError:
        return
    assert budget.amount >= 0


def test_both_kinds_are_kept_and_old_files_are_read(tmp_path: Path) -> None:
    """`budget.json` holds either kind, is read as it was written before, and refused when damaged."""
    folder = RunFolder(str(tmp_path))
    assert read_budget(folder) is None
    for budget in (Budget(usd=2.5), Budget(tokens=70)):
        write_budget(folder, budget)
        assert read_budget(folder) == budget
    folder.write("budget.json", b'{\n  "usd": 5.0\n}\n')
    assert read_budget(folder) == as_budget(5.0)
    for damaged in (b"", b"{}", b'{"usd": -1}', b'{"usd": 1, "tokens": 1}', b'{"tokens": 1.5}'):
        folder.write("budget.json", damaged)
        with pytest.raises(RunError, match=r"budget\.json: is damaged; name a budget with --budget\."):
            read_budget(folder)


def test_dollars_need_prices_and_tokens_do_not() -> None:
    """Without a price a dollar budget is refused with what helps, while a token budget is kept."""
    with pytest.raises(StudyError, match=r"'openai/dear' has none; give it with --prices FILE .* like 2Mtok"):
        Purse(_study(priced=False), Budget(usd=1))
    purse = Purse(_study(priced=False), Budget(tokens=3_000))
    purse.expect(DEAR, {DEAR: Tokens(500, 0)})
    assert purse.spent is None
    assert purse.allow(DEAR, 100) == 2
    purse.pay({DEAR: Tokens(1_600, 0)})
    assert purse.allow(DEAR, 100) == 0


class _World:
    """Trials under way at some workers, which end in any order, with attempts that fail before."""

    def __init__(self, purse: Purse, seed: int, *, most: Tokens = MOST) -> None:
        self.purse = purse
        self._random = random.Random(seed)
        self._most = most
        self._running: list[tuple[str, str, int]] = []
        self._waiting = [(f"{name}-{i}", name) for i in range(60) for name in (DEAR, CHEAP)]
        self.spent = Tokens()
        self.usd = 0.0
        self.n_begun = 0

    def _use(self, name: str) -> Tokens:
        n_in, n_out = (self._random.randint(0, most) for most in self._most[:2])
        self.spent = Tokens(self.spent.input + n_in, self.spent.output + n_out)
        self.usd += (n_in * PRICES[name].input + n_out * PRICES[name].output) / 1e6
        return Tokens(n_in, n_out)

    def play(self, retries: int) -> None:
        """Begin what the purse allows, in portions, until it allows nothing."""
        while self._waiting:
            for name in (DEAR, CHEAP):
                own = [trial for trial, model in self._waiting if model == name]
                room = self.purse.allow(name, len(own))
                assert 0 <= room <= len(own)
                now = set(own[:room])
                self.purse.begin(name, sorted(now))
                self._running += [(trial, name, retries) for trial in sorted(now)]
                self._waiting = [each for each in self._waiting if each[0] not in now]
                self.n_begun += room
            if not self._running:
                return
            self._end_some(self._random.randint(1, len(self._running)))
        self._end_some(len(self._running))

    def _end_some(self, n: int) -> None:
        for _ in range(n):
            trial, name, retries = self._running.pop(self._random.randrange(len(self._running)))
            for _ in range(self._random.randint(0, retries)):
                self.purse.fail(trial, {name: self._use(name)})
                self.purse.check()
            self.purse.end(trial, {name: self._use(name)})
            self.purse.check()


@given(
    seed=st.integers(0, 2**32),
    share=st.floats(0, 2),
    retries=st.integers(0, 3),
    is_usd=st.booleans(),
)
def test_the_budget_is_never_passed(seed: int, share: float, retries: int, is_usd: bool) -> None:
    """If no attempt is dearer than estimated, no order, number of workers or failures pass the budget."""
    budget = Budget(usd=share * 1.2) if is_usd else Budget(tokens=int(share * 120_000))
    purse = Purse(_study(retries=retries), budget)
    for name in (DEAR, CHEAP):
        purse.expect(name, {name: MOST})
    world = _World(purse, seed)
    world.play(retries)
    gone = world.usd if is_usd else world.spent.total
    assert gone <= budget.amount + 1e-9
    left = purse.left
    assert left is not None
    assert left == pytest.approx(budget.amount - gone)


@given(seed=st.integers(0, 2**32))
def test_a_budget_that_suffices_hinders_nothing(seed: int) -> None:
    """With ten times what all trials can cost, every trial is begun."""
    purse = Purse(_study(), Budget(tokens=10 * 120 * 1_500 * 3))
    for name in (DEAR, CHEAP):
        purse.expect(name, {name: MOST})
    world = _World(purse, seed)
    world.play(2)
    assert world.n_begun == 120


@given(seed=st.integers(0, 2**32), times=st.integers(1, 50))
def test_an_estimate_far_too_low_costs_no_more_than_the_first_eight(seed: int, times: int) -> None:
    """What the first eight of each model cost is not known beforehand; they bound what comes next."""
    most = Tokens(MOST.input * times, MOST.output * times)
    budget = Budget(tokens=200_000)
    purse = Purse(_study(retries=0), budget)
    for name in (DEAR, CHEAP):
        purse.expect(name, {name: MOST})
    world = _World(purse, seed, most=most)
    with suppress(BudgetError):
        world.play(0)
    assert world.spent.total <= max(budget.amount, 16 * most.total) + 16 * most.total


def test_costs_that_grow_stop_everything() -> None:
    """As soon as what is under way would pass the budget if as dear as the dearest so far, all stops."""
    purse = Purse(_study(retries=0), Budget(tokens=8_000))
    purse.expect(CHEAP, {CHEAP: Tokens(100, 0)})
    assert purse.allow(CHEAP, 50) == 8
    purse.begin(CHEAP, [str(i) for i in range(8)])
    purse.end("0", {CHEAP: Tokens(900, 0)})
    purse.check()
    purse.end("1", {CHEAP: Tokens(2_000, 0)})
    with pytest.raises(BudgetError, match="2,900 of 8,000 tokens are spent"):
        purse.check()


def test_what_an_earlier_session_was_told_of_is_spent() -> None:
    """What no log holds any more counts, and what logs hold beyond it too."""
    purse = Purse(_study(), Budget(usd=1))
    purse.pay({CHEAP: Tokens(1_000, 0)})
    purse.raise_to(tokens=500, usd=0.9)
    assert (purse.tokens, purse.spent) == (1_000, 0.001)
    purse.raise_to(tokens=1_500, usd=0.9)
    assert (purse.tokens, purse.spent) == (1_500, 0.9)
    assert purse.left == pytest.approx(0.1)


def test_simulated_agents_need_no_budget_in_dollars_but_one_in_tokens() -> None:
    """Reference agents cost nothing, so dollars never stop them; their tokens count as any."""
    study = Study(name="s", models=(ModelSpec(name="gyges/random"),))
    purse = Purse(study, Budget(usd=0))
    purse.expect("gyges/random", {"gyges/random": MOST})
    assert purse.allow("gyges/random", 100) == 100
    purse = Purse(study, Budget(tokens=0))
    purse.expect("gyges/random", {"gyges/random": MOST})
    assert purse.allow("gyges/random", 100) == 0
