import base64
import csv
import hashlib
import io

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import DistributionCommon

IBANS = ('DE75512108001245126199', 'FR7630006000011234567890189')


@tagged('post_install', '-at_install')
class TestPayoutBankFile(DistributionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_payable(quantity=10)      # the seller may withdraw 100, the upline 50
        cls.bank_file = cls.env['distribution.payout.channel'].create({
            'name': "Our bank", 'code': 'bank_file', 'sequence': 1})
        cls.company.distribution_withdrawal_fee_fixed = 0.5

    def _approve(self, distributor, amount):
        withdrawal = distributor._request_withdrawal(amount)
        withdrawal.channel_id = self.bank_file
        withdrawal.action_approve()
        return withdrawal.payout_ids

    def _collect(self, payouts):
        return self.env['distribution.payout.batch'].browse(payouts.action_collect()['res_id'])

    def _make(self, batch):
        """Press the button, and return the content of the file."""
        with self.enter_registry_test_mode():
            batch.action_make_file()
        return self._read(batch)

    def _read(self, batch):
        with self.enter_registry_test_mode():
            batch.invalidate_recordset(['file'])
            return base64.b64decode(batch.file)

    def _count_reveals(self, *names):
        return self.env['distribution.privacy.log'].sudo().search_count([
            ('action', '=', 'reveal'), ('field_name', 'in', names)])

    def test_a_file_asks_for_the_net_amounts_and_promises_them(self):
        payouts = self._approve(self.seller, 30.0) | self._approve(self.upline, 20.25)
        batch = self._collect(payouts)
        self.assertRecordValues(batch, [{'state': 'draft', 'amount': 49.25, 'open_count': 2, 'file_digest': False}])
        before = self._count_reveals('holder_name', 'number')
        content = self._make(batch)
        self.assertEqual(self._count_reveals('holder_name', 'number') - before, 4)
        rows = list(csv.reader(io.StringIO(content.decode('utf-8-sig'))))
        self.assertEqual(rows, [
            ['number', 'holder', 'account', 'bank', 'amount', 'currency'],
            *(
                [payout.name, "张三丰", f'62220212{payout.distributor_id.id:08}', "ICBC", amount, self.company.currency_id.name]
                for payout, amount in zip(payouts.sorted('id'), ('29.50', '19.75'), strict=True)
            ),
        ])
        self.assertEqual(payouts.mapped('state'), ['sent', 'sent'])
        self.assertRecordValues(batch, [{
            'state': 'sent', 'open_count': 2, 'file_digest': hashlib.sha256(content).hexdigest()}])

    def test_the_file_is_made_once_kept_encrypted_and_each_taking_is_written_down(self):
        batch = self._collect(self._approve(self.seller, 30.0))
        content = self._make(batch)
        before = self._count_reveals('holder_name', 'number'), self._count_reveals('content')
        self.assertEqual(self._make(batch), content)
        self.assertEqual(
            (self._count_reveals('holder_name', 'number'), self._count_reveals('content')), (before[0], before[1] + 1))
        self.env.cr.execute("SELECT * FROM distribution_payout_batch WHERE id = %s", [batch.id])
        self.assertNotIn(f'62220212{self.seller.id:08}', str(self.env.cr.fetchall()))
        self.assertFalse(batch.content)
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        with self.assertRaises(AccessError):
            batch.with_user(officer).read(['file'])
        with self.assertRaises(AccessError):
            batch.with_user(officer).action_make_file()
        with self.assertRaisesRegex(UserError, "is kept"):
            batch.unlink()

    def test_the_bank_answers_for_each_line(self):
        payouts = self._approve(self.seller, 30.0) | self._approve(self.upline, 20.0)
        batch = self._collect(payouts)
        with self.assertRaisesRegex(UserError, "Put these into a bank file"):
            payouts.action_send()
        self._make(batch)
        payouts[0].action_mark_failed()
        batch.action_mark_done()
        self.assertEqual(payouts.mapped('state'), ['failed', 'done'])
        self.assertEqual(batch.open_count, 0)
        self.assertBalances(self.seller, merchant=-100, payable=100)
        self.assertBalances(self.upline, merchant=-50, payable=30, paid=19.5, fee=0.5)

    def test_what_was_taken_back_or_taken_out_is_not_in_the_file(self):
        stays, back, out = (self._approve(self.seller, amount) for amount in (10.0, 20.0, 30.0))
        batch = self._collect(stays | back | out)
        out.action_leave_batch()
        back.withdrawal_id._cancel_by_distributor()
        content = self._make(batch).decode('utf-8-sig')
        self.assertIn(stays.name, content)
        self.assertNotIn(back.name, content)
        self.assertNotIn(out.name, content)
        self.assertEqual(out.state, 'draft')
        with self.assertRaisesRegex(UserError, "made already"):
            stays.action_leave_batch()

    def test_nothing_is_promised_when_one_must_not_be_paid(self):
        payouts = self._approve(self.seller, 10.0) | self._approve(self.upline, 10.0)
        batch = self._collect(payouts)
        self.upline._set_suspended("Review")
        with self.assertRaisesRegex(UserError, f"{payouts[1].name}.*under review"), self.env.cr.savepoint():
            self._make(batch)
        self.assertEqual(payouts.mapped('state'), ['draft', 'draft'])
        self.assertEqual(batch.state, 'draft')

    def test_a_cell_is_no_formula(self):
        self.seller.payee_account_ids.sudo().bank_name = '=1+1'
        self.seller.payee_account_ids.action_verify()
        content = self._make(self._collect(self._approve(self.seller, 10.0)))
        self.assertIn("'=1+1", content.decode('utf-8-sig'))

    def test_a_sepa_file_fits_its_schema_and_names_each_payout(self):
        self.bank_file.file_format = 'pain001'
        with self.assertRaisesRegex(UserError, "payments in euro"):
            self._approve(self.seller, 10.0)
        company = self._make_euro_company()
        payout = self._approve(self.seller, 10.0)
        content = self._make(self._collect(payout))     # sepaxml checks it against the schema
        root = etree.fromstring(content)
        texts = {etree.QName(node).localname: node.text for node in root.iter() if not len(node)}
        self.assertEqual(texts['EndToEndId'], payout.name)
        self.assertEqual(texts['InstdAmt'], '9.50')
        self.assertEqual(texts['CtrlSum'], '9.50')
        self.assertEqual(texts['Nm'].strip(), 'Zhang San Feng')
        self.assertIn(IBANS[0], content.decode())
        self.assertIn(IBANS[1], content.decode())
        self.assertEqual(company.currency_id.name, 'EUR')

    def _make_euro_company(self):
        """Let the company count in euro: the ledger is in its currency already, whatever it is called."""
        self.env.ref('base.EUR').active = True
        self.env.cr.execute("UPDATE res_company SET currency_id = %s WHERE id = %s", [
            self.env.ref('base.EUR').id, self.company.id])
        self.env.invalidate_all()
        self.bank_file._get_journal().bank_account_id = self.env['res.partner.bank'].create({
            'acc_number': IBANS[0], 'partner_id': self.company.partner_id.id})
        with self.assertRaisesRegex(UserError, "is none"):
            self._approve(self.seller, 10.0)
        self.seller.payee_account_ids.number = IBANS[1]
        self.seller.payee_account_ids.action_verify()
        return self.company

    def _create_statement_line(self, amount, text):
        return self.env['account.bank.statement.line'].create({
            'journal_id': self.bank_file._get_journal().id, 'amount': amount, 'payment_ref': text,
            'date': fields.Date.today()})

    def test_a_bank_statement_says_what_was_paid(self):
        paid, other = self._approve(self.seller, 30.0), self._approve(self.upline, 30.0)
        batch = self._collect(paid | other)
        self._make(batch)
        wrong = [
            self._create_statement_line(-29.5, f"Transfer {paid.name}1"),       # another number
            self._create_statement_line(-29.0, f"Transfer {paid.name}"),        # another amount
            self._create_statement_line(29.5, f"Transfer {paid.name}"),         # money that came in
        ]
        batch.action_match_statement()
        self.assertEqual((paid | other).mapped('state'), ['sent', 'sent'])
        line = self._create_statement_line(-29.5, f"Transfer {paid.name}, thank you")
        batch.action_match_statement()
        self.assertEqual((paid | other).mapped('state'), ['done', 'sent'])
        self.assertTrue(line.is_reconciled)
        self.assertFalse(any(line.is_reconciled for line in wrong))
        self.assertTrue(paid.payment_id.is_matched)
        self.assertEqual(line.line_ids.matched_debit_ids.debit_move_id.move_id | line.line_ids.matched_credit_ids
                         .credit_move_id.move_id, paid.payment_id.move_id)
        batch.action_match_statement()      # nothing is left to do
        self.assertBalances(self.seller, merchant=-100, payable=70, paid=29.5, fee=0.5)

    def test_a_statement_matches_what_was_marked_as_paid_before(self):
        payout = self._approve(self.seller, 30.0)
        self._make(self._collect(payout))
        payout.action_mark_done()
        line = self._create_statement_line(-29.5, payout.name)
        payout.action_match_statement()
        self.assertTrue(line.is_reconciled)
        self.assertTrue(payout.payment_id.is_matched)
