from odoo.tests import BaseCase

from odoo.addons.distribution_wechat.wechat import check_push, sign_jssdk, sign_push

# From the documentation of the platform; the last one from a community library.
PUSH = [
    ('AAAAA', '1714036504', '1514711492', 'f464b24fc39322e44b38aa78f5edd27bd1441696'),
    ('AAAAA', '1714037059', '486452656', '899cf89e464efb63f54ddac96b0a0a235f53aa78'),
    ('AAAAA', '1714112445', '415670741', '6c5c811b55cc85e0e1b54100749188c20beb3f5d'),
    ('test', '1410685589', 'test', 'f21891de399b4e33a1a93c9a7b8a8fffb5a443ff'),
]
SAFE_MODE = {
    'token': 'AAAAA',
    'timestamp': '1714112445',
    'nonce': '415670741',
    'encrypted': (
        '+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQq'
        'cvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuM'
        'cp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3'
        'VIYnSeOBrebufAlr7F9mFUPAJGj04='
    ),
}


class TestSignature(BaseCase):

    def test_a_push_is_signed_as_the_platform_does(self):
        for token, timestamp, nonce, signature in PUSH:
            with self.subTest(signature=signature):
                self.assertEqual(sign_push(token, timestamp, nonce), signature)
                self.assertTrue(check_push(signature, token, timestamp, nonce))

    def test_a_message_in_safe_mode_is_signed_as_the_platform_does(self):
        self.assertTrue(check_push('046e02f8204d34f8ba5fa3b1db94908f3df2e9b3', **SAFE_MODE))

    def test_a_push_that_differs_in_anything_is_refused(self):
        token, timestamp, nonce, signature = PUSH[0]
        for attempt in (
            ('', token, timestamp, nonce),
            (None, token, timestamp, nonce),
            (signature.upper(), token, timestamp, nonce),
            (signature[:-1], token, timestamp, nonce),
            ('签名', token, timestamp, nonce),
            (signature, 'BBBBB', timestamp, nonce),
            (signature, token, '1714036505', nonce),
            (signature, token, timestamp, '1514711493'),
            (sign_push('', timestamp, nonce), '', timestamp, nonce),
            (sign_push('', timestamp, nonce), None, timestamp, nonce),
            (sign_push('', timestamp, nonce), False, timestamp, nonce),
        ):
            with self.subTest(attempt=attempt):
                self.assertFalse(check_push(*attempt))

    def test_a_page_is_signed_as_the_platform_does(self):
        ticket = 'sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg'
        for url in ('http://mp.weixin.qq.com?params=value', 'http://mp.weixin.qq.com?params=value#part'):
            with self.subTest(url=url):
                self.assertEqual(
                    sign_jssdk(ticket, 'Wm3WZYTPz0wzccnW', '1414587457', url),
                    '0f9de62fce790f9a083d5c99e95740ceb90c27ed')
