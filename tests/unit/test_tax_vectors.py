"""The figures of China that an accountant worked out by hand: tests/unit/vectors/tax_cn.json."""
import doctest
import json
from decimal import Decimal
from pathlib import Path

import pytest

import distribution_tax
from distribution_tax import (
    METHODS,
    PPM,
    Bracket,
    Month,
    Table,
    decide,
    get_quick_deductions,
    gross_up,
    settle_year,
    split_vat,
    withhold,
)

VECTORS = json.loads((Path(__file__).parent / 'vectors' / 'tax_cn.json').read_text())


def minor(text):
    return int(Decimal(text) * 100)


def ppm(text):
    return int(Decimal(text) * PPM)


def read_brackets(name):
    """The file gives the upper bounds of the brackets; we keep the lower ones."""
    rows, above = [], 0
    for upper, rate, _quick in VECTORS['tables'][name]:
        rows.append(Bracket(above, ppm(rate)))
        above = minor(upper) if upper else None
    return tuple(rows)


LABOUR = Table(read_brackets('table2_labour'), 200_000, expense_fixed=80_000, expense_fixed_until=400_000)
CUMULATIVE = Table(read_brackets('table1_cumulative'), 200_000, deduction=500_000)
NONRESIDENT = Table(read_brackets('table3_nonresident_monthly'), 200_000)


@pytest.mark.parametrize('name', VECTORS['tables'])
def test_quick_deductions_follow_from_the_brackets(name):
    expected = [minor(quick) * PPM for _upper, _rate, quick in VECTORS['tables'][name]]
    assert get_quick_deductions(read_brackets(name)) == expected


@pytest.mark.parametrize(('method', 'table', 'row'), [
    *(('labour', LABOUR, row) for row in VECTORS['A_labour_once']),
    *(('nonresident', NONRESIDENT, row) for row in VECTORS['F_nonresident']),
], ids=lambda value: value['income'] if isinstance(value, dict) else '')
def test_one_payment(method, table, row):
    income = minor(row['income'])
    result = withhold(METHODS[method], table, [Month()], income)
    assert result.tax == result.due.tax == minor(row['tax'])
    assert income - result.tax == minor(row['net'])
    assert result.due[1:4] == (minor(row['taxable']), ppm(row['rate']), minor(row['quick']))


@pytest.mark.parametrize('case', VECTORS['B_labour_same_month_merge'], ids=lambda case: '+'.join(case['payments']))
def test_payments_of_one_month_are_one(case):
    month = Month()
    for row in case['rows']:
        result = withhold(METHODS['labour'], LABOUR, [month], minor(row['payment']))
        month = Month(result.income, month.withheld + result.tax)
        assert (result.income, result.due.tax, result.tax) == (
            minor(row['cum_income']), minor(row['tax_due_cum']), minor(row['withhold_now']))
    assert month.withheld == minor(case['month_tax'])


@pytest.mark.parametrize('case', [
    *VECTORS['C_platform_cumulative'].values(), *VECTORS['C2_gap_policies'].values(),
], ids=[*VECTORS['C_platform_cumulative'], *VECTORS['C2_gap_policies']])
def test_cumulative(case):
    table, months = CUMULATIVE._replace(gap_policy=case['gap_policy']), []
    for row, exempt, other in zip(case['rows'], case['exempt'], case['other'], strict=True):
        month = Month(exempt=minor(exempt), other=minor(other))
        result = withhold(METHODS['cumulative'], table, [*months, month], minor(row['income']))
        months.append(month._replace(income=minor(row['income']), withheld=result.tax))
        assert result.income == minor(row['cum_income'])
        assert result.due.months == row['months_counted']
        assert result.due.base == minor(row['cum_taxable'])
        assert result.due.tax == minor(row['cum_tax'])
        assert result.tax == minor(row['withhold_now'])
        assert result.before + result.tax == minor(row['cum_withheld'])
        assert minor(row['income']) - result.tax == minor(row['net'])
    assert sum(month.withheld for month in months) == minor(case['total_withheld'])


@pytest.mark.parametrize('case', VECTORS['D_vat_inclusive_natural_person'], ids=lambda case: case['amount_incl'])
def test_vat_of_a_natural_person(case):
    amount = minor(case['amount_incl'])
    vat, income = split_vat(amount, minor(case['threshold']), ppm(case['rate']))
    assert (vat, income) == (minor(case['vat']), minor(case['pit_income']))
    assert bool(vat) == case['taxable']
    sales = amount - split_vat(amount, 0, ppm(case['rate']))[0]
    assert sales == minor(case['sales_excl_for_test'])
    assert withhold(METHODS['labour'], LABOUR, [Month()], income).tax == minor(case['pit_once'])


@pytest.mark.parametrize('case', VECTORS['E_enterprise_payees'], ids=lambda case: case['payee'])
def test_businesses_are_paid_against_their_invoice(case):
    kind = 'company' if case['payee'].startswith('company') else 'sole_trader'
    decision = decide(kind, has_invoice=case['payee'].endswith('_with_invoice'))
    assert decision.payee == kind
    assert decision.may_pay == (case['pay'] is not None)
    if decision.may_pay:
        tax = withhold(METHODS['none'], Table(), [Month()], minor(case['commission'])).tax
        assert (tax, minor(case['commission']) - tax) == (minor(case['withheld']), minor(case['pay']))


@pytest.mark.parametrize(('facts', 'payee', 'may_pay'), [
    ({'kind': 'individual'}, 'individual', True),
    ({'kind': 'individual', 'is_platform': True}, 'platform', True),
    ({'kind': 'individual', 'is_resident': False, 'is_platform': True}, 'nonresident', True),
    ({'kind': 'employee'}, 'employee', False),
])
def test_persons_are_taxed_by_residence_and_by_who_pays_them(facts, payee, may_pay):
    assert decide(**facts) == (payee, may_pay)


@pytest.mark.parametrize('case', VECTORS['G_annual_settlement'], ids=lambda case: case['gross_labour'])
def test_annual_settlement(case):
    due, balance = settle_year(
        CUMULATIVE, minor(case['gross_labour']), minor(case['prepaid']), minor(case['extra_deductions']))
    assert (due.base, due.tax, balance) == (
        minor(case['taxable']), minor(case['annual_tax']), minor(case['balance']))


@pytest.mark.parametrize('case', VECTORS['H_gross_up'], ids=lambda case: case['net'])
def test_gross_up(case):
    gross = gross_up(METHODS['labour'], LABOUR, minor(case['net']))
    tax = withhold(METHODS['labour'], LABOUR, [Month()], gross).tax
    assert (gross, tax, gross - tax) == (minor(case['gross']), minor(case['tax']), minor(case['check_net']))


def test_twelve_equal_months_of_the_cumulative_method_are_the_annual_tax():
    months = []
    for _month in range(12):
        result = withhold(METHODS['cumulative'], CUMULATIVE, [*months, Month()], 3_000_000)
        months.append(Month(3_000_000, result.tax))
    assert sum(month.withheld for month in months) == 2_868_000
    assert settle_year(CUMULATIVE, 36_000_000, 2_868_000)[1] == 0


def test_the_examples_of_the_docstrings():
    for module in (distribution_tax.brackets, distribution_tax.methods.cumulative):
        assert doctest.testmod(module).failed == 0
