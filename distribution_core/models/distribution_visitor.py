from odoo import api, fields, models


class DistributionVisitor(models.Model):
    """A browser in which a customer has logged in: what was touched there before counts for the customer.

    So a visit on the phone counts for an order on the computer, once logged in on both.

    +------------------+------------------+------+-------+--------+--------+
    | group            | records          | read | write | create | unlink |
    +==================+==================+======+=======+========+========+
    | officer, manager | all              | x    |       |        |        |
    +------------------+------------------+------+-------+--------+--------+
    """
    _name = 'distribution.visitor'
    _description = "Browser of a Customer"
    _order = 'id desc'
    _rec_name = 'visitor'
    _log_access = False

    visitor = fields.Char(string="Visitor (hash)", required=True, readonly=True)
    partner_id = fields.Many2one(
        comodel_name='res.partner', required=True, readonly=True, index=True, ondelete='cascade')
    is_person = fields.Boolean(
        readonly=True, help="Not a browser, which a family may share: customers who have it in common are one person.")
    at = fields.Datetime(string="First Login", required=True, readonly=True)

    _visitor_idx = models.Index('(visitor, partner_id)')

    @api.model
    def _record(self, user):
        """Remember that a user has logged in with the browser of the current web request.

        :param res.users user: Nothing is remembered of employees, nor when the browser was never led here by a link.
        """
        touches = self.env['distribution.touch']
        token = touches._get_visitor_token()
        if not token or not user.share:
            return
        values = {'visitor': touches._get_visitor(token), 'partner_id': user.partner_id.id}
        if not self.search_count([(name, '=', value) for name, value in values.items()], limit=1):
            self.create({**values, 'at': fields.Datetime.now()})
