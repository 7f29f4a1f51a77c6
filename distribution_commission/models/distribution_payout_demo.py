from odoo import api, fields, models
from odoo.tools import SQL


class DemoTimeout(Exception):
    """The answer of the pretended provider did not come."""


class DistributionPayoutDemo(models.Model):
    """The books of the pretended provider of the demo channel: what it was asked to pay, and did.

    Written in transactions of their own: what a provider did stays done, whatever becomes of ours. A
    number is paid once, however often it asks. Nobody but the provider writes here.

    +-----------+-----------+------+-------+--------+--------+
    | group     | records   | read | write | create | unlink |
    +===========+===========+======+=======+========+========+
    | finance   | all       | x    |       |        |        |
    +-----------+-----------+------+-------+--------+--------+
    """
    _name = 'distribution.payout.demo'
    _description = "Payment at the Pretended Provider"
    _order = 'id desc'
    _log_access = False
    _rec_name = 'number'

    number = fields.Char(required=True, readonly=True)
    amount = fields.Float(required=True, readonly=True, digits=(16, 2))
    status = fields.Selection(
        selection=[('waiting', "Waiting"), ('paid', "Paid"), ('refused', "Refused")], required=True, readonly=True)
    received_at = fields.Datetime(required=True, readonly=True)

    _number_uniq = models.UniqueIndex('(number)', "A number is paid once.")

    # === ACTION METHODS === #

    def action_pay(self):
        """Button: the provider pays what waits, and calls back."""
        self._decide('paid')

    def action_refuse(self):
        """Button: the provider refuses what waits, and calls back."""
        self._decide('refused')

    def action_call_back(self):
        """Button: the provider calls back, again."""
        self.env['distribution.payout'].check_access('write')
        for transfer in self:
            payout = self.env['distribution.payout'].search([('name', '=', transfer.number)])
            payout._process(transfer._get_answer(transfer.number))

    # === BUSINESS METHODS === #

    def _decide(self, status):
        self.env['distribution.payout'].check_access('write')
        with self.env.registry.cursor() as cr:
            waiting_sudo = self.with_env(self.env(cr=cr)).sudo().filtered(lambda transfer: transfer.status == 'waiting')
            waiting_sudo.status = status
        self.invalidate_recordset()
        self.action_call_back()

    @api.model
    def _receive(self, number, amount, expires_at, status):
        """Take an order to pay, once for a number and not too late, and answer.

        :rtype: dict
        """
        with self.env.registry.cursor() as cr:
            provider_sudo = self.with_env(self.env(cr=cr)).sudo()
            if fields.Datetime.now() < expires_at and not provider_sudo.search_count([('number', '=', number)]):
                provider_sudo.create({
                    'number': number, 'amount': amount, 'status': status, 'received_at': fields.Datetime.now()})
        return self._get_answer(number)

    @api.model
    def _get_answer(self, number):
        """Return what the provider says about a number; read apart, as its books are not ours.

        :rtype: dict
        """
        with self.env.registry.cursor(readonly=False) as cr:
            rows = self.env(cr=cr).execute_query(SQL(
                "SELECT status, amount::float FROM distribution_payout_demo WHERE number = %s", number))
        return dict(zip(('status', 'amount'), rows[0], strict=True)) if rows else {'status': 'not_found'}


class DistributionPayoutChannel(models.Model):
    _inherit = 'distribution.payout.channel'

    code = fields.Selection(selection_add=[('demo', "Demo")], ondelete={'demo': 'set default'})
    demo_answer = fields.Selection(
        selection=[
            ('paid', "Pays at once"),
            ('refused', "Refuses"),
            ('waiting', "Answers late: pays or refuses when told to"),
            ('silent', "Times out after it paid"),
            ('lost', "Times out before it hears of it"),
        ],
        default='paid',
        help="What the pretended provider does with the next payment.",
    )

    @api.model
    def _get_automatic_codes(self):
        """Override to name the demo channel."""
        return [*super()._get_automatic_codes(), 'demo']

    def _send_payout_request(self, payout):
        """Override to ask the pretended provider."""
        if self.code != 'demo':
            return super()._send_payout_request(payout)
        if self.demo_answer == 'lost':
            raise DemoTimeout()
        answer = self.env['distribution.payout.demo']._receive(
            payout.name, payout.net_amount, payout.expires_at,
            'paid' if self.demo_answer == 'silent' else self.demo_answer)
        if self.demo_answer == 'silent':
            raise DemoTimeout()
        return answer

    def _send_payout_query(self, payout):
        """Override to ask the pretended provider."""
        if self.code != 'demo':
            return super()._send_payout_query(payout)
        return self.env['distribution.payout.demo']._get_answer(payout.name)

    def _extract_payout_state(self, payout_data):
        """Override to read the answers of the pretended provider."""
        if self.code != 'demo':
            return super()._extract_payout_state(payout_data)
        return {'waiting': 'sent', 'paid': 'done', 'refused': 'failed', 'not_found': 'unknown'}[payout_data['status']]
