const config = require("../config");
const { ApiError, TOKEN, call } = require("./api");

const SCENE = "distribution_scene";

/** Keep whom somebody comes from: a later code does not take the place of nothing. */
function keepScene(scene) {
    if (scene) {
        wx.setStorageSync(SCENE, scene);
    }
}

function getLoginCode() {
    return new Promise((resolve, reject) => {
        wx.login({
            success: ({ code }) => resolve(code),
            fail: () => reject(new ApiError(0, "no-code", "微信登录失败，请重试。")),
        });
    });
}

/**
 * Log in by WeChat.
 *
 * @param {string} [phoneCode] of the button that asks for the phone number
 * @returns {Promise<{token: string|null, is_distributor: boolean, has_phone: boolean}>}
 */
async function logIn(phoneCode) {
    const scene = wx.getStorageSync(SCENE);
    const answer = await call("POST", "/wechat/token", {
        body: {
            app_id: config.appId,
            code: await getLoginCode(),
            device: "微信小程序",
            ...(scene ? { scene } : {}),
            ...(phoneCode ? { phone_code: phoneCode } : {}),
        },
    });
    wx.removeStorageSync(SCENE);
    wx.setStorageSync(TOKEN, answer.token || "");
    return answer;
}

/**
 * Ask the API as a distributor: once more when the token is over, and on the page of the login for whoever is none.
 *
 * @returns {Promise<Object|null>}
 */
async function ask(method, path, options) {
    try {
        return await call(method, path, options);
    } catch (error) {
        if (error.status !== 401) {
            throw error;
        }
    }
    wx.removeStorageSync(TOKEN);
    if (!(await logIn()).token) {
        wx.navigateTo({ url: "/pages/login/login" });
        throw new ApiError(403, "not-a-distributor", "您还不是分销商。");
    }
    return call(method, path, options);
}

module.exports = { ask, keepScene, logIn };
