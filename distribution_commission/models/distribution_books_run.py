import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .distribution_balance import ACCRUED_BUCKETS, PAYABLE_BUCKETS

_logger = logging.getLogger(__name__)

_NAMED_AT_MOST = 50


class DistributionBooksRun(models.Model):
    """One check of the books: ledger, general ledger and payments held against each other, every night.

    Differences are kept; somebody looks at them, and nothing is repaired by itself. A period can be closed
    only while there are none.

    +---------+------------------------------+------+-------+--------+--------+
    | group   | records                      | read | write | create | unlink |
    +=========+==============================+======+=======+========+========+
    | officer | all                          | x    |       |        |        |
    +---------+------------------------------+------+-------+--------+--------+
    """
    _name = 'distribution.books.run'
    _description = "Check of the Books"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _rec_name = 'checked_at'

    checked_at = fields.Datetime(required=True, readonly=True)
    check_count = fields.Integer(string="Checks", readonly=True)
    difference_count = fields.Integer(string="Differences", readonly=True)
    difference_ids = fields.One2many(
        comodel_name='distribution.books.difference', inverse_name='run_id', readonly=True)

    # === ACTION METHODS === #

    def action_check_now(self):
        """Button: check the books and show what came of it."""
        if not self.env.user.has_group('distribution_commission.group_distribution_finance'):
            raise UserError(self.env._("Finance checks the books."))
        return {
            'type': 'ir.actions.act_window',
            'res_model': self._name,
            'view_mode': 'form',
            'res_id': self.env[self._name].sudo()._check().id,
        }

    # === BUSINESS METHODS === #

    @api.model
    def _cron_check(self):
        """Open the months, check the books, and call for somebody when they are not right."""
        for company in self.env['res.company'].search([('distribution_journal_id', '!=', False)]):
            self.env['distribution.period']._open_until_now(company)
        run = self._check()
        if run.difference_count:
            run._alert()

    @api.model
    def _check(self):
        """Run all checks and keep what differs. What was explained before and is the same stays explained."""
        books = self.env['distribution.books']
        differences = books.check()
        run = self.create({
            'checked_at': fields.Datetime.now(), 'check_count': len(books._get_checks()),
            'difference_count': len(differences)})
        self.env['distribution.books.difference'].create([
            {
                **self._get_explained(row),
                'run_id': run.id,
                'company_id': row['company_id'],
                'expected_amount': float(row['expected']),
                'actual_amount': float(row['actual']),
                'amount': float(row['difference']),
                **{name: row[name] for name in ('check', 'detail')},
            }
            for row in differences
        ])
        return run

    def _alert(self):
        """Give the administrators of the companies concerned something to do."""
        _logger.warning("The books check found %s differences", self.difference_count)
        for company in self.difference_ids.filtered(lambda row: row.state == 'open').company_id:
            for user in company._distribution_get_users('group_distribution_manager')[:1]:
                self.activity_schedule(
                    'mail.mail_activity_data_todo', user_id=user.id,
                    summary=self.env._("The books of %s are not right", company.name),
                    note=self.env._("%s differences were found.", self.difference_count))

    # === GETTERS === #

    @api.model
    def _get_explained(self, row):
        """Return the explanation that somebody gave for just this difference in the last check."""
        before = self.env['distribution.books.difference'].search([
            ('check', '=', row['check']), ('detail', '=', row['detail']), ('state', '=', 'explained'),
            ('company_id', '=', row['company_id'])], limit=1)
        if not before or before.currency_id.compare_amounts(before.amount, float(row['difference'])):
            return {}
        return {'state': 'explained', 'note': before.note, 'explained_by_id': before.explained_by_id.id}


