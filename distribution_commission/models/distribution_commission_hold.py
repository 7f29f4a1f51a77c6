from odoo import api, fields, models
from odoo.tools import SQL

from .distribution_transfer import Transfer

_BATCH_SIZE = 5000


class DistributionCommission(models.Model):
    """Time and review: pending → available after the hold, available → held while signals wait, and back."""
    _inherit = 'distribution.commission'

    # === BUSINESS METHODS === #

    @api.model
    def _mature(self, company, now, limit=_BATCH_SIZE):
        """Move what is delivered, paid and over its hold from pending to available.

        :return: How many commissions matured.
        :rtype: int
        """
        self.flush_model()
        rows = self.env.execute_query_dict(SQL(
            """
            SELECT id, distributor_id, transfer_count, (pending_amount * %(minor)s)::bigint AS pending
              FROM distribution_commission
             WHERE pending_amount > 0 AND available_on <= %(now)s::timestamp AND company_id = %(company_id)s
          ORDER BY id
             LIMIT %(limit)s
               FOR UPDATE SKIP LOCKED
            """, minor=10 ** company.currency_id.decimal_places, now=now, company_id=company.id, limit=limit))
        return self.env['distribution.transfer']._post([
            Transfer.of_commission(row, 'pending', 'available', row['pending'], 'maturity') for row in rows
        ], company, now)

    @api.model
    def _cron_mature(self):
        """Let commissions mature, hold and release them, company by company, in batches."""
        now = fields.Datetime.now()
        for step, companies in ((self._mature, self._get_companies_to_mature()),
                                (self._review, self._get_companies_to_review())):
            for company in companies:
                while count := step(company, now):
                    if not self.env['ir.cron']._commit_progress(count):
                        return

    @api.model
    def _review(self, company, now, limit=_BATCH_SIZE):
        """Bring what is available and what is held in line with the signals of the distributors.

        :return: How many commissions were held or released.
        :rtype: int
        """
        self.flush_model()
        held = self._get_held_distributors(company)
        transfers = []
        for source, destination, reason, condition in (
            ('available', 'held', 'hold', SQL("available_amount > 0 AND distributor_id = ANY(%s)", held.ids)),
            ('held', 'available', 'unhold', SQL("held_amount > 0 AND distributor_id != ALL(%s)", held.ids)),
        ):
            transfers += [
                Transfer.of_commission(row, source, destination, row['amount'], reason)
                for row in self._lock_to_review(company, SQL.identifier(f'{source}_amount'), condition, limit)
            ]
        return self.env['distribution.transfer']._post(transfers, company, now)

    @api.model
    def _lock_to_review(self, company, amount, condition, limit):
        return self.env.execute_query_dict(SQL(
            """
            SELECT id, distributor_id, transfer_count, (%(amount)s * %(minor)s)::bigint AS amount
              FROM distribution_commission
             WHERE company_id = %(company_id)s AND %(condition)s
          ORDER BY id
             LIMIT %(limit)s
               FOR UPDATE SKIP LOCKED
            """, amount=amount, minor=10 ** company.currency_id.decimal_places, company_id=company.id,
            condition=condition, limit=limit))

    # === GETTERS === #

    @api.model
    def _get_companies_to_mature(self):
        return self.env['res.company'].browse(
            company.id for [company] in self._read_group([('pending_amount', '>', 0)], ['company_id']))

    @api.model
    def _get_companies_to_review(self):
        return self.env['res.company'].browse({
            company.id
            for [company] in [
                *self._read_group([('held_amount', '>', 0)], ['company_id']),
                *self.env['distribution.risk.signal'].sudo()._read_group(
                    [('state', '!=', 'dismissed')], ['company_id']),
            ]
        })

    @api.model
    def _get_held_distributors(self, company):
        signals_sudo = self.env['distribution.risk.signal'].sudo()
        suspects = signals_sudo._read_group(
            [('company_id', '=', company.id), ('state', '!=', 'dismissed')], ['distributor_id'])
        return signals_sudo._get_held(self.env['distribution.distributor'].union(
            *(distributor for [distributor] in suspects)))


class DistributionRiskSignal(models.Model):
    _inherit = 'distribution.risk.signal'

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `distribution_core` to hold money at once."""
        self._trigger_review()
        return super().create(vals_list)

    def _judge(self, state):
        """Override of `distribution_core` to release money at once."""
        self._trigger_review()
        return super()._judge(state)

    def _trigger_review(self):
        self.env.ref('distribution_commission.ir_cron_mature').sudo()._trigger()
