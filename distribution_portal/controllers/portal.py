from werkzeug.exceptions import NotFound

from odoo.http import request, route
from odoo.tools.misc import babel_locale_parse, get_lang

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

_LATEST = 5
# A list counts no further, so that its page costs the same for any history.
_MOST_LISTED = 2_000
MAX_SEARCH_LENGTH = 80


class DistributionPortal(CustomerPortal):

    # === ROUTES === #

    @route('/my/distribution', type='http', auth='user', website=True, readonly=True)
    def distribution_dashboard(self, **_kwargs):
        """Show what a distributor has earned and what it may earn, and the link that earns more."""
        distributor = self._get_own_distributor()
        return self._render_distribution(
            'distribution_portal.portal_distribution_dashboard', distributor,
            self._prepare_dashboard_values(distributor) if distributor else {})

    @route(
        ['/my/distribution/commissions', '/my/distribution/commissions/page/<int:page>'],
        type='http', auth='user', website=True, readonly=True)
    def distribution_commissions(self, page=1, filterby='all', **_kwargs):
        """List the commissions of the distributor."""
        filters = self._get_commission_filters()
        filterby = filterby if filterby in filters else 'all'
        return self._render_distribution_list(
            'distribution_portal.portal_distribution_commissions',
            'distribution.commission',
            '/my/distribution/commissions',
            page,
            domain=filters[filterby]['domain'],
            url_args={'filterby': filterby},
            distribution_page='commissions',
            searchbar_filters=filters,
            filterby=filterby,
        )

    @route(
        '/my/distribution/commissions/<int:commission_id>',
        type='http', auth='user', website=True, readonly=True)
    def distribution_commission(self, commission_id, **_kwargs):
        """Explain one commission in plain words."""
        distributor = self._get_own_distributor()
        commission = self._find_own('distribution.commission', commission_id, distributor)
        return self._render_distribution('distribution_portal.portal_distribution_commission', distributor, {
            'commission': commission,
            'explanation_lines': commission._get_explanation_lines(),
            'distribution_page': 'commissions',
        })

    @route(
        ['/my/distribution/statements', '/my/distribution/statements/page/<int:page>'],
        type='http', auth='user', website=True, readonly=True)
    def distribution_statements(self, page=1, **_kwargs):
        """List the statements of the distributor, also those that wait for its invoice."""
        return self._render_distribution_list(
            'distribution_portal.portal_distribution_statements',
            'distribution.settlement',
            '/my/distribution/statements',
            page,
            domain=[('state', 'in', ('billed', 'posted'))],
            distribution_page='statements',
        )

    # === HOME === #

    def _prepare_home_portal_values(self, counters):
        """Override of `portal` to show the card to distributors alone."""
        values = super()._prepare_home_portal_values(counters)
        if 'distribution_count' in counters:
            values['distribution_count'] = len(self._get_own_distributor())
        return values

    # === GETTERS === #

    def _prepare_dashboard_values(self, distributor):
        """Return what the overview shows of a distributor: the same number of statements for any history."""
        earnings = distributor._get_earnings()
        return {
            'earnings': earnings,
            'earnings_points': self._get_earnings_points(distributor, earnings),
            'todos': self._get_todos(distributor) if distributor.state == 'active' else [],
            'commissions': request.env['distribution.commission'].search_fetch(
                self._get_own_domain(distributor), limit=_LATEST),
            'distribution_page': 'dashboard',
        }

    @staticmethod
    def _get_earnings_points(distributor, earnings):
        """Return what the chart and its table show of each day: `day`, `amount`, and the amount as `text`.

        :rtype: list[dict]
        """
        locale = babel_locale_parse(get_lang(request.env).code)
        pattern = locale.datetime_skeletons['MMMd']
        # To write an amount takes longer than to look one up, and days are often alike.
        texts = {amount: distributor.currency_id.format(amount) for amount in {amount for _day, amount in earnings.days}}
        return [
            {'day': pattern.apply(day, locale), 'amount': float(amount), 'text': texts[amount]}
            for day, amount in earnings.days]

    def _get_todos(self, distributor):
        """Hook: return what an active distributor should do next: `text`, `url` and `button` of each.

        :rtype: list[dict]
        """
        todos = []
        domain = self._get_own_domain(distributor)
        if distributor.earned_amount > 0:
            accounts_sudo = request.env['distribution.payee.account'].sudo().search_fetch(domain, ['verified_at'])
            if not accounts_sudo:
                todos.append({
                    'text': request.env._("Add the account that you want to be paid to."),
                    'url': '/my/distribution/accounts', 'button': request.env._("Add account")})
            elif not any(account_sudo.verified_at for account_sudo in accounts_sudo):
                todos.append({
                    'text': request.env._("We are verifying your account. Until then nothing can be withdrawn."),
                    'url': '/my/distribution/accounts', 'button': request.env._("See")})
        if request.env['distribution.settlement'].search_count(
                [*domain, ('state', '=', 'billed'), ('invoice_number', '=', False)], limit=1):
            todos.append({
                'text': request.env._("A statement waits for your invoice."),
                'url': '/my/distribution/statements', 'button': request.env._("See")})
        return todos

    def _get_own_distributor(self):
        """Return the distributor that the user is, of the company at hand if there are several.

        :rtype: distribution.distributor
        """
        Distributor = request.env['distribution.distributor']
        if not Distributor.has_access('read'):
            return Distributor
        distributors = Distributor.search_fetch([('partner_id', '=', request.env.user.partner_id.id)])
        return distributors.filtered(lambda own: own.company_id == request.env.company) or distributors[:1]

    def _get_own_domain(self, distributor):
        # The record rules say so for portal users; staff sees everybody's elsewhere, not here.
        return [('distributor_id', '=', distributor.id)]

    @staticmethod
    def _get_categories(records_sudo, domain, name, chosen, order=None):
        """Return the categories of records that are shown, and the one chosen.

        :param Domain domain: Which of the records are shown.
        :param str name: The field of the category.
        :param str|None chosen: An id, as it came from the address.
        :param str|None order: See `sorted`.
        """
        categories_sudo = records_sudo.env[records_sudo._fields[name].comodel_name].union(
            *(category for category, in records_sudo._read_group(domain, [name]))).sorted(order)
        is_id = (chosen or '').isascii() and (chosen or '').isdigit()
        return categories_sudo, categories_sudo.filtered(lambda category: is_id and category.id == int(chosen))

    def _find_own(self, model, record_id, distributor):
        """Return a record of the distributor; whatever else the id belongs to is not found."""
        record = distributor and request.env[model].search([
            ('id', '=', record_id), *self._get_own_domain(distributor)])
        if not record:
            raise NotFound()
        return record

    def _get_commission_filters(self):
        status_field = request.env['distribution.commission']._fields['status']
        return {
            'all': {'label': request.env._("All"), 'domain': []},
            **{
                status: {'label': label, 'domain': [('status', '=', status)]}
                for status, label in status_field._description_selection(request.env)
            },
        }

    # === RENDERING === #

    def _render_distribution(self, template, distributor, values):
        """Render a page of a distributor, or the page for people who are none."""
        values = {
            **self._prepare_portal_layout_values(),
            'page_name': 'distribution',
            'distributor': distributor,
            **(values if distributor else {'distribution_page': 'dashboard'}),
        }
        if not distributor:
            template = 'distribution_portal.portal_distribution_none'
        return request.render(template, values)

    def _render_distribution_list(self, template, model, url, page, domain=(), url_args=None, **values):
        """Render a page of a list of the distributor's own records."""
        distributor = self._get_own_distributor()
        if not distributor:
            return self._render_distribution(template, distributor, values)
        domain = [*self._get_own_domain(distributor), *domain]
        records = request.env[model]
        total = records.search_count(domain, limit=_MOST_LISTED)
        pager = portal_pager(
            url=url,
            total=total,
            page=page,
            step=self._items_per_page,
            url_args=url_args,
        )
        return self._render_distribution(template, distributor, {
            'records': records.search_fetch(domain, limit=self._items_per_page, offset=pager['offset']),
            'pager': pager,
            'default_url': url,
            'is_cut': total == _MOST_LISTED,
            **values,
        })
