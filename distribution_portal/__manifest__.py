{
    'name': "Distribution: Portal",
    'version': '19.0.1.0.0',
    'category': 'Sales/Distribution',
    'sequence': 152,
    'summary': "Referral links, and the pages of a distributor: commissions, statements, withdrawals",
    'author': "Distribution for Odoo",
    'license': 'LGPL-3',
    'depends': ['distribution_commission'],
    'external_dependencies': {'python': ['jsonschema']},
    'data': [
        # Security.
        'security/ir.model.access.csv',
        'security/distribution_share_rules.xml',

        # Record data.
        'data/distribution_poster_data.xml',

        # Model views.
        'views/distribution_poster_views.xml',
        'views/distribution_material_views.xml',
        'views/product_views.xml',
        'views/distribution_share_menus.xml',  # Depends on the actions above.

        # QWeb templates.
        'views/portal_templates.xml',
        'views/portal_dashboard_templates.xml',
        'views/portal_earnings_templates.xml',
        'views/portal_commission_templates.xml',
        'views/portal_withdrawal_templates.xml',
        'views/portal_account_templates.xml',
        'views/portal_tax_templates.xml',
        'views/portal_review_templates.xml',
        'views/portal_statement_templates.xml',
        'views/portal_team_templates.xml',
        'views/portal_ranking_templates.xml',
        'views/portal_message_templates.xml',
        'views/portal_preview_templates.xml',
        'views/distribution_distributor_views.xml',
        'views/portal_dispute_templates.xml',
        'views/portal_link_templates.xml',
        'views/portal_product_templates.xml',
        'views/portal_material_templates.xml',
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
