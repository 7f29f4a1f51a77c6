import { Interaction } from "@web/public/interaction";
import { loadJS } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { isInMiniProgram, openMiniPage, SCRIPT } from "@distribution_wechat/wechat_mini";

const CALL = "requestMerchantTransfer";

/**
 * Opens WeChat's own page on which a distributor confirms a transfer, or consents to all of them. That it was
 * open says nothing about what came of it: the server asks for that.
 */
export class WechatTransfer extends Interaction {
    static selector = ".o_distribution_wechat_transfers";
    dynamicContent = {
        "button[name=wechat_confirm]": { "t-on-click": this.onConfirm },
    };

    setup() {
        this.isWechat = /MicroMessenger/i.test(browser.navigator.userAgent);
        this.show("wechat_missing", !this.isWechat);
    }

    /**
     * @param {MouseEvent} ev
     */
    async onConfirm(ev) {
        const { url, number } = ev.currentTarget.dataset;
        if (!this.isWechat) {
            this.show("wechat_missing", true);
            return;
        }
        this.show("wechat_failed", false);
        const transfer = await this.waitFor(rpc(url, { number }));
        if (!transfer) {
            browser.location.reload();
            return;
        }
        if (isInMiniProgram()) {
            await this.waitFor(openMiniPage("transfer", transfer));
            return;
        }
        await this.waitFor(this.configure());
        const { mchId, appId } = transfer;
        window.WeixinJSBridge.invoke(CALL, { mchId, appId, package: transfer.package }, (result) =>
            this.onResult(url, number, result.err_msg)
        );
    }

    /**
     * Tells WeChat's script which site this is, when it is not known yet.
     */
    async configure() {
        const page = browser.location.href.split("#")[0];
        const share = await rpc("/distribution/wechat/share", { url: page }, { silent: true });
        if (share) {
            await loadJS(SCRIPT);
            window.wx.config({ debug: false, ...share.config, jsApiList: [CALL] });
            await new Promise((resolve) => window.wx.ready(resolve));
        }
    }

    /**
     * @param {string} url
     * @param {string} number
     * @param {string} message of WeChat: ok, cancel or fail
     */
    async onResult(url, number, message) {
        this.show("wechat_failed", message.endsWith(":fail"));
        if (message.endsWith(":ok")) {
            await this.waitFor(rpc(url, { number, is_over: true }));
            browser.location.reload();
        }
    }

    show(name, isShown) {
        this.el.querySelector(`[name=${name}]`).classList.toggle("d-none", !isShown);
    }
}

registry.category("public.interactions").add("distribution_wechat.wechat_transfer", WechatTransfer);
