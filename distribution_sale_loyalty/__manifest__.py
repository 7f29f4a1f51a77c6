{
    'name': "Distribution: Coupons",
    'version': '19.0.1.0.0',
    'category': 'Sales/Distribution',
    'sequence': 156,
    'summary': "Thanks for a referral by a coupon, when the order is completed",
    'author': "Distribution for Odoo",
    'license': 'LGPL-3',
    'depends': ['distribution_commission', 'sale_loyalty'],
    'auto_install': True,
    'data': [
        # Security.
        'security/ir.model.access.csv',
        'security/distribution_sale_loyalty_rules.xml',

        # Record data.
        'data/distribution_coupon_cron.xml',

        # Model views.
        'views/distribution_coupon_views.xml',
        'views/distribution_plan_version_views.xml',
    ],
}
