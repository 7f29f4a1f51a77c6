from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, split_every

_AT_ONCE = 100


class DistributionDistributor(models.Model):
    """One mail a day about what happened the day before, of the topics that a distributor wants to be told of."""
    _inherit = 'distribution.distributor'

    told_day = fields.Date(
        string="Told of", readonly=True, copy=False, groups='distribution_core.group_distribution_user',
        help="The last day of which the distributor was told by mail.")

    # === BUSINESS METHODS === #

    @api.model
    def _cron_tell(self):
        """Tell of yesterday, in each company's calendar; running again tells nobody twice."""
        for company in self.env['res.company'].search([]):  # pylint: disable=no-search-all
            day = company._distribution_get_today() - timedelta(days=1)
            news = self._get_news(company, day)
            self.env['ir.cron']._commit_progress(remaining=len(news))
            for ids in split_every(_AT_ONCE, news):
                self.browse(ids)._tell(day, news)
                self.env['ir.cron']._commit_progress(len(ids))

    def _tell(self, day, news):
        """Mail each of these what is new, in its language.

        :param date day:
        :param dict news: See :meth:`_get_news`.
        """
        for distributor in self:
            distributor = distributor.with_context(lang=distributor.partner_id.lang)
            lines = [distributor._get_news_text(topic, count, amount) for topic, count, amount in news[distributor.id]]
            url = f'{distributor.get_base_url()}/my/distribution'
            distributor._inform(
                distributor.env._("News of your referral sales"),
                Markup('<p>{}</p><p><a href="{}">{}</a></p>').format(
                    Markup('<br/>').join(lines), url, distributor.env._("See your pages")))
        self.told_day = day

    # === GETTERS === #

    @api.model
    def _get_news(self, company, day):
        """Return what happened on a day to those who want to know it and were not told yet: one statement.

        :return: By id of the distributor: topic, how often, and the amount.
        :rtype: dict[int, list[tuple[str, int, float]]]
        """
        self.env.flush_all()
        settings = self.env['distribution.notification.setting']
        defaults = [
            topic for topic, _label in settings._fields['topic'].selection if settings._is_wanted_by_default(topic, 'mail')]
        since, until = (company._distribution_get_beginning(day + timedelta(days=number)) for number in (0, 1))
        rows = self.env.execute_query(SQL(
            """
            SELECT n.distributor_id, n.kind, n.count, n.amount
              FROM (%(news)s) n
              JOIN distribution_distributor d ON d.id = n.distributor_id AND d.state IN ('active', 'suspended')
               AND (d.told_day IS NULL OR d.told_day < %(day)s)
         LEFT JOIN distribution_notification_setting s
                ON s.distributor_id = d.id AND s.topic = n.topic AND s.channel = 'mail'
             WHERE COALESCE(s.is_wanted, n.topic = ANY(%(defaults)s))
          ORDER BY n.distributor_id, n.kind
            """, news=self._get_news_sql(company, since, until), day=day, defaults=defaults))
        news = {}
        for distributor_id, kind, count, amount in rows:
            news.setdefault(distributor_id, []).append((kind, count, amount))
        return news

    @api.model
    def _get_news_sql(self, company, since, until):
        """Return `distributor_id`, `topic`, `kind`, `count` and `amount` of what happened in [since, until)."""
        return SQL(
            """
            SELECT distributor_id, 'commission' AS topic, 'commission' AS kind, COUNT(*) AS count,
                   SUM(earned_amount) AS amount
              FROM distribution_commission
             WHERE company_id = %(company)s AND created_at >= %(since)s AND created_at < %(until)s AND earned_amount > 0
          GROUP BY distributor_id
         UNION ALL
            SELECT distributor_id, CASE reason WHEN 'maturity' THEN 'available' ELSE 'withdrawal' END, reason, COUNT(*),
                   SUM(amount)
              FROM distribution_transfer
             WHERE company_id = %(company)s AND posted_at >= %(since)s AND posted_at < %(until)s
               AND reason IN ('maturity', 'payout', 'release')
          GROUP BY distributor_id, reason
         UNION ALL
            SELECT distributor_id, 'level', 'level', COUNT(*), 0
              FROM distribution_level_history
             WHERE company_id = %(company)s AND from_at >= %(since)s AND from_at < %(until)s
               AND source IN ('manual', 'run')
          GROUP BY distributor_id
            """, company=company.id, since=since, until=until)

    def _get_news_text(self, kind, count, amount):
        """Return a piece of news in words."""
        self.ensure_one()
        money = self.currency_id.format(amount)
        return {
            'commission': self.env._("New commissions: %(count)s, %(amount)s", count=count, amount=money),
            'maturity': self.env._("Became available: %s. It goes into your next statement.", money),
            'payout': self.env._("Paid out: %s", money),
            'release': self.env._("Not paid out, and yours to withdraw again: %s", money),
            'level': self.env._("Your level is now: %s", self.level_id.name or "–"),
        }[kind]
