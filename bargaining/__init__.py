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
    from bargaining.strategic.optimism import Expectations as Expectations
    from bargaining.strategic.optimism import Optimism as Optimism
