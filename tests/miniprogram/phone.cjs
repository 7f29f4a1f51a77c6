/** A phone without a phone: the `wx` object as far as the mini program uses it. Needs nothing but node. */
const path = require("node:path");

const ROOT = path.resolve(__dirname, "../../distribution_wechat/miniprogram");

/**
 * Install a `wx` anew.
 *
 * @param {Object} answers by `METHOD /path`, without the query: a body, or `[status, body]`, or a function of the
 *     request that returns one of these
 * @returns {{wx: Object, requests: Object[], visited: string[], stored: Object}}
 */
function installWx(answers = {}, extra = {}) {
    const phone = { requests: [], visited: [], stored: {} };
    const go = ({ url = "back" } = {}) => phone.visited.push(url);
    globalThis.wx = phone.wx = {
        getStorageSync: (key) => phone.stored[key] || "",
        setStorageSync: (key, value) => (phone.stored[key] = value),
        removeStorageSync: (key) => delete phone.stored[key],
        login: ({ success }) => success({ code: `code-${phone.requests.length}` }),
        navigateTo: go,
        switchTab: go,
        navigateBack: go,
        showToast() {},
        stopPullDownRefresh() {},
        setClipboardData: ({ data }) => (phone.clipboard = data),
        request({ url, method, data, header, success, fail }) {
            const place = url.replace(/^https:\/\/[^/]+\/distribution\/api\/v1/, "");
            phone.requests.push({ method, place, data, header });
            let answer = answers[`${method} ${place.split("?")[0]}`];
            answer = typeof answer === "function" ? answer({ method, place, data, header }) : answer;
            setImmediate(() => {
                if (answer === undefined) {
                    fail({ errMsg: "request:fail" });
                } else {
                    const [statusCode, body] = Array.isArray(answer) ? answer : [200, answer];
                    success({ statusCode, data: body });
                }
            });
        },
        ...extra,
    };
    return phone;
}

/** Let everything that waits be done. */
async function settle() {
    for (let turn = 0; turn < 20; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
    }
}

const money = (amount, currency = "CNY") => ({ amount, currency });
const util = (name) => require(path.join(ROOT, "utils", name));

module.exports = { ROOT, installWx, money, settle, util };
