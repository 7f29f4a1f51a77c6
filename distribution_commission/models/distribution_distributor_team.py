from typing import NamedTuple

from odoo import models
from odoo.fields import Domain
from odoo.tools import escape_psql

from ..engine import get_period
from .distribution_distributor_sales import OwnSales

_MOST_TIERS = 2


class TeamMember(NamedTuple):
    """All that a distributor is told of somebody below: no name, no contact, no id."""

    name: str               # the alias
    tier: int               # 1: directly below
    level: str
    since: object           # date
    orders: int
    sales: float


class DistributionDistributor(models.Model):
    """What a distributor sees of those below it."""
    _inherit = 'distribution.distributor'

    # === GETTERS === #

    def _get_team_depth(self):
        """Return how many tiers below are shown: those whose sales can pay, at least the first, at most two.

        :rtype: int
        """
        self.ensure_one()
        policy_sudo = self.env['distribution.policy'].sudo()._get_in_force(self.company_id)
        return min(max(policy_sudo.max_paid_tiers - 1, 1), _MOST_TIERS)

    def _get_team_counts(self):
        """Return how many stand on each tier below that is shown.

        :rtype: list[int]
        """
        distributors_sudo = self.sudo()
        return [
            distributors_sudo.search_count(self._get_team_domain(tier)) for tier in range(1, self._get_team_depth() + 1)]

    def _get_team(self, tier=None, search='', offset=0, limit=None):
        """Return those below with what they sold this month, the latest first. The same number of statements for any team.

        :param int|None tier: None: all that are shown.
        :param str search: A part of an alias or a code.
        :rtype: list[TeamMember]
        """
        self.ensure_one()
        members_sudo = self.sudo().search(
            self._get_team_domain(tier, search), offset, limit, order='active_since desc, id desc')
        sales = members_sudo._get_own_sales(*self._get_month())
        return [self._prepare_member(member_sudo, sales.get(member_sudo.id, OwnSales())) for member_sudo in members_sudo]

    def _get_team_domain(self, tier=None, search=''):
        """Return who is below, on one tier or on all that are shown.

        :rtype: Domain
        """
        below = [Domain('parent_id', '=', self.id), Domain('parent_id.parent_id', '=', self.id)]
        tiers = Domain(below[tier - 1]) if tier else Domain.OR(below[:self._get_team_depth()])
        domain = tiers & Domain('state', 'in', ('active', 'suspended'))
        if search:
            search = escape_psql(search)
            domain &= Domain('alias', 'ilike', search) | (Domain('alias', '=', False) & Domain('code', 'ilike', search))
        return domain

    def _prepare_member(self, member_sudo, sales):
        return TeamMember(
            name=member_sudo.shown_name,
            tier=1 if member_sudo.parent_id == self else 2,
            level=member_sudo.level_id.name or '',
            since=member_sudo.active_since and self.company_id.sudo()._distribution_get_day(member_sudo.active_since),
            orders=sales.orders,
            sales=sales.amount,
        )

    def _get_month(self):
        """Return the moments in UTC between which the company's month lies.

        :rtype: tuple[datetime, datetime]
        """
        return self._get_period_around('month')

    def _get_period_around(self, cycle, day=None):
        """Return the moments in UTC between which a period of a company's calendar lies, by default the one of today."""
        company_sudo = (self.company_id or self.env.company).sudo()
        period = get_period(cycle, day or company_sudo._distribution_get_today())
        return tuple(company_sudo._distribution_get_beginning(bound) for bound in period)
