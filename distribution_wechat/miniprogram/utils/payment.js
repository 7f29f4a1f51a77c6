/**
 * A page in a web-view cannot pay. It opens pages/pay/pay with what shall be asked of WeChat instead.
 */
const FIELDS = {
    payment: ["timeStamp", "nonceStr", "package", "signType", "paySign"],
    transfer: ["mchId", "appId", "package"],
};
const MAX = 2048;

/**
 * Read what the web-view asks for.
 *
 * @param {string} text JSON: `kind` (payment or transfer), and `params` as the server has signed them
 * @returns {{kind: string, params: Object}|null} null: nothing that can be asked of WeChat
 */
function readRequest(text) {
    let request;
    try {
        request = JSON.parse(decodeURIComponent(text || ""));
    } catch {
        return null;
    }
    const names = request && Object.hasOwn(FIELDS, request.kind) ? FIELDS[request.kind] : null;
    if (!names || !request.params || typeof request.params !== "object") {
        return null;
    }
    const params = {};
    for (const name of names) {
        const value = request.params[name];
        if (typeof value !== "string" || !value || value.length > MAX) {
            return null;
        }
        params[name] = value;
    }
    return { kind: request.kind, params };
}

/**
 * Ask the person to pay, or to take money.
 *
 * @param {{kind: string, params: Object}} request
 * @returns {Promise<string>} done, cancelled or failed: what really happened the server alone knows, from WeChat
 */
function askPerson({ kind, params }) {
    const name = kind === "transfer" ? "requestMerchantTransfer" : "requestPayment";
    if (typeof wx[name] !== "function") {
        return Promise.resolve("outdated");
    }
    return new Promise((resolve) => {
        wx[name]({
            ...params,
            success: () => resolve("done"),
            fail: ({ errMsg = "" }) => resolve(/cancel/.test(errMsg) ? "cancelled" : "failed"),
        });
    });
}

module.exports = { askPerson, readRequest };
