{
    'name': "Distribution: eCommerce",
    'version': '19.0.1.0.0',
    'category': 'Sales/Distribution',
    'sequence': 153,
    'summary': "Referral links lead to the shop and count for the cart",
    'author': "Distribution for Odoo",
    'license': 'LGPL-3',
    'depends': ['website_sale', 'distribution_portal'],
    'auto_install': True,
    'data': [
        # Security.
        'security/ir.model.access.csv',
        'security/distribution_website_sale_rules.xml',

        'report/distribution_link_report_views.xml',
        'views/distribution_shop_page_views.xml',
        'views/shop_page_templates.xml',
        'views/product_share_templates.xml',
        'views/distribution_link_views.xml',
        'views/website_sale_templates.xml',
        'views/distribution_plan_views.xml',
    ],
    'assets': {
        'web.assets_frontend': [
            'distribution_website_sale/static/src/**/*',
        ],
        'web.assets_tests': [
            'distribution_website_sale/static/tests/tours/**/*',
        ],
    },
}
