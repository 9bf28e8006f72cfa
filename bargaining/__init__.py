"""Solve bargaining problems: solution concepts, strategic models and Pareto frontiers, exact and certified."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bargaining import axioms as axioms
    from bargaining import cases as cases
    from bargaining import errors as errors
    from bargaining import plots as plots
    from bargaining.awards import Awards as Awards
    from bargaining.awards import ClaimsRule as ClaimsRule
    from bargaining.calibrations.rows import Calibrations as Calibrations
    from bargaining.calibrations.rows import crossed as crossed
    from bargaining.calibrations.rows import grid as grid
    from bargaining.calibrations.sampling import draws as draws
    from bargaining.catalogue import concepts as concepts
    from bargaining.claims.adjusted_proportional import AdjustedProportional as AdjustedProportional
    from bargaining.claims.constrained_equal_awards import ConstrainedEqualAwards as ConstrainedEqualAwards
    from bargaining.claims.constrained_equal_losses import ConstrainedEqualLosses as ConstrainedEqualLosses
    from bargaining.claims.minimal_overlap import MinimalOverlap as MinimalOverlap
    from bargaining.claims.proportional_awards import ProportionalAwards as ProportionalAwards
    from bargaining.claims.random_arrival import RandomArrival as RandomArrival
    from bargaining.claims.talmud import Talmud as Talmud
    from bargaining.concept import Concept as Concept
    from bargaining.concept import StrategicModel as StrategicModel
    from bargaining.concept import ThreatModel as ThreatModel
    from bargaining.concept import Threats as Threats
    from bargaining.concept import Welfare as Welfare
    from bargaining.cooperative.average_payoff import AveragePayoff as AveragePayoff
    from bargaining.cooperative.conley_wilkie import ConleyWilkie as ConleyWilkie
    from bargaining.cooperative.dictatorial import Dictatorial as Dictatorial
    from bargaining.cooperative.egalitarian import Egalitarian as Egalitarian
    from bargaining.cooperative.equal_area import EqualArea as EqualArea
    from bargaining.cooperative.equal_loss import EqualLoss as EqualLoss
    from bargaining.cooperative.gupta_livne import GuptaLivne as GuptaLivne
    from bargaining.cooperative.kalai_rosenthal import KalaiRosenthal as KalaiRosenthal
    from bargaining.cooperative.kalai_smorodinsky import KalaiSmorodinsky as KalaiSmorodinsky
    from bargaining.cooperative.lexicographic_egalitarian import LexicographicEgalitarian as LexicographicEgalitarian
    from bargaining.cooperative.lexicographic_kalai_smorodinsky import (
        LexicographicKalaiSmorodinsky as LexicographicKalaiSmorodinsky,
    )
    from bargaining.cooperative.nash import Nash as Nash
    from bargaining.cooperative.nash_set import NashSet as NashSet
    from bargaining.cooperative.perles_maschler import PerlesMaschler as PerlesMaschler
    from bargaining.cooperative.proportional import Proportional as Proportional
    from bargaining.cooperative.raiffa import Raiffa as Raiffa
    from bargaining.cooperative.utilitarian import Utilitarian as Utilitarian
    from bargaining.cooperative.yu import Yu as Yu
    from bargaining.demands import DemandGame as DemandGame
    from bargaining.demands import Demands as Demands
    from bargaining.errors import BargainingError as BargainingError
    from bargaining.errors import NoAgreement as NoAgreement
    from bargaining.evidence import Verification as Verification
    from bargaining.noncooperative import Equilibria as Equilibria
    from bargaining.noncooperative import disagreement_from as disagreement_from
    from bargaining.noncooperative import equilibria as equilibria
    from bargaining.noncooperative import zero_sum as zero_sum
    from bargaining.pareto import Frontier as Frontier
    from bargaining.pareto import frontier as frontier
    from bargaining.problems.claims import ClaimsProblem as ClaimsProblem
    from bargaining.problems.coalitional import CoalitionalProblem as CoalitionalProblem
    from bargaining.problems.curve import from_curve as from_curve
    from bargaining.problems.issues import from_issues as from_issues
    from bargaining.problems.lotteries import lotteries as lotteries
    from bargaining.problems.pies import split as split
    from bargaining.problems.points import from_points as from_points
    from bargaining.problems.problem import Problem as Problem
    from bargaining.problems.stochastic import End as End
    from bargaining.problems.stochastic import State as State
    from bargaining.problems.stochastic import StochasticProblem as StochasticProblem
    from bargaining.problems.threats import ThreatGame as ThreatGame
    from bargaining.problems.transforms import capped as capped
    from bargaining.problems.transforms import rescaled as rescaled
    from bargaining.problems.transforms import section as section
    from bargaining.protocols import Played as Played
    from bargaining.protocols import ProtocolModel as ProtocolModel
    from bargaining.ranges import PayoffRange as PayoffRange
    from bargaining.sets.base import Status as Status
    from bargaining.sets.issues import Issue as Issue
    from bargaining.solution import Solution as Solution
    from bargaining.solution import solve as solve
    from bargaining.statics.attribution import VarianceShares as VarianceShares
    from bargaining.statics.attribution import variance as variance
    from bargaining.statics.comparative import ComparativeStatics as ComparativeStatics
    from bargaining.statics.comparative import comparative_statics as comparative_statics
    from bargaining.statics.swings import OneAtATime as OneAtATime
    from bargaining.statics.swings import one_at_a_time as one_at_a_time
    from bargaining.strategic.agenda import Agenda as Agenda
    from bargaining.strategic.agenda import IssueByIssue as IssueByIssue
    from bargaining.strategic.alternating_offers import AlternatingOffers as AlternatingOffers
    from bargaining.strategic.alternating_offers import Breakdown as Breakdown
    from bargaining.strategic.baron_ferejohn import BaronFerejohn as BaronFerejohn
    from bargaining.strategic.baron_ferejohn import Legislature as Legislature
    from bargaining.strategic.fixed_costs import FixedCosts as FixedCosts
    from bargaining.strategic.hart_mas_colell import Coalitions as Coalitions
    from bargaining.strategic.hart_mas_colell import HartMasColell as HartMasColell
    from bargaining.strategic.markov_perfect import MarkovPerfect as MarkovPerfect
    from bargaining.strategic.nash_demand_game import NashDemandGame as NashDemandGame
    from bargaining.strategic.nonstationary_offers import NonstationaryOffers as NonstationaryOffers
    from bargaining.strategic.optimism import Expectations as Expectations
    from bargaining.strategic.optimism import Optimism as Optimism
    from bargaining.strategic.partial_commitments import Commitments as Commitments
    from bargaining.strategic.partial_commitments import PartialCommitments as PartialCommitments
    from bargaining.strategic.proposer_outside_option import ProposerOutsideOption as ProposerOutsideOption
    from bargaining.strategic.reputation import Attrition as Attrition
    from bargaining.strategic.reputation import Reputation as Reputation
    from bargaining.strategic.reputation import guaranteed_share as guaranteed_share
    from bargaining.strategic.sequential_offers import SequentialOffers as SequentialOffers
    from bargaining.strategic.strikes import Strikes as Strikes
    from bargaining.strategic.uncertain_demand_game import UncertainDemandGame as UncertainDemandGame
    from bargaining.surfaces import Surface as Surface
    from bargaining.surfaces import surface as surface
    from bargaining.sweeps.running import sweep as sweep
    from bargaining.sweeps.spreads import quantiles as quantiles
    from bargaining.tables import compare as compare
    from bargaining.talks import Talks as Talks
    from bargaining.threats.coco import Coco as Coco
    from bargaining.threats.no_deal_equilibrium import NoDealEquilibrium as NoDealEquilibrium
    from bargaining.threats.rational_threats import RationalThreats as RationalThreats
    from bargaining.threats.security_levels import SecurityLevels as SecurityLevels
    from bargaining.utilities.cara import CARA as CARA
    from bargaining.utilities.crra import CRRA as CRRA
    from bargaining.utilities.linear import Linear as Linear
    from bargaining.utilities.logarithmic import Log as Log
    from bargaining.utilities.power import Power as Power
    from bargaining.verification import verify as verify
    from bargaining.weights.implied import Identification as Identification
    from bargaining.weights.implied import ImpliedWeights as ImpliedWeights
    from bargaining.weights.inference import WeightSpread as WeightSpread
    from bargaining.weights.inference import implied_weights as implied_weights

__version__ = "0.1.0"

_HOMES = {
    "axioms": "",
    "cases": "",
    "errors": "",
    "plots": "",
    "concepts": "catalogue",
    "Concept": "concept",
    "StrategicModel": "concept",
    "Welfare": "concept",
    "Egalitarian": "cooperative.egalitarian",
    "KalaiRosenthal": "cooperative.kalai_rosenthal",
    "KalaiSmorodinsky": "cooperative.kalai_smorodinsky",
    "Nash": "cooperative.nash",
    "Proportional": "cooperative.proportional",
    "Utilitarian": "cooperative.utilitarian",
    "ConleyWilkie": "cooperative.conley_wilkie",
    "Dictatorial": "cooperative.dictatorial",
    "EqualLoss": "cooperative.equal_loss",
    "GuptaLivne": "cooperative.gupta_livne",
    "LexicographicEgalitarian": "cooperative.lexicographic_egalitarian",
    "LexicographicKalaiSmorodinsky": "cooperative.lexicographic_kalai_smorodinsky",
    "NashSet": "cooperative.nash_set",
    "Yu": "cooperative.yu",
    "AveragePayoff": "cooperative.average_payoff",
    "EqualArea": "cooperative.equal_area",
    "PerlesMaschler": "cooperative.perles_maschler",
    "Raiffa": "cooperative.raiffa",
    "BargainingError": "errors",
    "NoAgreement": "errors",
    "Frontier": "pareto",
    "frontier": "pareto",
    "from_curve": "problems.curve",
    "from_issues": "problems.issues",
    "from_points": "problems.points",
    "lotteries": "problems.lotteries",
    "split": "problems.pies",
    "Problem": "problems.problem",
    "capped": "problems.transforms",
    "rescaled": "problems.transforms",
    "section": "problems.transforms",
    "Status": "sets.base",
    "Issue": "sets.issues",
    "Solution": "solution",
    "solve": "solution",
    "AlternatingOffers": "strategic.alternating_offers",
    "Breakdown": "strategic.alternating_offers",
    "Surface": "surfaces",
    "surface": "surfaces",
    "compare": "tables",
    "CARA": "utilities.cara",
    "CRRA": "utilities.crra",
    "Linear": "utilities.linear",
    "Log": "utilities.logarithmic",
    "Power": "utilities.power",
    "Verification": "evidence",
    "Awards": "awards",
    "ClaimsRule": "awards",
    "Demands": "demands",
    "DemandGame": "demands",
    "ThreatModel": "concept",
    "Threats": "concept",
    "AdjustedProportional": "claims.adjusted_proportional",
    "ConstrainedEqualAwards": "claims.constrained_equal_awards",
    "ConstrainedEqualLosses": "claims.constrained_equal_losses",
    "MinimalOverlap": "claims.minimal_overlap",
    "ProportionalAwards": "claims.proportional_awards",
    "RandomArrival": "claims.random_arrival",
    "Talmud": "claims.talmud",
    "Equilibria": "noncooperative",
    "equilibria": "noncooperative",
    "disagreement_from": "noncooperative",
    "zero_sum": "noncooperative",
    "ClaimsProblem": "problems.claims",
    "End": "problems.stochastic",
    "State": "problems.stochastic",
    "StochasticProblem": "problems.stochastic",
    "ThreatGame": "problems.threats",
    "ProtocolModel": "protocols",
    "Played": "protocols",
    "PayoffRange": "ranges",
    "Talks": "talks",
    "CoalitionalProblem": "problems.coalitional",
    "Coalitions": "strategic.hart_mas_colell",
    "HartMasColell": "strategic.hart_mas_colell",
    "MarkovPerfect": "strategic.markov_perfect",
    "NashDemandGame": "strategic.nash_demand_game",
    "BaronFerejohn": "strategic.baron_ferejohn",
    "Legislature": "strategic.baron_ferejohn",
    "FixedCosts": "strategic.fixed_costs",
    "ProposerOutsideOption": "strategic.proposer_outside_option",
    "Strikes": "strategic.strikes",
    "Agenda": "strategic.agenda",
    "IssueByIssue": "strategic.agenda",
    "NonstationaryOffers": "strategic.nonstationary_offers",
    "Expectations": "strategic.optimism",
    "Optimism": "strategic.optimism",
    "Commitments": "strategic.partial_commitments",
    "PartialCommitments": "strategic.partial_commitments",
    "Attrition": "strategic.reputation",
    "Reputation": "strategic.reputation",
    "guaranteed_share": "strategic.reputation",
    "SequentialOffers": "strategic.sequential_offers",
    "UncertainDemandGame": "strategic.uncertain_demand_game",
    "VarianceShares": "statics.attribution",
    "variance": "statics.attribution",
    "ComparativeStatics": "statics.comparative",
    "comparative_statics": "statics.comparative",
    "Coco": "threats.coco",
    "NoDealEquilibrium": "threats.no_deal_equilibrium",
    "RationalThreats": "threats.rational_threats",
    "SecurityLevels": "threats.security_levels",
    "verify": "verification",
    "Identification": "weights.implied",
    "ImpliedWeights": "weights.implied",
    "WeightSpread": "weights.inference",
    "implied_weights": "weights.inference",
    "Calibrations": "calibrations.rows",
    "crossed": "calibrations.rows",
    "grid": "calibrations.rows",
    "draws": "calibrations.sampling",
    "sweep": "sweeps.running",
    "quantiles": "sweeps.spreads",
    "OneAtATime": "statics.swings",
    "one_at_a_time": "statics.swings",
}
"""Where each public name lives; an empty home is a module of its own. Loaded on first use (PEP 562)."""

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'bargaining' has no attribute {name!r}")
    home = _HOMES[name]
    module = import_module(f"bargaining.{home or name}")
    value = getattr(module, name) if home else module
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
