import { Interaction } from "@web/public/interaction";
import { loadJS } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { SCRIPT } from "@distribution_wechat/wechat_mini";

const DESCRIPTION_LENGTH = 80;

/**
 * Says what is shared when somebody shares the page in WeChat. In any other browser it does nothing,
 * and asks nothing of the server.
 */
export class WechatShare extends Interaction {
    static selector = "#wrapwrap";

    async start() {
        if (!/MicroMessenger/i.test(browser.navigator.userAgent)) {
            return;
        }
        const page = browser.location.href.split("#")[0];
        const share = await this.waitFor(rpc("/distribution/wechat/share", { url: page }, { silent: true }));
        if (!share) {
            return;
        }
        await this.waitFor(loadJS(SCRIPT));
        const wx = window.wx;
        wx.config({ debug: false, ...share.config });
        wx.ready(() => {
            const card = this.getCard(share.link);
            wx.updateAppMessageShareData(card);
            wx.updateTimelineShareData({ title: card.title, link: card.link, imgUrl: card.imgUrl });
        });
    }

    /**
     * @param {string} link
     * @returns {Object} what others see of the page
     */
    getCard(link) {
        return {
            title: this.getMeta("og:title") || document.title,
            desc: this.getMeta("og:description").slice(0, DESCRIPTION_LENGTH),
            link,
            imgUrl: this.getMeta("og:image"),
        };
    }

    getMeta(name) {
        return document.querySelector(`meta[property="${name}"]`)?.content || "";
    }
}

registry.category("public.interactions").add("distribution_wechat.wechat_share", WechatShare);
