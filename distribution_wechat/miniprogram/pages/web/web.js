const config = require("../../config");
const { readScene } = require("../../utils/scene");
const { keepScene } = require("../../utils/session");

const PATH = /^\/(?![/\\])[^\s\\]*$/;

/** A page of the shop; of no other site. */
Component({
    data: { src: "" },
    methods: {
        onLoad(query) {
            keepScene(readScene(query));
            let path = "/";
            try {
                path = decodeURIComponent(query.path || "/");
            } catch {
                // the home page then
            }
            this.setData({ src: config.site + (PATH.test(path) ? path : "/") });
        },
    },
});