class DistributionBooksDifference(models.Model):
    """What a check of the books found: expected by the ledger, and what is there.

    +---------+-----------------+------+-------+--------+--------+
    | group   | records         | read | write | create | unlink |
    +=========+=================+======+=======+========+========+
    | officer | own companies'  | x    |       |        |        |
    | finance | own companies'  | x    | note  |        |        |
    +---------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.books.difference'
    _description = "Difference in the Books"
    _order = 'id desc'
    _rec_name = 'check'

    run_id = fields.Many2one(
        comodel_name='distribution.books.run', required=True, index=True, ondelete='cascade', readonly=True)
    checked_at = fields.Datetime(related='run_id.checked_at', store=True)
    company_id = fields.Many2one(comodel_name='res.company', required=True, index=True, readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    check = fields.Char(required=True, readonly=True)
    detail = fields.Char(readonly=True)
    expected_amount = fields.Monetary(string="By the Ledger", readonly=True)
    actual_amount = fields.Monetary(string="Found", readonly=True)
    amount = fields.Monetary(string="Difference", readonly=True)
    pieces = fields.Text(string="Comes From", readonly=True)
    state = fields.Selection(
        selection=[('open', "Open"), ('explained', "Explained")], required=True, default='open', readonly=True)
    note = fields.Text(string="Explanation")
    explained_by_id = fields.Many2one(comodel_name='res.users', readonly=True, ondelete='restrict')

    # === CRUD METHODS === #

    def write(self, vals):
        """Persons write the explanation, and nothing else."""
        if not self.env.su:
            if set(vals) != {'note'}:
                raise UserError(self.env._("This is set by its buttons only."))
            vals = {
                'note': vals['note'], 'state': 'explained' if vals['note'] else 'open',
                'explained_by_id': self.env.uid if vals['note'] else False,
            }
        return super().write(vals)

    # === ACTION METHODS === #

    def action_explain(self):
        """Button: say from which entries the difference comes."""
        self.ensure_one()
        self.check_access('read')
        self.sudo().pieces = self._get_pieces_text()

    # === GETTERS === #

    def _get_pieces_text(self):
        pieces = self._get_pieces()
        if not pieces:
            return self.detail
        lines = [f"{name}: {self.currency_id.format(float(amount))}" for name, amount in pieces[:_NAMED_AT_MOST]]
        if len(pieces) > _NAMED_AT_MOST:
            lines.append(self.env._("and %s more", len(pieces) - _NAMED_AT_MOST))
        return "\n".join(lines)

    def _get_pieces(self):
        """Return the (entry, amount) that add up to a difference on one of the accounts, the largest first.

        :rtype: list[tuple[str, Decimal]]
        """
        self.ensure_one()
        company = self.company_id
        account, buckets = {
            f'account {company.distribution_accrued_account_id.id}': (
                company.distribution_accrued_account_id, ACCRUED_BUCKETS),
            f'account {company.distribution_payable_account_id.id}': (
                company.distribution_payable_account_id, PAYABLE_BUCKETS),
        }.get(self.detail, (None, ()))
        if not account:
            return []
        return self.env.execute_query(SQL(
            """
            SELECT COALESCE(m.name, '?'), SUM(found.amount) AS amount
              FROM (
                   SELECT ml.move_id, -ml.balance AS amount
                     FROM account_move_line ml
                    WHERE ml.account_id = %(account)s AND ml.company_id = %(company)s AND ml.parent_state = 'posted'
                UNION ALL
                   SELECT ml.move_id, CASE WHEN t.source = ANY(%(buckets)s) THEN t.amount ELSE 0 END
                                    - CASE WHEN t.destination = ANY(%(buckets)s) THEN t.amount ELSE 0 END
                     FROM distribution_transfer t
                     JOIN account_move_line ml ON ml.id = t.move_line_id
                    WHERE t.company_id = %(company)s
                   ) found
         LEFT JOIN account_move m ON m.id = found.move_id
          GROUP BY found.move_id, m.name
            HAVING SUM(found.amount) != 0
          ORDER BY ABS(SUM(found.amount)) DESC, m.name
            """, account=account.id, company=company.id, buckets=list(buckets)))


class DistributionBooks(models.AbstractModel):
    _inherit = 'distribution.books'

    @api.model
    def _get_differences_of(self, company):
        """Return the differences of one company; see `check`."""
        return [row for row in self.check() if row['company_id'] == company.id]
