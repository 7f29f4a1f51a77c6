from odoo import fields, models


class DistributionMaterialTag(models.Model):
    """A word by which material is found.

    +------------------+---------+------+-------+--------+--------+
    | group            | records | read | write | create | unlink |
    +==================+=========+======+=======+========+========+
    | officer          | all     | x    | x     | x      | x      |
    +------------------+---------+------+-------+--------+--------+
    """
    _name = 'distribution.material.tag'
    _description = "Tag of Sharing Material"
    _order = 'name'

    name = fields.Char(required=True, translate=True)
    color = fields.Integer()

    _name_uniq = models.UniqueIndex('(name)', "There is such a tag already.")
