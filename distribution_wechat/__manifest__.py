{
    'name': "Distribution: WeChat",
    'version': '19.0.1.0.0',
    'category': 'Sales/Distribution',
    'sequence': 154,
    'summary': "Connect official accounts and mini programs",
    'author': "Distribution for Odoo",
    'license': 'LGPL-3',
    'depends': ['distribution_portal', 'account_payment'],
    'data': [
        'security/ir.model.access.csv',
        'security/distribution_wechat_rules.xml',

        'data/ir_cron_data.xml',
        'data/ir_cron_pay_data.xml',
        'data/ir_cron_statement_data.xml',
        'data/ir_cron_sharing_data.xml',

        'views/distribution_wechat_account_templates.xml',
        'views/distribution_wechat_join_views.xml',
        'views/distribution_wechat_login_templates.xml',
        'views/distribution_wechat_message_views.xml',
        'views/distribution_wechat_notice_views.xml',
        'views/distribution_wechat_qr_views.xml',
        'views/distribution_wechat_share_templates.xml',
        'views/distribution_wechat_shipping_views.xml',
        'views/distribution_wechat_template_views.xml',
        'views/distribution_wechat_identity_views.xml',
        'views/distribution_wechat_account_views.xml',  # Depends on the actions above.
        'views/distribution_wechat_statement_views.xml',
        'views/distribution_wechat_statement_difference_views.xml',
        'views/distribution_wechat_merchant_views.xml',
        'views/distribution_wechat_statement_merchant_views.xml',
        'views/distribution_wechat_callback_views.xml',
        'views/distribution_wechat_authorization_views.xml',
        'views/distribution_wechat_bill_views.xml',
        'views/distribution_wechat_sharing_views.xml',
        'views/distribution_payout_views.xml',
        'views/portal_wechat_transfer_templates.xml',
        'views/distribution_wechat_pay_menus.xml',  # Depends on the actions above.
        'views/distribution_wechat_statement_menus.xml',  # Depends on the actions above.
        'views/payment_wechatpay_templates.xml',
        'views/payment_provider_views.xml',
        'views/payment_transaction_views.xml',
        'wizard/distribution_wechat_abnormal_refund_views.xml',

        'data/payment_provider_data.xml',  # Depends on `redirect_form`.
        'views/distribution_wechat_menus.xml',  # Depends on the actions above.
    ],
    'post_init_hook': 'post_init_hook',
    'uninstall_hook': 'uninstall_hook',
    'assets': {
        'web.assets_frontend': [
            'distribution_wechat/static/src/**/*',
        ],
    },
}
