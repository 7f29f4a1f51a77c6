{
    'name': "Distribution: tests of the whole",
    'version': '19.0.1.0.0',
    'category': 'Hidden/Tests',
    'summary': "Architecture, concurrency and extension points; nothing for production",
    'author': "Distribution for Odoo",
    'license': 'LGPL-3',
    'depends': [
        'distribution_core',
        'distribution_commission',
        'distribution_portal',
        'distribution_wechat',
        'distribution_wechat_delivery',
        'distribution_website_sale',
        'distribution_privacy_lookup',
        'distribution_sale_loyalty',
        'distribution_loyalty',
    ],
}
