import { registry } from "@web/core/registry";

/** A page without a person in front of it may not use the real clipboard. */
const copyWith = (click) => {
    const writeText = async (text) => (window.copiedText = text);
    Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
    return click();
};

const expectCopied = (pattern) => () => {
    if (!pattern.test(window.copiedText)) {
        throw new Error(`Copied “${window.copiedText}”`);
    }
};

registry.category("web_tour.tours").add("distribution_shares_from_product", {
    steps: () => [
        {
            content: "Open what is there for distributors, beside what everybody sees",
            trigger: ".o_distribution_share_product summary:contains(Earn):contains(10.00)",
            run: "click",
        },
        {
            content: "Copy the link",
            trigger: ".o_distribution_share_box[open] .o_distribution_link .o_distribution_copy",
            run: ({ click }) => copyWith(click),
        },
        {
            content: "It says so",
            trigger: ".o_distribution_share_box .o_distribution_link .o_distribution_copied_text:not(.d-none)",
            run: expectCopied(/\/d\/MEI888\?to=\/shop\/\d+$/),
        },
        {
            content: "Copy the recommendation",
            trigger: ".o_distribution_share_box .o_distribution_copyable .o_distribution_copy",
            run: ({ click }) => copyWith(click),
        },
        {
            content: "It says so, too",
            trigger: ".o_distribution_copyable .o_distribution_copied_text:not(.d-none)",
            run: expectCopied(/^From old trees$/),
        },
        {
            content: "To the posters",
            trigger: ".o_distribution_to_poster",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "A poster is there",
            trigger: ".o_distribution_posters img.o_distribution_poster",
            async run() {
                const image = this.anchor;
                image.loading = "eager";
                await image.decode();
                if (image.naturalWidth !== 750 || image.naturalHeight !== 1334) {
                    throw new Error(`The poster has ${image.naturalWidth} × ${image.naturalHeight} pixels`);
                }
                if (document.documentElement.scrollWidth > window.innerWidth) {
                    throw new Error("The page is wider than the screen");
                }
            },
        },
    ],
});

registry.category("web_tour.tours").add("distribution_does_training", {
    steps: () => [
        {
            content: "Choose trainings",
            trigger: ".o_distribution a[href*='kind=training']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Open the training",
            trigger: ".o_distribution_material a:contains(Honest selling)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is done",
            trigger: ".o_distribution_mark_done",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "The page says so", trigger: ".o_distribution_done" },
    ],
});
