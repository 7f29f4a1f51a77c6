from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

from ..engine import get_period
from .distribution_balance import ACCRUED_BUCKETS

_CYCLE = 'month'
# What moved, by source and destination: for the figures that are kept when a period is closed.
_FIGURES = {
    'accrued_amount': SQL("source = 'merchant'"),
    'taken_back_amount': SQL("destination = 'merchant'"),
    'settled_amount': SQL("source IN ('available', 'billed') AND destination = 'payable'"),
    'paid_amount': SQL("destination = 'paid'"),
    'returned_amount': SQL("source = 'paid'"),
}


class DistributionPeriod(models.Model):
    """A month of a company's commission books. Closed, nothing is booked into it any more.

    What changes later about it is booked in the open period and stays linked to what it corrects by its
    commission. Periods are closed in their order, and only while the books check finds nothing; an
    administrator may reopen the last one, with a reason.

    +---------+-----------------+------+-------+--------+--------+
    | group   | records         | read | write | create | unlink |
    +=========+=================+======+=======+========+========+
    | officer | own companies'  | x    |       |        |        |
    | finance | own companies'  | x    | close |        |        |
    | manager | own companies'  | x    | open  |        |        |
    +---------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.period'
    _description = "Accounting Period of Commissions"
    _inherit = ['mail.thread', 'distribution.state.mixin']
    _order = 'period_start desc, id desc'
    _rec_name = 'period_start'

    company_id = fields.Many2one(comodel_name='res.company', required=True, index=True, readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    period_start = fields.Date(string="From", required=True, readonly=True)
    period_end = fields.Date(string="To, Not Included", required=True, readonly=True)
    state = fields.Selection(
        selection=[('open', "Not Closed"), ('closed', "Closed")],
        required=True, readonly=True, default='open', tracking=True)
    closed_by_id = fields.Many2one(comodel_name='res.users', readonly=True, ondelete='restrict')
    closed_at = fields.Datetime(readonly=True)
    accrued_amount = fields.Monetary(string="Accrued", readonly=True)
    taken_back_amount = fields.Monetary(string="Taken Back", readonly=True)
    settled_amount = fields.Monetary(string="Settled", readonly=True)
    paid_amount = fields.Monetary(string="Paid", readonly=True)
    returned_amount = fields.Monetary(string="Came Back", readonly=True, help="Of what was paid, in this month or before.")
    unsettled_amount = fields.Monetary(
        string="Earned, Not Settled", readonly=True, help="At the end of the period.")

    _start_uniq = models.UniqueIndex('(company_id, period_start)', "A company has one period of a month.")
    _check_order = models.Constraint('CHECK (period_start < period_end)', "A period ends after it began.")

    # === COMPUTE METHODS === #

    @api.depends('period_start')
    def _compute_display_name(self):
        for period in self:
            period.display_name = format_date(self.env, period.period_start, date_format='MMMM y')

    # === ACTION METHODS === #

    def action_close(self):
        """Button: book what is left, check the books, and freeze the period."""
        self.ensure_one()
        if not self.env.user.has_group('distribution_commission.group_distribution_finance'):
            raise AccessError(self.env._("Finance closes periods."))
        self.check_access('read')
        self.sudo()._close()

    def action_reopen(self):
        """Button: ask why, and open the period again."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Reopen the Period"),
            'res_model': 'distribution.period.reopen',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_period_id': self.id},
        }

    def action_view_late_changes(self):
        """Smart button: what changed about commissions of this period after its end."""
        self.ensure_one()
        start, end = self._get_bounds()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Changed Later"),
            'res_model': 'distribution.transfer',
            'view_mode': 'list,form',
            'domain': [
                ('company_id', '=', self.company_id.id), ('commission_id.created_at', '>=', start),
                ('commission_id.created_at', '<', end), ('posted_at', '>=', end),
                '|', ('source', '=', 'merchant'), ('destination', '=', 'merchant'),
            ],
        }

    # === BUSINESS METHODS === #

    @api.model
    def _open_until_now(self, company):
        """Make the months from the first transfer of a company until now that are not there yet."""
        [(first,)] = self.env.execute_query(SQL(
            "SELECT MIN(posted_at) FROM distribution_transfer WHERE company_id = %s", company.id))
        if not first:
            return
        last = self.search([('company_id', '=', company.id)], limit=1)
        day = last.period_end or company._distribution_get_day(first)
        vals_list = []
        while day <= company._distribution_get_today():
            start, day = get_period(_CYCLE, day)
            vals_list.append({'company_id': company.id, 'period_start': start, 'period_end': day})
        self.create(vals_list)

    def _close(self):
        """Freeze the period.

        :raise UserError: when it is not over, an earlier one is open, or the books are not right.
        """
        self.ensure_one()
        if self.period_end > self.company_id._distribution_get_today():
            raise UserError(self.env._("The period is not over yet."))
        if self.search_count([
            ('company_id', '=', self.company_id.id), ('period_start', '<', self.period_start), ('state', '=', 'open'),
        ], limit=1):
            raise UserError(self.env._("An earlier period is open. Close that one first."))
        while self.env['distribution.booking']._book(self.company_id):
            pass
        differences = self.env['distribution.books']._get_differences_of(self.company_id)
        if differences:
            raise UserError(self.env._(
                "The books are not right, so the period stays open:\n%s",
                "\n".join(f"- {row['check']}: {row['difference']} ({row['detail']})" for row in differences)))
        if self._update_state(('open',), 'closed'):
            self.write({'closed_by_id': self.env.uid, 'closed_at': fields.Datetime.now(), **self._get_figures()})

    def _reopen(self, reason):
        """Open the last closed period again; the reason stays in its log.

        :param str reason:
        :raise UserError: without a reason, or when a later one is closed.
        """
        self.ensure_one()
        if not self.env.user.has_group('distribution_core.group_distribution_manager'):
            raise AccessError(self.env._("Only an administrator reopens a period."))
        self.check_access('read')
        if not (reason or '').strip():
            raise UserError(self.env._("Say why."))
        period_sudo = self.sudo()
        if period_sudo.search_count([
            ('company_id', '=', self.company_id.id), ('period_start', '>', self.period_start), ('state', '=', 'closed'),
        ], limit=1):
            raise UserError(self.env._("A later period is closed. Only the last one can be opened again."))
        if period_sudo._update_state(('closed',), 'open'):
            period_sudo.message_post(body=self.env._(
                "Opened again by %(user)s: %(reason)s", user=self.env.user.name, reason=reason))

    # === GETTERS === #

    @api.model
    def _get_closed_until(self, company):
        """Return the first day after the closed periods of a company, or None.

        :rtype: date|None
        """
        return self.sudo().search([('company_id', '=', company.id), ('state', '=', 'closed')], limit=1).period_end or None

    def _get_bounds(self):
        """Return the moments in UTC at which the period begins and ends."""
        return [self.company_id._distribution_get_beginning(day) for day in (self.period_start, self.period_end)]

    def _get_figures(self):
        start, end = self._get_bounds()
        sums = SQL(", ").join(
            SQL("COALESCE(SUM(amount) FILTER (WHERE posted_at >= %s AND %s), 0) AS %s",
                start, condition, SQL.identifier(name))
            for name, condition in _FIGURES.items())
        [figures] = self.env.execute_query_dict(SQL(
            """
            SELECT %s,
                   COALESCE(SUM(amount) FILTER (WHERE source = 'merchant'), 0)
                 - COALESCE(SUM(amount) FILTER (WHERE source = ANY(%s)
                                                  AND destination IN ('merchant', 'payable')), 0) AS unsettled_amount
              FROM distribution_transfer
             WHERE company_id = %s AND posted_at < %s
            """, sums, list(ACCRUED_BUCKETS), self.company_id.id, end))
        return figures


