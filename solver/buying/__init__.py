"""Buying: the cheapest servers and sites with which all that is asked for fits, and a bound that no purchase beats."""

from solver.buying.buy import Bought, buy
from solver.buying.market import Market

__all__ = ["Bought", "Market", "buy"]
