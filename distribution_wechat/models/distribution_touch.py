from odoo import api, models


class DistributionTouch(models.Model):
    _inherit = 'distribution.touch'

    @api.model
    def _record_scan(self, account, openid, scene, at):
        """Append the touch of somebody who scanned a code in WeChat, where there is no browser.

        The visitor becomes known as a customer at the first login, as a browser does. Who meets itself,
        and codes that lead to nobody of the company, leave nothing.

        :param distribution.wechat.account account:
        :param str openid:
        :param str scene: The code of a link, or a personal one.
        :param datetime at: When it happened: the order of events in the queue says nothing.
        :rtype: distribution.touch
        """
        referral = self.env['distribution.link']._resolve(scene)
        identities = self.env['distribution.wechat.identity']
        partner = identities._find(account, openid).partner_id
        if not referral or not referral.counts or referral.company_id != account.company_id.id:
            return self.browse()
        if partner and partner.id == referral.partner_id:
            return self.browse()
        return self.create({
            'distributor_id': referral.distributor_id,
            'company_id': referral.company_id,
            'link_id': referral.link_id,
            'kind': 'scan',
            'at': at,
            'visitor': identities._get_visitor(account, openid),
            'partner_id': partner.id,
        })
