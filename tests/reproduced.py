"""Write docs/reproduced.md: every published result beside what the library says. Run `python -m tests.reproduced`."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

import bargaining as bg
from tests.problems import SOLVED, Solved

PAGE = Path(__file__).parents[1] / "docs" / "reproduced.md"

HEAD = """# Published results, reproduced

Each row is an exact result: what the library computes, what it must be, and the largest difference. Where the last
column says *printed*, the number is that of the source; elsewhere its definition, theorem or formula is applied to
numbers of our own, or to an example whose printed answer was not at hand, and the value was derived by hand. Every row is
also a test (`tests/published/test_published.py`, data in `tests/problems.py`), which fails if the difference exceeds its
tolerance or the solution fails re-examination by `bg.verify`. The page is written by `python -m tests.reproduced`, and a
test keeps it in step.

In Muthoo's talks, breakdown follows a rejection at once; here it comes at the end of the round, so that the row with
payoffs one round later states his with payoffs that have grown by the discount of a round.

| result | concept | computed | exact | difference | source | number |
|---|---|---|---|---|---|---|
"""

REFERENCES = """
## Sources

- Abreu, D., Gul, F. (2000). Bargaining and reputation. *Econometrica* 68, 85-117.
- Anbarci, N. (1995). Reference functions and balanced concessions in bargaining. *Canadian Journal of Economics* 28,
  675-682.
- Anbarci, N., Bigelow, J. (1994). The area monotonic solution to the cooperative bargaining problem. *Mathematical
  Social Sciences* 28, 133-142.
- Aumann, R., Maschler, M. (1985). Game theoretic analysis of a bankruptcy problem from the Talmud. *Journal of Economic
  Theory* 36, 195-213.
- Baron, D., Ferejohn, J. (1989). Bargaining in legislatures. *American Political Science Review* 83, 1181-1206.
- Binmore, K. (1987). Nash bargaining theory II. In Binmore and Dasgupta (eds), *The Economics of Bargaining*,
  Blackwell.
- Binmore, K., Rubinstein, A., Wolinsky, A. (1986). The Nash bargaining solution in economic modelling. *RAND Journal of
  Economics* 17, 176-188.
- Binmore, K., Shaked, A., Sutton, J. (1989). The outside option principle. *Quarterly Journal of Economics* 104, 753-770.
- Bossert, W. (1993). An alternative solution to bargaining problems with claims. *Mathematical Social Sciences* 25.
- Brams, S., Taylor, A. (1996). *Fair Division*. Cambridge University Press.
- Busch, L.-A., Horstmann, I. (1997). Bargaining frictions, bargaining procedures and implied costs in multiple-issue
  bargaining. *Economica* 64, 669-680.
- Carlsson, H. (1991). A bargaining model where parties make errors. *Econometrica* 59, 1487-1496.
- Chun, Y. (1988). The equal-loss principle for bargaining problems. *Economics Letters* 26, 103-106.
- Chun, Y., Peters, H. (1988). The lexicographic egalitarian solution. *Cahiers du CERO* 30, 149-156.
- Conley, J., Wilkie, S. (1991). The bargaining problem without convexity: extending the egalitarian and
  Kalai-Smorodinsky solutions. *Economics Letters* 36, 365-369.
- Conley, J., Wilkie, S. (1996). An extension of the Nash bargaining solution to nonconvex problems. *Games and Economic
  Behavior* 13, 26-38.
- Curiel, I., Maschler, M., Tijs, S. (1987). Bankruptcy games. *Zeitschrift für Operations Research* 31, A143-A159.
- Dagan, N., Volij, O. (1993). The bankruptcy problem: a cooperative bargaining approach. *Mathematical Social Sciences* 26,
  287-297.
- Diskin, A., Koppel, M., Samet, D. (2011). Generalized Raiffa solutions. *Games and Economic Behavior* 73, 452-458.
- Ferguson, T. *Game Theory*. Lecture notes, UCLA.
- Fernandez, R., Glazer, J. (1991). Striking for a bargain between two completely informed agents. *American Economic
  Review* 81, 240-252.
- Fershtman, C. (1990). The importance of the agenda in bargaining. *Games and Economic Behavior* 2, 224-238.
- Hall, R., Milgrom, P. (2008). The limited influence of unemployment on the wage bargain. *American Economic Review* 98,
  1653-1674.
- Haller, H., Holden, S. (1990). A letter to the editor on wage bargaining. *Journal of Economic Theory* 52, 232-236.
- Harsanyi, J., Selten, R. (1972). A generalized Nash solution for two-person bargaining games with incomplete
  information. *Management Science* 18, 80-106.
- Hart, S., Mas-Colell, A. (1996). Bargaining and value. *Econometrica* 64, 357-380.
- Herrero, M. (1985). *A Strategic Bargaining Approach to Market Institutions*. PhD thesis, London School of Economics.
- Herrero, M. (1989). The Nash program: non-convex bargaining problems. *Journal of Economic Theory* 49, 266-277.
- Imai, H. (1983). Individual monotonicity and lexicographic maxmin solution. *Econometrica* 51, 389-401.
- Kalai, A., Kalai, E. (2013). Cooperation in strategic games revisited. *Quarterly Journal of Economics* 128, 917-966.
- Kalai, E. (1977a). Proportional solutions to bargaining situations: interpersonal utility comparisons. *Econometrica*
  45, 1623-1630.
- Kalai, E. (1977b). Nonsymmetric Nash solutions and replications of 2-person bargaining. *International Journal of Game
  Theory* 6, 129-133.
- Kalai, E., Rosenthal, R. (1978). Arbitration of two-party disputes under ignorance. *International Journal of Game
  Theory* 7, 65-72.
