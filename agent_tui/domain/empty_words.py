"""Words of English that say nothing about the matter of a message. In other languages rarity alone weighs words."""

from __future__ import annotations

ENGLISH = """
a about above after again all also am an and another any are as at be became because been before being below between
both but by can cannot could d did do does doing done down dear during each either else etc ever every few for from
further get gets getting give given go goes going gone good got had has have having he hello hence her here hers hi
him his how however i if in into is it its itself just know least let like ll m many may maybe me might mine more most
much must my myself near need neither no nor not now of off oh ok okay on once one only onto or other our ours out
over own per perhaps please put quite rather re really regards s said same say see shall she should since so some soon
still such sure t take tell than thank thanks that the their theirs them then there these they thing things think this
those though through thus to too toward towards under until up upon us ve very via want was we well were what whatever
when where whether which while who whom whose why will with within without would yeah yes yet you your yours yourself
"""
