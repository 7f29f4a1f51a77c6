from odoo import models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

_MAX_TEXT = 4000
_MAX_MESSAGES = 50


class DistributionDispute(models.Model):
    """What is said about an objection while it is open: messages of its thread, without the notes of staff."""
    _inherit = 'distribution.dispute'

    def _add_message(self, text):
        """Add what the distributor has to say. To be called as the system.

        :param str text:
        :raise UserError: when it says nothing, or nothing can be added any more.
        """
        self.ensure_one()
        if self.state not in ('new', 'acknowledged'):
            raise UserError(self.env._("This objection is answered. Please make a new one."))
        if not text.strip():
            raise UserError(self.env._("Say in a few words what is wrong."))
        if len(self._get_messages()) >= _MAX_MESSAGES:
            raise UserError(self.env._("Please wait until we have answered what is open."))
        self.message_post(
            body=text.strip()[:_MAX_TEXT], author_id=self.distributor_id.partner_id.id, message_type='comment',
            subtype_xmlid='mail.mt_comment')

    def _get_messages(self):
        """Return what the distributor may read of the thread, the first one first.

        :return: at, text and is_own (said by the distributor).
        :rtype: list[dict]
        """
        self.ensure_one()
        dispute_sudo = self.sudo()
        comment = self.env.ref('mail.mt_comment')
        messages_sudo = dispute_sudo.message_ids.filtered(
            lambda message: message.message_type == 'comment' and message.subtype_id == comment
            and not message.is_internal)
        return [{
            'at': message_sudo.date,
            'text': html2plaintext(message_sudo.body).strip(),
            'is_own': message_sudo.author_id == dispute_sudo.distributor_id.partner_id,
        } for message_sudo in messages_sudo.sorted('id')]
