import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

_MAX_LENGTH = 24
# What a name does not need, but a way around the platform does: numbers to call, addresses, links.
_CONTACT = re.compile(r'\d[\d\s().-]{4,}\d|@|://|www\.', re.IGNORECASE)


class DistributionDistributor(models.Model):
    """The name by which other distributors know somebody: chosen, or made from initial and code."""
    _inherit = 'distribution.distributor'

    shown_name = fields.Char(
        string="Shown to Others", compute='_compute_shown_name', compute_sudo=True,
        help="The alias; without one the first character of the name and the end of the code.")

    ranking_consent_at = fields.Datetime(
        string="In Rankings since", readonly=True, copy=False,
        help="The distributor wants to be shown to others in rankings, by the alias. Empty: it does not.")

    _ranking_idx = models.Index('(company_id) WHERE ranking_consent_at IS NOT NULL')

    # === COMPUTE METHODS === #

    @api.depends('alias', 'code', 'partner_id.name')
    def _compute_shown_name(self):
        for distributor in self:
            distributor.shown_name = distributor.alias or distributor._get_default_shown_name()

    # === CONSTRAINT METHODS === #

    @api.constrains('alias')
    def _check_alias(self):
        for distributor in self.filtered('alias'):
            if len(distributor.alias) > _MAX_LENGTH:
                raise ValidationError(self.env._("Please shorten the alias to %s characters.", _MAX_LENGTH))
            if _CONTACT.search(distributor.alias):
                raise ValidationError(self.env._("An alias is no phone number, no address and no link."))

    # === BUSINESS METHODS === #

    def _set_ranking_consent(self, wanted):
        """Take the wish of the distributor to be shown in rankings, or not to be any more; the same again is no change.

        :param bool wanted:
        """
        self.ensure_one()
        if bool(self.ranking_consent_at) != wanted:
            self.ranking_consent_at = wanted and fields.Datetime.now()

    def _set_own_alias(self, alias):
        """Take the alias that the distributor wants.

        :param str alias: As typed; empty: none.
        :raise UserError: when it cannot be.
        """
        self.ensure_one()
        self.alias = ' '.join((alias or '').replace('\0', '').split()) or False

    # === GETTERS === #

    def _get_default_shown_name(self):
        """Return what others see of somebody without an alias: the first character of the name, the end of the code."""
        self.ensure_one()
        return f"{(self.partner_id.name or '').strip()[:1]}··{(self.code or '')[-4:]}"
