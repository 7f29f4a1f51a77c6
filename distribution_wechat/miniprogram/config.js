/** What a merchant enters: the address of the shop (a “request” domain of the mini program), and the AppID. */
module.exports = {
    site: "https://shop.example.com",
    appId: "wx0000000000000000",
    /** Subscription messages that people are asked for when they withdraw, at most three. */
    templates: [],
};
