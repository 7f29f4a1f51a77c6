from odoo.addons.payment import reset_payment_provider, setup_provider


def post_init_hook(env):
    """Give each company the payment provider."""
    setup_provider(env, 'wechatpay')


def uninstall_hook(env):
    """Leave nothing of it to the payment providers."""
    reset_payment_provider(env, 'wechatpay')
