import { Interaction } from "@web/public/interaction";
import { browser } from "@web/core/browser/browser";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { isInMiniProgram, openMiniPage } from "@distribution_wechat/wechat_mini";

const POLL_MS = 3000;

/**
 * Has a payment made in the way that this browser can: WeChat's own sheet, the app on the phone, or a code
 * to scan. Whether it was made is asked of the server, never of the browser.
 */
export class Wechatpay extends Interaction {
    static selector = ".o_wechatpay";
    dynamicContent = {
        "button[name=wechatpay_pay]": { "t-on-click": this.onPay },
    };

    setup() {
        const { reference, accessToken, way } = this.el.dataset;
        this.params = { reference, access_token: accessToken };
        this.way = way;
    }

    async willStart() {
        if (this.way === "native") {
            await this.showCode();
        }
        this.waitForTimeout(() => this.poll(), POLL_MS);
    }

    async announce(options = {}) {
        const values = await this.waitFor(rpc("/payment/wechatpay/announce", { ...this.params, ...options }));
        this.showError(values.error || "");
        return values;
    }

    async showCode() {
        const { code } = await this.announce();
        if (code) {
            this.el.querySelector("[name=wechatpay_picture]").src = code;
            this.el.querySelector("[name=wechatpay_code]").classList.remove("d-none");
        }
    }

    async onPay() {
        if (isInMiniProgram()) {
            const { invocation } = await this.announce({ is_mini: true });
            if (invocation) {
                await this.waitFor(openMiniPage("payment", invocation));
            }
            return;
        }
        const { invocation, url } = await this.announce();
        if (url) {
            browser.location.href = url;
        } else if (invocation) {
            window.WeixinJSBridge.invoke("getBrandWCPayRequest", invocation, (result) => {
                if (result.err_msg.endsWith(":ok")) {
                    this.poll(true);
                }
            });
        }
    }

    /**
     * @param {boolean} [isPaid] WeChat says that it was paid
     */
    async poll(isPaid = false) {
        const isOver = await this.waitFor(rpc("/payment/wechatpay/poll", { ...this.params, is_paid: isPaid }, { silent: true }));
        if (isOver) {
            browser.location.href = "/payment/status";
        } else if (!isPaid) {
            this.waitForTimeout(() => this.poll(), POLL_MS);
        }
    }

    showError(text) {
        const alert = this.el.querySelector("[name=wechatpay_error]");
        alert.textContent = text;
        alert.classList.toggle("d-none", !text);
    }
}

registry.category("public.interactions").add("distribution_wechat.wechatpay", Wechatpay);
