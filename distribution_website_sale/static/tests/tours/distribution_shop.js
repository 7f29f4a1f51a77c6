import { registry } from "@web/core/registry";
import * as tourUtils from "@website_sale/js/tours/tour_utils";

/**
 * Buy a box of Oolong as somebody without an account, by wire transfer.
 *
 * @param {string} email
 */
const buyOolong = (email) => [
    {
        content: "Open the product",
        trigger: ".oe_product_cart a:text(Oolong)",
        run: "click",
        expectUnloadPage: true,
    },
    { content: "Add to cart", trigger: "#add_to_cart", run: "click" },
    tourUtils.goToCart(),
    tourUtils.goToCheckout(),
    ...tourUtils.fillAdressForm(
        {
            name: "Li Lei",
            phone: "13800000000",
            email,
            street: "1 Nanjing Road",
            city: "Shanghai",
            zip: "200000",
        },
        true
    ),
    tourUtils.confirmOrder(),
    ...tourUtils.payWithTransfer({ redirect: true, expectUnloadPage: true }),
];

registry.category("web_tour.tours").add("distribution_shopper_buys", {
    steps: () => buyOolong("lilei@example.com"),
});

registry.category("web_tour.tours").add("distribution_distributor_buys", {
    steps: () => buyOolong("mei@example.com"),
});

registry.category("web_tour.tours").add("distribution_distributor_looks", {
    steps: () => [
        { content: "The amount", trigger: "[name=pending_amount]:contains(10.00)" },
        {
            content: "The latest commission",
            trigger: ".list-group-item:contains(Oolong):contains(10.00)",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "Why it is this much", trigger: ".o_distribution_explanation li:contains(10 %)" },
        {
            content: "Back to the overview",
            trigger: ".o_distribution_nav a[href$='/my/distribution']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Copy the link",
            trigger: ".o_distribution_copy",
            run({ click }) {
                // A page without a person in front of it may not use the real one.
                const writeText = async (text) => (window.copiedText = text);
                Object.defineProperty(navigator, "clipboard", { value: { writeText } });
                return click();
            },
        },
        {
            content: "It says so",
            trigger: ".o_distribution_copied_text:not(.d-none)",
            run() {
                if (!window.copiedText.endsWith("/d/MEI888")) {
                    throw new Error(`Copied “${window.copiedText}” instead of the link`);
                }
            },
        },
    ],
});
