{
    'name': "Distribution: Portal",
    'version': '19.0.1.0.0',
    'category': 'Sales/Distribution',
    'sequence': 152,
    'summary': "Referral links, and the pages of a distributor: commissions, statements, withdrawals",
    'author': "Distribution for Odoo",
    'license': 'LGPL-3',
    'depends': ['distribution_commission'],
    'data': [
        'views/portal_templates.xml',
        'views/portal_dashboard_templates.xml',
        'views/portal_commission_templates.xml',
        'views/portal_withdrawal_templates.xml',
        'views/portal_account_templates.xml',
        'views/portal_review_templates.xml',
        'views/portal_link_templates.xml',
        'views/portal_privacy_templates.xml',
        'views/distribution_apply_templates.xml',
        'views/distribution_agreement_templates.xml',
        'views/distribution_rules_templates.xml',
        'views/portal_membership_templates.xml',
    ],
    'assets': {
        'web.assets_frontend': [
            'distribution_portal/static/src/**/*',
        ],
    },
}
