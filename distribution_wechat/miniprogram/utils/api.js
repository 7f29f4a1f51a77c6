const config = require("../config");

const PREFIX = "/distribution/api/v1";
const TOKEN = "distribution_token";
const NO_ANSWER = "网络不给力，请稍后再试。";

/** What the API refused, in words for people, with a code for the program. */
class ApiError extends Error {
    constructor(status, code, detail) {
        super(detail);
        this.status = status;
        this.code = code;
    }
}

/**
 * Ask the API.
 *
 * @param {string} method
 * @param {string} path below the API's prefix, with its query
 * @param {Object} [options] `body`, and `headers` beside the usual ones
 * @returns {Promise<Object|null>} the answer
 * @throws {ApiError}
 */
function call(method, path, { body, headers = {} } = {}) {
    const token = wx.getStorageSync(TOKEN);
    return new Promise((resolve, reject) => {
        wx.request({
            url: config.site + PREFIX + path,
            method,
            data: body,
            header: {
                "Content-Type": "application/json",
                "Accept-Language": "zh-CN",
                ...(token ? { Authorization: `Bearer ${token}` } : {}),
                ...headers,
            },
            success({ statusCode, data }) {
                if (statusCode >= 200 && statusCode < 300) {
                    resolve(data || null);
                } else {
                    reject(readProblem(statusCode, data));
                }
            },
            fail: () => reject(new ApiError(0, "no-answer", NO_ANSWER)),
        });
    });
}

function readProblem(status, data) {
    const problem = data && typeof data === "object" ? data : {};
    const code = String(problem.type || "").split(":").pop();
    return new ApiError(status, code, problem.detail || NO_ANSWER);
}

/** A key chosen anew for each wish: asked for again under it, a withdrawal stays one. */
function makeKey() {
    return `mini-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`;
}

module.exports = { ApiError, TOKEN, call, makeKey };
