const { readScene } = require("./utils/scene");
const session = require("./utils/session");

App({
    /** Who opens it by a code or a shared page comes from a distributor: kept until the login tells it. */
    onLaunch(options) {
        session.keepScene(readScene(options.query));
    },
    onShow(options) {
        session.keepScene(readScene(options.query));
    },
});
