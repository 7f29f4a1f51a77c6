{
    'name': "Distribution: Privacy Lookup",
    'version': '19.0.1.0.0',
    'category': 'Sales/Distribution',
    'sequence': 155,
    'summary': "The privacy lookup finds distributors by phone and identity number, and says what law keeps",
    'author': "Distribution for Odoo",
    'license': 'LGPL-3',
    'depends': ['privacy_lookup', 'distribution_core'],
    'auto_install': True,
    'data': [
        'views/privacy_lookup_wizard_views.xml',
    ],
}