class DistributionTransfer(models.Model):
    _inherit = 'distribution.transfer'

    corrects_id = fields.Many2one(
        comodel_name='distribution.transfer', compute='_compute_corrects_id',
        help="What was first accrued for the commission that this changes.")

    # === COMPUTE METHODS === #

    @api.depends('commission_id', 'reason')
    def _compute_corrects_id(self):
        changing = self.filtered(lambda transfer: transfer.reason in ('clawback', 'adjustment'))
        first = {}
        for transfer in self.search(
                [('commission_id', 'in', changing.commission_id.ids), ('reason', '=', 'accrual')], order='id desc'):
            first[transfer.commission_id] = transfer
        for transfer in self:
            transfer.corrects_id = first.get(transfer.commission_id) if transfer in changing else False

    # === BUSINESS METHODS === #

    @api.model
    def _post(self, transfers, company, now=None, **kwargs):
        """Override to keep closed periods as they are."""
        closed_until = self.env['distribution.period']._get_closed_until(company) if transfers else None
        if closed_until:
            moment = fields.Datetime.to_datetime(now or fields.Datetime.now())
            if company._distribution_get_day(moment) < closed_until:
                raise UserError(self.env._("This would change a closed period."))
        return super()._post(transfers, company, now, **kwargs)


class ResCompany(models.Model):
    _inherit = 'res.company'

    def _distribution_get_open_date(self, day):
        """Override to skip closed periods as well."""
        closed_until = self.env['distribution.period']._get_closed_until(self)
        return super()._distribution_get_open_date(max(day, closed_until) if closed_until else day)


class AccountMove(models.Model):
    _inherit = 'account.move'

    def _post(self, soft=True):
        """Override of `account` to keep closed periods of commissions as they are."""
        self.filtered(lambda move: not move.is_sale_document(include_receipts=True))._distribution_check_period()
        return super()._post(soft=soft)

    def _distribution_check_period(self):
        """Refuse items on the accounts of commissions in a closed period."""
        moves_by_company = defaultdict(self.browse)
        for move in self:
            accounts = (move.company_id.distribution_accrued_account_id
                        + move.company_id.distribution_payable_account_id)
            if accounts & move.line_ids.account_id:
                moves_by_company[move.company_id] += move
        for company, moves in moves_by_company.items():
            closed_until = self.env['distribution.period']._get_closed_until(company)
            if closed_until and min(move.date for move in moves) < closed_until:
                raise UserError(self.env._(
                    "The commissions are closed until %s. Choose a later accounting date.",
                    format_date(self.env, fields.Date.subtract(closed_until, days=1))))
