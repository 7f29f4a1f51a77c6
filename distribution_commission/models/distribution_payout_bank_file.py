import csv
import io
import re

from sepaxml import SepaTransfer
from stdnum.iso7064 import mod_97_10

from odoo import fields, models
from odoo.exceptions import UserError

from .distribution_transfer import to_minor

# How the columns of a CSV file are called, in their order; described in the README.
CSV_COLUMNS = ('number', 'holder', 'account', 'bank', 'amount', 'currency')
# A spreadsheet takes what begins so for a formula.
_FORMULA_BEGINNINGS = ('=', '+', '-', '@')
_PAIN_SCHEMA = 'pain.001.001.09'
_IBAN = re.compile(r'[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}')


def is_iban(number):
    """Return whether a number without spaces has the form and the check digits of an IBAN."""
    return bool(_IBAN.fullmatch(number)) and mod_97_10.is_valid(number[4:] + number[:4])


class DistributionPayoutChannel(models.Model):
    _inherit = 'distribution.payout.channel'

    code = fields.Selection(selection_add=[('bank_file', "Bank File")], ondelete={'bank_file': 'set default'})
    file_format = fields.Selection(
        selection=[('csv', "CSV"), ('pain001', "SEPA credit transfer (ISO 20022 pain.001)")],
        default='csv',
        help="SEPA: euro, to accounts with an IBAN, from the IBAN of the bank journal.",
    )

    # === BUSINESS METHODS === #

    def _prepare_bank_file(self, batch, payouts):
        """Return the name and the content of the file that asks a bank for payments.

        :param distribution.payout.batch batch:
        :param distribution.payout payouts: Those that were promised just now.
        :rtype: tuple[str, bytes]
        """
        self.ensure_one()
        base_name = batch.name.replace('/', '-')
        rows = [payout._prepare_bank_file_row() for payout in payouts]
        if self.file_format == 'pain001':
            return f'{base_name}.xml', self._prepare_pain(batch, rows)
        return f'{base_name}.csv', self._prepare_csv(rows)

    def _prepare_csv(self, rows):
        """Return a table in UTF-8, with a mark by which spreadsheets recognize it."""
        digits = self.currency_id.decimal_places
        stream = io.StringIO(newline='')
        writer = csv.writer(stream)
        writer.writerow(CSV_COLUMNS)
        for row in rows:
            row = {**row, 'amount': f"{row['amount']:.{digits}f}"}
            writer.writerow([
                f"'{row[name]}" if row[name].startswith(_FORMULA_BEGINNINGS) else row[name] for name in CSV_COLUMNS])
        return stream.getvalue().encode('utf-8-sig')

    def _prepare_pain(self, batch, rows):
        """Return a credit transfer that fits its schema; the number of each payout is its end-to-end reference."""
        account = self._get_journal().bank_account_id
        if not is_iban(account.sanitized_acc_number or ''):
            raise UserError(self.env._("The bank journal of “%s” has no IBAN.", self.name))
        transfer = SepaTransfer({
            'name': self.company_id.name, 'IBAN': account.sanitized_acc_number, 'currency': 'EUR', 'batch': True,
            **({'BIC': account.bank_id.bic} if account.bank_id.bic else {}),
        }, schema=_PAIN_SCHEMA)
        transfer.msg_id = batch.name
        today = fields.Date.context_today(self)
        for row in rows:
            transfer.add_payment({
                'name': row['holder'], 'IBAN': row['account'], 'execution_date': today,
                'amount': to_minor(row['amount'], self.currency_id), 'description': row['number'],
                'endtoend_id': row['number'],
            })
        return transfer.export(validate=True)

    # === GETTERS === #

    def _get_account_kinds(self):
        """Override: a bank pays to bank accounts."""
        return ['bank'] if self.code == 'bank_file' else super()._get_account_kinds()

    def _get_obstacle(self, withdrawal):
        """Override: SEPA is for euro and IBANs."""
        reason = super()._get_obstacle(withdrawal)
        if reason or self.code != 'bank_file' or self.file_format != 'pain001':
            return reason
        if self.currency_id.name != 'EUR':
            return self.env._("“%s” makes SEPA files, which are for payments in euro.", self.name)
        if not is_iban(withdrawal.account_id._decrypt('number')):
            return self.env._("“%(channel)s” pays to an IBAN, and %(account)s is none.",
                              channel=self.name, account=withdrawal.account_name)
        return None
