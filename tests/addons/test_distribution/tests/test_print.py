import io

from PyPDF2 import PdfReader

from odoo.tests import HttpCase, tagged


@tagged('post_install', '-at_install', 'distribution_e2e')
class TestPrint(HttpCase):
    """Documents can be printed where this runs: with header and footer, Chinese text and bar codes."""

    def test_a_report_has_header_footer_chinese_text_and_page_numbers(self):
        self.env.company.write({'name': "山茶小铺", 'report_footer': "客服电话 400"})
        partner = self.env['res.partner'].create({'name': "王小明"})
        order = self.env['sale.order'].create({
            'partner_id': partner.id,
            'order_line': [
                (0, 0, {'display_type': 'line_note', 'name': f"第 {number} 行:明前龙井"}) for number in range(1, 121)
            ],
        })
        pdf, kind = self.env['ir.actions.report'].with_context(force_report_rendering=True)._render_qweb_pdf(
            'sale.action_report_saleorder', order.ids)
        self.assertEqual(kind, 'pdf')
        # Without blanks: where a font changes within a line, the reader sees one.
        pages = ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]
        self.assertGreater(len(pages), 1)
        self.assertIn("王小明", pages[0])
        self.assertIn("第120行:明前龙井", pages[-1])
        for number, page in enumerate(pages, start=1):
            with self.subTest(page=number):
                self.assertIn("400", page)
                self.assertRegex(page, rf"Page{number}/{len(pages)}")

    def test_qr_and_bar_codes_are_drawn(self):
        for kind, value in [('QR', 'https://example.com/d/ABCD2345'), ('Code128', 'SO0001')]:
            with self.subTest(kind):
                png = self.env['ir.actions.report'].barcode(kind, value, width=200, height=200)
                self.assertEqual(png[:8], b'\x89PNG\r\n\x1a\n')
                self.assertGreater(len(png), 200)