- Kalai, E., Smorodinsky, M. (1975). Other solutions to Nash's bargaining problem. *Econometrica* 43, 513-518.
- Kaneko, M. (1980). An extension of the Nash bargaining problem and the Nash social welfare function. *Theory and
  Decision* 12, 135-148.
- Kihlstrom, R., Roth, A., Schmeidler, D. (1981). Risk aversion and solutions to Nash's bargaining problem. In Moeschlin
  and Pallaschke (eds), *Game Theory and Mathematical Economics*, North-Holland.
- Livne, Z. (1989). Axiomatic characterizations of the Raiffa and the Kalai-Smorodinsky solutions to the bargaining
  problem. *Operations Research* 37, 972-980.
- Luce, R. D., Raiffa, H. (1957). *Games and Decisions*. Wiley.
- Mayberry, J., Nash, J., Shubik, M. (1953). A comparison of treatments of a duopoly situation. *Econometrica* 21, 141-154.
- Muthoo, A. (1996). A bargaining model based on the commitment tactic. *Journal of Economic Theory* 69, 134-152.
- Muthoo, A. (1999). *Bargaining Theory with Applications*. Cambridge University Press.
- Myerson, R. (1981). Utilitarianism, egalitarianism, and the timing effect in social choice problems. *Econometrica*
  49, 883-897.
- Nash, J. (1950). The bargaining problem. *Econometrica* 18, 155-162.
- Nash, J. (1953). Two-person cooperative games. *Econometrica* 21, 128-140.
- Neelin, J., Sonnenschein, H., Spiegel, M. (1988). A further test of noncooperative bargaining theory: comment.
  *American Economic Review* 78, 824-836.
- O'Neill, B. (1982). A problem of rights arbitration from the Talmud. *Mathematical Social Sciences* 2, 345-371.
- Osborne, M., Rubinstein, A. (1990). *Bargaining and Markets*. Academic Press.
- Perles, M., Maschler, M. (1981). The super-additive solution for the Nash bargaining game. *International Journal of
  Game Theory* 10, 163-193.
- Radzik, T. (1998). On a new solution concept for bargaining problems. *Applicationes Mathematicae* 25, 285-294.
- Raiffa, H. (1953). Arbitration schemes for generalized two-person games. In Kuhn and Tucker (eds), *Contributions to the
  Theory of Games* 2, Princeton University Press, 361-387.
- Raiffa, H. (1982). *The Art and Science of Negotiation*. Harvard University Press.
- Roth, A. (1979). *Axiomatic Models of Bargaining*. Springer.
- Rubinstein, A. (1982). Perfect equilibrium in a bargaining model. *Econometrica* 50, 97-109.
- Shaked, A. (1994). Opting out: bazaars versus "hi tech" markets. *Investigaciones Económicas* 18, 421-432.
- Sodomka, E., Hilliard, E., Littman, M., Greenwald, A. (2013). Coco-Q: learning in stochastic games with side payments. In
  *Proceedings of the 30th International Conference on Machine Learning*.
- Stahl, I. (1972). *Bargaining Theory*. Stockholm School of Economics.
- Straffin, P. (1993). *Game Theory and Strategy*. Mathematical Association of America.
- Sutton, J. (1986). Non-cooperative bargaining theory: an introduction. *Review of Economic Studies* 53, 709-724.
- Thomson, W. (1994). Cooperative models of bargaining. In Aumann and Hart (eds), *Handbook of Game Theory* 2,
  North-Holland, chapter 35.
- Thomson, W. (2003). Axiomatic and game-theoretic analysis of bankruptcy and taxation problems. *Mathematical Social
  Sciences* 45, 249-297.
- van Damme, E. (1991). *Stability and Perfection of Nash Equilibria*, second edition. Springer.
- Wolitzky, A. (2012). Reputational bargaining with minimal knowledge of rationality. *Econometrica* 80, 2047-2087.
- Yildiz, M. (2003). Bargaining without a common prior: an immediate agreement theorem. *Econometrica* 71, 793-811.
"""


def words(value: Any) -> str:
    """Say a number, a vector or a list of vectors with ten digits."""
    array = np.asarray(value, dtype=float)
    if array.ndim:
        return ("({})" if array.ndim == 1 else "{}").format(", ".join(words(entry) for entry in array))
    return f"{float(array):.10g}"


def settings(value: Any) -> str:
    """Say a concept with those of its settings that are not the usual ones."""
    if not is_dataclass(value):
        return repr(value)
    told = [
        f"{field.name}={settings(getattr(value, field.name))}"
        for field in fields(value)
        if getattr(value, field.name) != field.default
    ]
    return f"{type(value).__name__}({', '.join(told)})"


def row(case: Solved) -> list[str]:
    """Return the cells of a case."""
    value = case.value(bg.solve(case.problem(), case.concept))
    gap = float(np.max(np.abs(np.asarray(value) - np.asarray(case.expected, dtype=float))))
    kind = "printed" if case.printed else "ours"
    return [case.title, f"`{settings(case.concept)}`", words(value), words(case.expected), f"{gap:.0e}", case.source, kind]


def posture() -> list[str]:
    """Return the cells of the one result that is a number and no solution."""
    value, expected = bg.guaranteed_share([0.1, 0.001]), [0.3027931065641139, 0.12645813694537056]
    gap = float(np.max(np.abs(value - expected)))
    title = "the share that a posture secures, believed with probability .1 and .001"
    return [title, "`guaranteed_share`", words(value), words(expected), f"{gap:.0e}", "Wolitzky (2012)", "ours"]


def page() -> str:
    """Return the whole page."""
    rows = [*(row(case) for case in SOLVED), posture()]
    return HEAD + "".join(f"| {' | '.join(cells)} |\n" for cells in rows) + REFERENCES


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
