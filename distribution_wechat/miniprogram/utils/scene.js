const PREFIX = "s=";
const CODE = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Return the code of the distributor somebody comes from: a scanned code says `scene=s%3DCODE`, a shared page
 * `s=CODE`. Anything else is nobody.
 *
 * @param {Object} [query] of the page
 * @returns {string}
 */
function readScene(query = {}) {
    let scene = query.s || "";
    if (query.scene) {
        try {
            scene = decodeURIComponent(query.scene);
        } catch {
            return "";
        }
        scene = scene.startsWith(PREFIX) ? scene.slice(PREFIX.length) : scene;
    }
    return CODE.test(scene) ? scene : "";
}

module.exports = { readScene };
