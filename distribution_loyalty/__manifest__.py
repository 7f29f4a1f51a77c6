{
    'name': "Distribution: Store Credit",
    'version': '19.0.1.0.0',
    'category': 'Sales/Distribution',
    'sequence': 154,
    'summary': "Distributors who want to are paid in store credit: Odoo's eWallet",
    'author': "Distribution for Odoo",
    'license': 'LGPL-3',
    'depends': ['loyalty', 'distribution_commission'],
    'auto_install': True,
    'data': [
        'views/distribution_payout_channel_views.xml',
    ],
}
