import { loadJS } from "@web/core/assets";

export const SCRIPT = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js";
const PAGE = "/pages/pay/pay";

export function isInMiniProgram() {
    return window.__wxjs_environment === "miniprogram";
}

/**
 * Hands over to a native page of the mini program: a page within it can neither pay nor confirm a transfer.
 *
 * @param {"payment"|"transfer"} kind
 * @param {Object} params of WeChat's `requestPayment` or `requestMerchantTransfer`
 */
export async function openMiniPage(kind, params) {
    await loadJS(SCRIPT);
    window.wx.miniProgram.navigateTo({ url: `${PAGE}?request=${encodeURIComponent(JSON.stringify({ kind, params }))}` });
}
