import time

from odoo import fields, models
from odoo.tools import format_amount

from ..wechat import prepare_reply


class DistributionWechatAccount(models.Model):
    """What the account answers to people who write to it, or press its menu."""
    _inherit = 'distribution.wechat.account'

    link_keyword = fields.Char(
        string="Word for the Link", default="我的链接", help="Who writes this gets the own promotion link.")
    commission_keyword = fields.Char(
        string="Word for the Commission", default="我的佣金", help="Who writes this gets the own amounts.")
    welcome = fields.Text(
        translate=True,
        help="What new followers are told. Promise nothing for following or sharing: the platform punishes it.")

    # === BUSINESS METHODS === #

    def _answer(self, message):
        """Return what the platform shows to who sent a message; empty: nothing.

        :param Message message:
        :rtype: str
        """
        self.ensure_one()
        text = self._get_answer(message)
        if not text:
            return ''
        keys = self._get_aes_keys()
        return prepare_reply(
            message, text, self._decrypt('token'), self.app_id, keys[0] if keys else None, int(time.time()))

    # === GETTERS === #

    def _get_answer(self, message):
        if message.event == 'subscribe':
            return self.welcome or ''
        wanted = message.event_key if message.event == 'click' else message.content.strip()
        kinds = {
            'my_link': '_get_link_text', self.link_keyword: '_get_link_text',
            'my_commission': '_get_commission_text', self.commission_keyword: '_get_commission_text'}
        if not wanted or wanted not in kinds:
            return ''
        identity = self.env['distribution.wechat.identity']._find(self, message.openid)
        distributor = identity._get_distributor()
        speaker = distributor.with_context(lang=distributor.partner_id.lang or self._get_lang())
        if not distributor:
            return speaker.env._("You are not known as a distributor here yet. Log in: %s", self._get_portal_url())
        return getattr(self, kinds[wanted])(speaker)

    def _get_link_text(self, distributor):
        url = f'{distributor.get_base_url()}/d/{distributor.code}'
        return distributor.env._("Your promotion link: %s", url)

    def _get_commission_text(self, distributor):
        """Return the amounts of a distributor, as its page says them."""
        fields_ = distributor._fields
        lines = [
            f"{fields_[name]._description_string(distributor.env)}: "
            f"{format_amount(distributor.env, distributor[name], distributor.currency_id)}"
            for name in ('pending_amount', 'available_amount', 'payable_amount')]
        return '\n'.join([*lines, self._get_portal_url()])

    def _get_portal_url(self):
        return f'{self.get_base_url()}/my/distribution'

    def _get_lang(self):
        return self.company_id.partner_id.lang
