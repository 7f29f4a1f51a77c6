{
    'name': "Distribution: Commission",
    'version': '19.0.1.0.0',
    'category': 'Sales/Distribution',
    'sequence': 151,
    'summary': "Commission plans, ledger, settlement, withdrawal and payout, booked in the journals",
    'author': "Distribution for Odoo",
    'license': 'LGPL-3',
    'depends': ['distribution_core', 'account'],
    'data': [
        # Security.
        'security/distribution_commission_groups.xml',
        'security/ir.model.access.csv',
        'security/distribution_commission_rules.xml',
        'security/distribution_tax_rules.xml',

        # Record data.
        'data/ir_sequence_data.xml',
        'data/distribution_payout_channel_data.xml',
        'data/distribution_risk_check_data.xml',
        'data/distribution_tax_data.xml',
        'data/distribution_cron.xml',
        'data/distribution_plan_cron.xml',
        'data/distribution_settlement_data.xml',
        'data/distribution_books_cron.xml',
        'data/distribution_digest_cron.xml',
        'data/distribution_dispute_mail_data.xml',

        # Wizards.
        'wizard/distribution_settlement_invoice_views.xml',
        'wizard/distribution_period_reopen_views.xml',
        'wizard/distribution_cutoff_views.xml',

        # Model views.
        'views/distribution_plan_views.xml',
        'views/distribution_plan_version_views.xml',
        'views/distribution_plan_simulation_views.xml',
        'views/distribution_policy_views.xml',
        'views/distribution_commission_views.xml',
        'views/distribution_transfer_views.xml',
        'views/distribution_event_views.xml',
        'views/distribution_adjustment_views.xml',
        'views/distribution_write_off_views.xml',
        'views/distribution_shadow_run_views.xml',
        'views/product_category_views.xml',
        'report/distribution_settlement_report.xml',  # Printed from the form of the statement.
        'views/distribution_settlement_views.xml',
        'views/distribution_period_views.xml',
        'views/distribution_dispute_views.xml',
        'views/distribution_books_views.xml',
        'views/distribution_withdrawal_views.xml',
        'views/distribution_payout_views.xml',
        'views/distribution_payout_return_views.xml',
        'views/distribution_payout_channel_views.xml',
        'views/distribution_payout_batch_views.xml',
        'wizard/distribution_withdrawal_request_views.xml',
        'views/distribution_payout_tax_views.xml',  # Extends the views above.
        'views/distribution_tax_scheme_views.xml',
        'views/distribution_distributor_views.xml',
        'views/distribution_distributor_tax_views.xml',  # Extends the view above.
        'views/distribution_level_views.xml',
        'views/distribution_ladder_views.xml',
        'views/res_config_settings_views.xml',
        'views/res_config_settings_tax_views.xml',  # Extends the view above.

        # Wizards.
        'wizard/distribution_tax_export_views.xml',

        # Reports.
        'report/distribution_plan_dossier_report.xml',
        'report/distribution_link_report_views.xml',
        'report/distribution_tax_report_views.xml',
        'report/distribution_tax_slip_report.xml',
        'report/distribution_commission_report_views.xml',
        'report/distribution_unsettled_report_views.xml',
        'report/distribution_payable_report_views.xml',
        'report/distribution_payout_report_views.xml',

        'views/distribution_commission_menus.xml',  # Depends on the actions above.
        'views/distribution_tax_menus.xml',  # Depends on the menus above.
    ],
    'external_dependencies': {'python': ['sepaxml']},
    'post_init_hook': 'post_init_hook',
    'uninstall_hook': 'uninstall_hook',
}
