from odoo.http import request

from ..portal import DistributionPortal
from .problem import Problem

MAX_TEXT = 4000


class DistributionApi(DistributionPortal):
    """What the routes of the API have in common. Whom a user is, and what is its own, is as on the pages."""

    def _api_get_distributor(self):
        """Return the distributor that the user is.

        :raise Problem: when it is none.
        """
        distributor = self._get_own_distributor()
        if not distributor:
            raise Problem(403, 'not-a-distributor', request.env._("You are not a distributor."))
        return distributor

    def _api_find(self, model, record_id):
        """Return an own record; whatever else the id belongs to is not found."""
        return self._find_own(model, record_id, self._api_get_distributor())

    def _api_list(self, model, read, limit, offset, domain=()):
        """Return a part of the own records of a model.

        :param callable read: Makes the value of a record.
        """
        records = request.env[model]
        domain = [*self._get_own_domain(self._api_get_distributor()), *domain]
        found = records.search(domain, limit=limit, offset=offset)
        return self._api_page([read(record) for record in found], records.search_count(domain), limit, offset)

    @staticmethod
    def _api_page(items, total, limit, offset):
        return {'items': items, 'total': total, 'limit': limit, 'offset': offset}
