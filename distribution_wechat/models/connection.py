"""What the tests of a connection have in common, of an account and of a merchant."""
from odoo import fields


def report_connection(record, message, is_good):
    """Keep what came of a test, and say it.

    :param record: Of a model with `connected_at` and `connection_error`.
    :param str message:
    :param bool is_good:
    :return: An action.
    :rtype: dict
    """
    record.write(
        {'connected_at': fields.Datetime.now(), 'connection_error': False} if is_good
        else {'connection_error': message})
    return {
        'type': 'ir.actions.client',
        'tag': 'display_notification',
        'params': {
            'type': 'success' if is_good else 'danger',
            'message': message,
            'sticky': not is_good,
            'next': {'type': 'ir.actions.client', 'tag': 'soft_reload'},
        },
    }
