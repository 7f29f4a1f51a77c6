{
    'name': "Distribution: Job Queue",
    'version': '19.0.1.0.0',
    'category': 'Sales/Distribution',
    'sequence': 157,
    'summary': "Many workers on many machines bring commissions up to date",
    'author': "Distribution for Odoo",
    'license': 'LGPL-3',
    'depends': ['distribution_commission', 'queue_job'],
    'auto_install': True,
    'data': [
        'data/queue_job_data.xml',
    ],
}
