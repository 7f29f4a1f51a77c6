from odoo import fields, models
from odoo.exceptions import ValidationError


class DistributionWithdrawal(models.Model):
    """A wish under a key that whoever asks has chosen: sent twice, it is one wish."""
    _inherit = 'distribution.withdrawal'

    idempotency_key = fields.Char(
        readonly=True, copy=False, groups='distribution_core.group_distribution_user',
        help="Chosen by the app that asked, so that the same wish sent twice is one.")

    _idempotency_key_uniq = models.UniqueIndex(
        '(distributor_id, idempotency_key) WHERE idempotency_key IS NOT NULL',
        "There is a withdrawal under this key already.")

    def _is_same_wish(self, amount, account, channel):
        """Return whether this is what is asked for now; without an account any is meant."""
        self.ensure_one()
        withdrawal_sudo = self.sudo()
        chosen_id = withdrawal_sudo.is_channel_chosen and withdrawal_sudo.channel_id.id
        return (
            self.currency_id.compare_amounts(self.amount, amount) == 0
            and (not account or withdrawal_sudo.account_id == account)
            and (channel.id if channel else False) == chosen_id)


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    def _request_withdrawal_once(self, key, amount, account=None, channel=None):
        """Ask for a withdrawal under a key; when there is one, return it whatever has become of it.

        Of two at once one waits for the lock of the payable, fails, is tried again and finds the other.

        :param str key:
        :return: The withdrawal, and whether it is new. For the other parameters see `_request_withdrawal`.
        :rtype: tuple[distribution.withdrawal, bool]
        :raise ValidationError: when something else was asked for under the key.
        """
        self.ensure_one()
        known_sudo = self._find_withdrawal(key)
        if known_sudo and not known_sudo._is_same_wish(amount, account, channel):
            raise ValidationError(self.env._("Another withdrawal was asked for under this key."))
        if known_sudo:
            return known_sudo, False
        withdrawal_sudo = self._request_withdrawal(amount, account, channel)
        withdrawal_sudo.idempotency_key = key
        return withdrawal_sudo, True

    def _find_withdrawal(self, key):
        self.ensure_one()
        return self.env['distribution.withdrawal'].sudo().search([
            ('distributor_id', '=', self.id), ('idempotency_key', '=', key)])
