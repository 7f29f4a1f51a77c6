{
    'name': "Distribution",
    'version': '19.0.1.0.0',
    'category': 'Sales/Distribution',
    'sequence': 150,
    'summary': "Distributors, levels, referral links and the attribution of orders",
    'author': "Distribution for Odoo",
    'license': 'LGPL-3',
    'application': True,
    'depends': ['sale', 'portal', 'utm', 'mail', 'web_hierarchy'],
    'data': [
        # Security.
        'security/distribution_groups.xml',
        'security/ir.model.access.csv',
        'security/distribution_rules.xml',

        # Record data.
        'data/distribution_policy_data.xml',
        'data/distribution_risk_check_data.xml',
        'data/ir_cron_data.xml',
        'data/distribution_application_mail_data.xml',

        # Wizards.
        'wizard/distribution_attribution_relink_views.xml',
        'wizard/distribution_attribution_replay_views.xml',
        'wizard/distribution_authority_export_views.xml',
        'wizard/distribution_binding_change_views.xml',
        'wizard/distribution_level_grant_views.xml',
        'wizard/distribution_state_change_views.xml',
        'wizard/distribution_upline_change_views.xml',
        'wizard/distribution_reveal_views.xml',
        'wizard/distribution_application_refuse_views.xml',

        # Model views.
        'views/distribution_agreement_views.xml',
        'views/distribution_announcement_views.xml',
        'views/distribution_application_views.xml',
        'views/distribution_distributor_views.xml',
        'views/distribution_level_views.xml',
        'views/distribution_level_run_views.xml',
        'views/distribution_policy_views.xml',
        'views/distribution_link_views.xml',
        'views/distribution_policy_signoff_views.xml',
        'views/distribution_policy_check_views.xml',
        'views/distribution_export_log_views.xml',
        'views/distribution_touch_views.xml',
        'views/distribution_attribution_views.xml',
        'views/distribution_binding_views.xml',
        'views/distribution_territory_views.xml',  # Extends the form of the distributor.
        'views/distribution_risk_views.xml',
        'views/distribution_privacy_views.xml',  # Extends the form of the distributor.
        'views/distribution_privacy_request_views.xml',
        'views/sale_order_views.xml',
        'views/res_partner_views.xml',

        'views/distribution_menus.xml',  # Depends on the actions above.
        'views/distribution_compliance_menus.xml',
    ],
    'external_dependencies': {'python': ['cryptography']},
    'uninstall_hook': 'uninstall_hook',
}
