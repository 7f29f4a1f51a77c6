from odoo import fields, models


class DistributionMaterialCategory(models.Model):
    """A heading of the material library.

    +------------------+------------------------------+------+-------+--------+--------+
    | group            | records                      | read | write | create | unlink |
    +==================+==============================+======+=======+========+========+
    | officer          | own companies' and shared    | x    | x     | x      | x      |
    +------------------+------------------------------+------+-------+--------+--------+
    """
    _name = 'distribution.material.category'
    _description = "Category of Sharing Material"
    _order = 'sequence, name, id'

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(comodel_name='res.company', index='btree_not_null', help="Empty: all companies.")
