{
    'name': "Distribution: WeChat Deliveries",
    'version': '19.0.1.0.0',
    'category': 'Sales/Distribution',
    'sequence': 156,
    'summary': "Tells WeChat the consignments of what was bought in a mini program",
    'author': "Distribution for Odoo",
    'license': 'LGPL-3',
    'depends': ['distribution_wechat', 'stock_delivery'],
    'auto_install': True,
    'data': [
        'views/delivery_carrier_views.xml',
    ],
}
